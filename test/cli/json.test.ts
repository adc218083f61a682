import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { accessJson } from '../access/file/fixture.ts';
import { addVersion } from '../serving/store-fixture.ts';
import { Folder, packSource, type Serving, serve, stop, tacet } from './commands.ts';

const folder = new Folder();
let list = '';
let access = '';
let store: ListStore;
let server: Serving;

beforeAll(async () => {
  list = await packSource(folder);
  access = folder.write('access.json', JSON.stringify(accessJson()));
  store = await ListStore.open(join(folder.path, 'store'), { create: true });
  const first = await addVersion(store, [32475000001]);
  await addVersion(store, [32475000002], { previous: first });
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

/** All keys of a value, at any depth. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const own = Array.isArray(value) ? [] : entries.map(([key]) => key);
  return [...own, ...entries.flatMap(([, inner]) => keysOf(inner))];
}

const PERSON = '--by An --reason tests';

/** LIST, STORE, SERVER and OUT stand for what there is. */
const FACTS: [line: string, facts: object][] = [
  ['pack LIST.txt --out OUT', { entries: 3, bad_lines: [] }],
  ['verify LIST', { whole: true, entries: 3, name: 'dncm' }],
  ['inspect LIST', { entries: 3, layout: expect.any(Object) }],
  ['check 0475123456 --list LIST', { phone_number: '0475123456', verdict: 'blocked' }],
  ['health --server SERVER', { serving: true }],
  ['list history STORE', {}],
  ['list diff STORE previous current', { added: 1, removed: 1 }],
  ['list verify STORE', {}],
  ['list prune STORE --dry-run', { removed: [], dry_run: true }],
  [`list rollback STORE previous ${PERSON}`, { entries: 1 }],
  [`list override STORE ${PERSON} --for 2h`, { by: 'An', reason: 'tests' }],
  ['list override STORE --clear', { override: null }],
  ['access check ACCESS', { parties: 3, clients: 2, faults: [] }],
  ['access token --client a', { token: expect.any(String) }],
  ['access licences ACCESS', { parties: expect.any(Array) }],
  ['sync --store STORE --from file:///no/such/file', { result: 'failed' }],
];

describe('--json', () => {
  it.each(FACTS)('of tacet %s is one value, with the names of the proto', async (line, facts) => {
    const words = line
      .replace('ACCESS', access)
      .replace('LIST', list)
      .replace('STORE', store.path)
      .replace('SERVER', server.address)
      .replace('OUT', folder.file('out.tacet'));
    const { stdout, stderr } = await tacet([...words.split(' '), '--json']);
    expect(stderr).toBe('');
    const value: unknown = JSON.parse(stdout);
    expect(value).toMatchObject(facts);
    // The names of rules and sections, and of a layout, are values that happen to be keys.
    const keys = keysOf(value).filter((key) => !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(key));
    expect(keys.filter((key) => !LAYOUT_KEYS.has(key))).toEqual([]);
  });
});

/** A layout is written as `tacet pack --layout` reads it. */
const LAYOUT_KEYS = new Set(['numberForm', 'dateForm', 'lineEnd', 'unknownDate']);
