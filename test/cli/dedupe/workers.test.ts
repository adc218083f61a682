import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateFromToday, Folder, type Serving, serve, stop, tacet } from '../commands.ts';

/** Files of many blocks, which several threads read at once. */

const folder = new Folder();
const KINDS = ['callable', 'blocked', 'undecided'] as const;
const SEED = ['--seed', '11'];
let list = '';
let server: Serving;

async function run(args: readonly string[]): Promise<void> {
  const { code, stderr } = await tacet(args);
  if (code !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  const txt = folder.file('list.txt');
  list = folder.file('list.tacet');
  await run(['sample', 'list', '--rows', '20000', ...SEED, '--out', txt]);
  await run(['pack', txt, '--out', list, '--snapshot', dateFromToday(-1)]);
  const contacts = ['--rows', '150000', ...SEED, '--list', txt, '--out', folder.file('in.csv')];
  await run(['sample', 'contacts', ...contacts]);
  folder.write('in.csv.gz', gzipSync(folder.read('in.csv'), { level: 1 }));
  await run(flags('alone', ['--list', list, '--workers', '1']));
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

function flags(name: string, args: readonly string[], input = 'in.csv', gz = ''): string[] {
  const outputs = KINDS.flatMap((kind) => [`--${kind}`, folder.file(`${name}-${kind}.csv${gz}`)]);
  const optIn = ['--opt-in-column', 'opt_in_date'];
  return ['dedupe', folder.file(input), ...outputs, ...optIn, ...args];
}

describe('dedupe writes the same bytes, whoever reads and matches', () => {
  it('one thread writes all rows, in order', () => {
    const rows = KINDS.map((kind) => {
      const text = folder.text(`alone-${kind}.csv`);
      const contacts = [...text.matchAll(/^C(\d{7,});/gm)].map(([, id]) => Number(id));
      expect(contacts).toEqual([...contacts].sort((a, b) => a - b));
      return contacts.length;
    });
    expect(rows.reduce((sum, count) => sum + count)).toBe(150_000);
    expect(Math.min(...rows)).toBeGreaterThan(1000);
  });

  it.each([
    ['three threads', () => ['--workers', '3']],
    ['as many as there are cores', () => []],
  ])('%s', async (name, args) => {
    await run(flags(name, ['--list', list, ...args()]));
    for (const kind of KINDS) {
      expect(folder.sha256(`${name}-${kind}.csv`)).toBe(folder.sha256(`alone-${kind}.csv`));
    }
  });

  it.each([['1'], ['2']])('a server, asked by %s threads', async (workers) => {
    await run(flags('served', ['--server', server.address, '--workers', workers]));
    for (const kind of KINDS) {
      expect(folder.sha256(`served-${kind}.csv`)).toBe(folder.sha256(`alone-${kind}.csv`));
    }
  });

  it('gzip in and out', async () => {
    await run(flags('gzip', ['--list', list], 'in.csv.gz', '.gz'));
    for (const kind of KINDS) {
      const bytes = gunzipSync(folder.read(`gzip-${kind}.csv.gz`));
      expect(bytes.equals(folder.read(`alone-${kind}.csv`))).toBe(true);
    }
  });
});

it.each(['0', '257', '1.5', 'x'])('--workers %s is wrong usage', async (workers) => {
  const args = ['dedupe', folder.file('in.csv'), '--list', list, '--callable', '/dev/null'];
  const { code, stderr } = await tacet([...args, '--workers', workers]);
  expect(code).toBe(2);
  expect(stderr).toContain('--workers: expected a whole number from 1 to 256');
});
