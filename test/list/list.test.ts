import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import {
  attachList,
  closeListFile,
  type List,
  openListFile,
  readLayout,
} from '#tacet/list/list.js';
import { composeListFile, GOOD_DAYS, GOOD_NUMBERS, goodList } from '../fixtures/list-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tacet-list-'));
const path = join(folder, 'list.tacet');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  rmSync(path, { force: true });
  writeFileSync(path, composeListFile(goodList()));
});

function ranksOf(list: List, keys: bigint[]): number[] {
  const ranks = new Int32Array(keys.length + 1).fill(99);
  list.findRanks(new Uint32Array(BigUint64Array.from(keys).buffer), keys.length, ranks);
  expect(ranks.at(-1), 'only count ranks are written').toBe(99);
  return [...ranks.subarray(0, -1)];
}

const QUERIES = [
  258n,
  0n,
  1n,
  257n,
  131_071n,
  258n,
  68_719_476_736n,
  10n ** 15n - 1n,
  2n ** 64n - 1n,
];
const RANKS = [3, -1, 0, -1, 6, 3, 7, 8, -1];

describe.each(['auto', 'shared'] as const)('a list, mapping %s', (mapping) => {
  it.each(['auto', 'directory', 'binary-search'] as const)(
    'finds keys, kernel %s',
    async (kernel) => {
      const handle = await openListFile(path, { mapping });
      const list = attachList(handle, kernel);
      closeListFile(handle);
      expect(list.kernel).toBe(kernel === 'auto' ? 'directory' : kernel);
      expect(list.mapping).toBe(handle.kind);
      expect(list.numbers).toEqual(GOOD_NUMBERS);
      expect(list.days).toEqual(GOOD_DAYS);
      expect(list.header.name).toBe('dncm');
      expect(ranksOf(list, QUERIES)).toEqual(RANKS);
      expect(ranksOf(list, [])).toEqual([]);
    },
  );

  it('keeps its content when another file is renamed over it', async () => {
    const handle = await openListFile(path, { mapping });
    const other = join(folder, 'other');
    const numbers = BigUint64Array.of(5n, 6n);
    writeFileSync(other, composeListFile(goodList(numbers, new Uint16Array(2))));
    renameSync(other, path);
    expect(ranksOf(attachList(handle, 'auto'), QUERIES)).toEqual(RANKS);
    const next = await openListFile(path, { mapping });
    expect(ranksOf(attachList(next, 'auto'), [5n, 1n])).toEqual([0, -1]);
    closeListFile(handle);
    closeListFile(next);
  });

  it('can be used by another thread through its handle', async () => {
    const handle = await openListFile(path, { mapping });
    const module = new URL('../../dist/list/list.js', import.meta.url).href;
    const code = `
      import { parentPort, workerData } from 'node:worker_threads';
      import { attachList } from ${JSON.stringify(module)};
      const list = attachList(workerData.handle, 'auto');
      const ranks = new Int32Array(workerData.words.length / 2);
      list.findRanks(workerData.words, ranks.length, ranks);
      const { days, mapping } = list;
      parentPort.postMessage({ ranks: [...ranks], days: days.slice(), mapping });`;
    const words = new Uint32Array(BigUint64Array.from(QUERIES).buffer);
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
      workerData: { handle, words },
    });
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    expect(answer).toEqual({ ranks: RANKS, days: GOOD_DAYS, mapping: handle.kind });
    await worker.terminate();
    closeListFile(handle);
  });

  it('has the layout that the file keeps', async () => {
    const handle = await openListFile(path, { mapping });
    await expect(readLayout(handle)).resolves.toEqual({ form: 'e164' });
    closeListFile(handle);
  });
});

describe('a file without a directory', () => {
  it('is searched plainly, and refuses the kernel it lacks', async () => {
    const list = goodList();
    list.sections.splice(2);
    const plain = join(folder, 'plain.tacet');
    writeFileSync(plain, composeListFile(list));
    const handle = await openListFile(plain);
    expect(attachList(handle, 'auto').kernel).toBe('binary-search');
    expect(() => attachList(handle, 'directory')).toThrow(
      expect.objectContaining({ name: 'TacetError', code: 'ERR_OPTION' }),
    );
    await expect(readLayout(handle)).resolves.toBeUndefined();
    closeListFile(handle);
  });
});

describe('what cannot be opened', () => {
  it('a FIFO, without waiting for a writer', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    await expect(openListFile(fifo)).rejects.toMatchObject({ code: 'ERR_IO' });
  });

  it('a directory, a device and nothing', async () => {
    const directory = join(folder, 'directory');
    mkdirSync(directory);
    for (const name of [directory, '/dev/null', join(folder, 'absent')]) {
      await expect(openListFile(name), name).rejects.toMatchObject({ code: 'ERR_IO' });
    }
  });
});

describe('a handle', () => {
  it('may be closed twice', async () => {
    const handle = await openListFile(path);
    closeListFile(handle);
    const other = await openListFile(path);
    closeListFile(handle);
    expect(ranksOf(attachList(other, 'auto'), [1n])).toEqual([0]);
    closeListFile(other);
  });

  it('is closed by the thread that opened it alone', async () => {
    const handle = await openListFile(path);
    expect(() => closeListFile(structuredClone(handle))).toThrow('by the thread that opened it');
    closeListFile(handle);
  });

  it('refuses a mapped file that was closed, replaced, changed or cut', async () => {
    const handle = await openListFile(path);
    if (handle.kind === 'shared') return closeListFile(handle);
    expect(() => attachList({ ...handle, ino: handle.ino + 1 }, 'auto')).toThrow('closed');
    utimesSync(path, 1, 1);
    expect(() => attachList(handle, 'auto')).toThrow('was written to');
    truncateSync(path, 65_536);
    expect(() => attachList(handle, 'auto')).toThrow('changed its size');
    closeListFile(handle);
    expect(() => attachList(handle, 'auto')).toThrow('closed');
  });

  it('asks for room for the batch', async () => {
    const handle = await openListFile(path);
    const list = attachList(handle, 'auto');
    closeListFile(handle);
    expect(() => list.findRanks(new Uint32Array(4), 2, new Int32Array(1))).toThrow('room');
    expect(() => list.findRanks(new Uint32Array(3), 2, new Int32Array(2))).toThrow('room');
  });
});
