import { linkSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, tacet } from '../commands.ts';

const folder = new Folder();
const CONTACTS = 'name;phone\nAn;0475123456\nLuc;0475999999\n';

beforeAll(async () => {
  await packSource(folder);
  folder.write('contacts.csv', CONTACTS);
  folder.write('old.csv', 'of yesterday\n');
  symlinkSync('contacts.csv', folder.file('link-to-contacts'));
  symlinkSync('old.csv', folder.file('link-to-old'));
  symlinkSync('list.tacet', folder.file('link-to-list'));
  linkSync(folder.file('contacts.csv'), folder.file('hard-link-to-contacts'));
});
afterAll(() => folder.remove());

/** Everything in the folder with its content. */
const state = () => folder.names().map((name) => [name, folder.sha256(name)]);

describe('an output that would replace another file of the run is wrong usage', () => {
  it.each([
    ['--callable contacts.csv', 'the input'],
    ['--blocked ./contacts.csv', 'the input'],
    ['--undecided link-to-contacts', 'the input'],
    ['--callable hard-link-to-contacts', 'the input'],
    ['--callable new.csv --summary contacts.csv', 'the input'],
    ['--callable new.csv --summary link-to-contacts', 'the input'],
    ['--callable new.csv --blocked new.csv', '--callable'],
    ['--callable new.csv --blocked ./new.csv', '--callable'],
    ['--callable old.csv --blocked link-to-old', '--callable'],
    ['--callable new.csv --summary new.csv', '--callable'],
    ['--blocked new.csv --summary ./new.csv', '--blocked'],
    ['--undecided old.csv --summary link-to-old', '--undecided'],
    ['--callable list.tacet', 'the list'],
    ['--callable new.csv --summary link-to-list', 'the list'],
  ])('%s', async (outputs, other) => {
    const before = state();
    const args = ['dedupe', 'contacts.csv', '--list', 'list.tacet', ...outputs.split(' ')];
    const { code, stderr } = await tacet(args, { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toContain(`is the same file as ${other}. Give every output a name of its own`);
    expect(state()).toEqual(before);
  });

  it.each([
    ['--callable - --blocked -', '- is the same file as --callable'],
    ['--callable .', '. is a directory'],
    ['--callable new.csv --summary .', '. is a directory'],
    ['--callable new.csv --summary -', '--summary takes a file'],
    ['--callable=', '--callable: the value is empty'],
  ])('%s', async (outputs, message) => {
    const before = state();
    const args = ['dedupe', 'contacts.csv', '--list', 'list.tacet', ...outputs.split(' ')];
    const { code, stdout, stderr } = await tacet(args, { cwd: folder.path });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(state()).toEqual(before);
  });
});

it('a summary that cannot be written fails the run before any output has its name', async () => {
  const before = state();
  // The temporary file beside it can be made nowhere under /proc.
  const outputs = ['--callable', 'new.csv', '--summary', '/proc/self/summary.json'];
  const args = ['dedupe', 'contacts.csv', '--list', 'list.tacet', ...outputs];
  const { code, stderr } = await tacet(args, { cwd: folder.path });
  expect(code).toBe(1);
  expect(stderr).toContain('/proc/self/summary.json');
  expect(state()).toEqual(before);
});

it('an output through a link replaces the file behind it, and the link stays', async () => {
  const args = ['dedupe', 'contacts.csv', '--list', 'list.tacet', '--callable', 'link-to-old'];
  expect((await tacet(args, { cwd: folder.path })).code).toBe(0);
  expect(folder.text('old.csv')).toBe('name;phone\nLuc;0475999999\n');
  expect(folder.text('link-to-old')).toBe('name;phone\nLuc;0475999999\n');
});

it('an empty contact file is said to be empty', async () => {
  folder.write('empty.csv', '');
  const args = ['dedupe', 'empty.csv', '--list', 'list.tacet', '--callable', 'none.csv'];
  const { code, stderr } = await tacet(args, { cwd: folder.path });
  expect(code).toBe(0);
  expect(stderr).toMatch(/^0 rows in \d+\.\d s, the file is empty\n/);
});
