import { readFile, realpath } from 'node:fs/promises';

/**
 * The file system of a folder and where it is mounted, as far as this system tells:
 * `vfat at /mnt/usb`. Never fails.
 */
export async function volumeText(folder: string): Promise<string> {
  const path = await realpath(folder).catch(() => folder);
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  let found = { at: '', type: 'a file system of unknown type' };
  for (const line of mounts.split('\n')) {
    const [, at = '', type = ''] = line.split(' ').map(unescaped);
    const isAbove = at === '/' || path === at || path.startsWith(`${at}/`);
    // Of two at one place the later hides the earlier.
    if (at !== '' && isAbove && at.length >= found.at.length) found = { at, type };
  }
  return found.at === '' ? found.type : `${found.type} at ${found.at}`;
}

/** Spaces and the like stand as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
