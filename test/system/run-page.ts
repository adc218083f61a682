import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { COMMAND, type Folder } from '../cli/commands.ts';

/** What the blocks of a page said, and how they ended. */
interface PageRun {
  readonly blocks: number;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs every `sh` block of a page as it stands, one after the other in one shell, within a folder
 * and a network of its own: the ports of the page may be taken on this machine. What it started is
 * gone afterwards.
 */
export function runPage(page: string, folder: Folder): PageRun {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  mkdirSync(folder.file('bin'));
  // A file, not a function of the shell: what runs in the background is then the server itself.
  symlinkSync(COMMAND, folder.file('bin/tacet'));
  const ended = "trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT; ip link set lo up";
  const script = ['set -e -o pipefail', ended, ...blocks, 'echo END'].join('\n');
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--map-root-user', '--net', 'timeout', '100', 'bash', '-c', script],
    {
      cwd: folder.path,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${folder.file('bin')}:${process.env['PATH']}` },
    },
  );
  return { blocks: blocks.length, status, stdout, stderr };
}
