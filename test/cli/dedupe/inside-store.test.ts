import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dateFromToday, Folder, SOURCE, tacet } from '../commands.ts';

/** What lies in a store is its own: an output there may replace the list, or be taken for one. */

const folder = new Folder();

beforeAll(async () => {
  const source = folder.write('source.txt', `${SOURCE}0475123458;${dateFromToday(-1)}\n`);
  const from = pathToFileURL(source).href;
  const sync = ['sync', '--store', folder.file('store'), '--from', from, '--confirm-layout'];
  const { code, stderr } = await tacet(sync);
  if (code !== 0) throw new Error(stderr);
  folder.write('contacts.csv', 'phone\n0475123456\n0475999999\n');
  mkdirSync(folder.file('folder'));
  symlinkSync('../store', folder.file('folder/link-to-store'));
  symlinkSync('store/current', folder.file('link-into-store'));
});
afterAll(() => folder.remove());

const inStore = () => readdirSync(folder.file('store'), { recursive: true }).sort();

function dedupe(outputs: readonly string[], list = 'store') {
  const args = ['dedupe', 'contacts.csv', '--list', list, ...outputs];
  return tacet(args, { cwd: folder.path });
}

it.each([
  ['--callable store/new.csv'],
  ['--blocked ./store/versions/new.csv'],
  ['--undecided folder/link-to-store/new.csv.gz'],
  ['--callable store/current'],
  ['--callable link-into-store'],
  ['--callable new.csv --summary store/new.json'],
])('%s, which is inside the store, is wrong usage', async (outputs) => {
  const before = [inStore(), folder.names()];
  const { code, stderr } = await dedupe(outputs.split(' '));
  expect(code).toBe(2);
  expect(stderr).toContain('is inside the list. Write outside store');
  expect([inStore(), folder.names()]).toEqual(before);
});

it('also where the store is named through a link', async () => {
  const { code, stderr } = await dedupe(['--callable', 'store/new.csv'], 'folder/link-to-store');
  expect(code).toBe(2);
  expect(stderr).toContain('--callable: store/new.csv is inside the list');
});

it('an output beside the store whose name begins as its is written', async () => {
  const { code } = await dedupe(['--callable', 'store.csv', '--blocked', 'folder/blocked.csv']);
  expect(code).toBe(0);
  expect(folder.text('store.csv')).toBe('phone\n0475999999\n');
});
