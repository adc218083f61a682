import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, tacet } from '../cli/commands.ts';

/** A real file system of 2 MiB. Mounting one needs root, as installing packages does. */
const folder = new Folder();
const disk = folder.file('disk');
const source = folder.file('list.txt');
const list = folder.file('list.tacet');
const contacts = folder.file('contacts.csv');

beforeAll(async () => {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  for (const args of [
    ['sample', 'list', '--rows', '200000', '--seed', '1', '--out', source],
    ['pack', source, '--out', list],
    ['sample', 'contacts', '--rows', '60000', '--seed', '2', '--list', source, '--out', contacts],
  ]) {
    expect((await tacet(args)).code).toBe(0);
  }
});
afterAll(() => {
  execFileSync('umount', [disk]);
  folder.remove();
});

describe('a full disk', () => {
  it.each([
    ['pack', [source, '--out', `${disk}/list.tacet`]],
    ['dedupe', [contacts, '--list', list, '--callable', `${disk}/callable.csv`]],
    [
      'dedupe',
      [
        contacts,
        '--list',
        list,
        '--callable',
        `${disk}/callable.csv`,
        '--summary',
        `${disk}/s.json`,
      ],
    ],
    ['sample', ['list', '--rows', '500000', '--seed', '1', '--out', `${disk}/list.txt`]],
  ])('ends tacet %s with a clear error and leaves nothing behind', async (command, args) => {
    const { code, stderr } = await tacet([command, ...args]);
    expect(code).toBe(1);
    expect(stderr).toContain('no space left on the device');
    expect(stderr).toContain(disk);
    expect(readdirSync(disk)).toEqual([]);
  });
});
