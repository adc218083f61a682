import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dateFromToday, Folder, tacet } from '../cli/commands.ts';

/** exFAT has no hard links. Mounting a file system needs root, as installing packages does. */
const folder = new Folder();
const disk = folder.file('a disk');
let device = '';

beforeAll(() => {
  mkdirSync(disk);
  const image = folder.write('image', '');
  truncateSync(image, 16 * 1024 * 1024);
  execFileSync('mkfs.exfat', [image], { stdio: 'pipe' });
  device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
  execFileSync('mount.exfat-fuse', [device, disk], { stdio: 'pipe' });
});
afterAll(() => {
  execFileSync('umount', [disk]);
  execFileSync('losetup', ['--detach', device]);
  folder.remove();
});

it('a store on a volume without hard links is refused by the name of the volume', async () => {
  const list = folder.file('list.txt');
  writeFileSync(list, `0475000001;${dateFromToday(-1)}\n`);
  const flags = ['--store', `${disk}/dncm`, '--from', `file://${list}`, '--confirm-layout'];
  const { code, stderr } = await tacet(['sync', ...flags]);
  expect(code).toBe(1);
  expect(stderr).toContain('the file system has no hard links, which the lock of the store needs');
  expect(stderr).toMatch(/got \S+ at .*a disk\. Put the store on a volume that has them/);
  // The same list, elsewhere.
  const moved = flags.with(1, folder.file('dncm'));
  expect((await tacet(['sync', ...moved])).code).toBe(0);
});
