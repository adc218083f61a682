import { readdirSync, readFileSync, readlinkSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openListSet } from '#tacet/threads/list-set.js';
import type { MatchPool } from '#tacet/threads/pool.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import {
  CONTEXT,
  evenKeys,
  evenSet,
  startPool,
  TODAY,
  temporaryFolder,
  until,
  writeEvenList,
} from './fixture.ts';

function openFiles(folder: string): number {
  let count = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) count++;
    } catch {
      // The descriptor that listed the folder is closed by now.
    }
  }
  return count;
}

/** How many maps of files of `folder` this process has, over all its threads. */
function maps(folder: string): number {
  return readFileSync('/proc/self/maps', 'utf8').split(folder).length - 1;
}

/** Where writable maps over 16 MiB without a file begin: the memories of kernels are among them. */
function largeMaps(): Set<string> {
  const starts = new Set<string>();
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const [, start = '', end = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0$/.exec(line.trim()) ?? [];
    if (Number.parseInt(end, 16) - Number.parseInt(start, 16) > 16 * 2 ** 20) starts.add(start);
  }
  return starts;
}

const { keys, verdicts } = evenKeys(600);
const request = encodeKeys(keys);

/** Every thread has attached to the set once this has ended, the caller's included. */
async function attachEverywhere(pool: MatchPool, set: Parameters<MatchPool['retire']>[0]) {
  pool.keyJudgeOf(set);
  const answers = Array.from({ length: 32 }, () =>
    pool.answer(request, set, CONTEXT, { optionsAllowed: true }),
  );
  for (const { body } of await Promise.all(answers)) {
    expect([...decodeResponse(body).verdicts]).toEqual(verdicts);
  }
}

describe('a set of list files', () => {
  it('says what it is, and may be closed twice', async () => {
    const path = await writeEvenList(join(temporaryFolder(), 'even.tacet'), 10);
    const set = await openListSet([path]);
    expect(set.headers).toMatchObject([{ name: 'even', entries: 10, snapshotDay: TODAY - 1 }]);
    set.close();
    set.close();
  });

  it('of which one file is bad leaves none open', async () => {
    const folder = temporaryFolder();
    const good = await writeEvenList(join(folder, 'good.tacet'), 10);
    const bad = await writeEvenList(join(folder, 'bad.tacet'), 10);
    truncateSync(bad, 70_000);
    await expect(openListSet([good, bad])).rejects.toMatchObject({ code: 'ERR_FORMAT_SIZE' });
    await expect(openListSet([good, `${bad}.none`])).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(openFiles(folder)).toBe(0);
  });
});

describe('a retired set', () => {
  it('is let go of by every thread: no descriptor and no map is left', async () => {
    const folder = temporaryFolder();
    const pool = startPool();
    const path = join(folder, 'list.tacet');
    for (let version = 0; version < 5; version++) {
      renameSync(await writeEvenList(join(folder, 'next'), 1000 + version), path);
      const set = await openListSet([path]);
      expect(set.handles[0]?.kind).toBe('mmap');
      await attachEverywhere(pool, set);
      expect(maps(folder)).toBeGreaterThan(0);
      pool.retire(set);
      expect(openFiles(folder)).toBe(0);
      await until('no map is left', () => maps(folder) === 0);
    }
  });

  it('is let go of with the memory of its kernel by a worker that has no other task', async () => {
    const pool = startPool({ workers: 1 });
    const set = await evenSet(1000);
    const before = largeMaps();
    expect(await pool.load(set)).toBe('wasm');
    const memories = [...largeMaps()].filter((start) => !before.has(start));
    expect(memories).toHaveLength(1);
    await pool.answer(request, set, CONTEXT, { optionsAllowed: true });
    pool.retire(set);
    await until('the memory is gone', () => memories.every((start) => !largeMaps().has(start)));
  });

  it('is let go of by the thread that has a copy of its index', async () => {
    const pool = startPool({ workers: 1, copiedIndexBytesMax: 1 << 30 });
    const [first, second] = [await evenSet(1000), await evenSet(1000)];
    await pool.load(first);
    await pool.copyIndex(first);
    const before = largeMaps();
    await pool.load(second);
    const memories = [...largeMaps()].filter((start) => !before.has(start));
    expect(memories).toHaveLength(1);
    await pool.copyIndex(second);
    pool.retire(second);
    await until('the memory is gone', () => memories.every((start) => !largeMaps().has(start)));
  });

  it('does not disturb the one that serves', async () => {
    const folder = temporaryFolder();
    const pool = startPool();
    const old = await openListSet([await writeEvenList(join(folder, 'old.tacet'), 1000)]);
    const next = await openListSet([await writeEvenList(join(folder, 'next.tacet'), 1000)]);
    await attachEverywhere(pool, old);
    await attachEverywhere(pool, next);
    pool.retire(old);
    await attachEverywhere(pool, next);
    await until('the old map is gone', () => maps(join(folder, 'old.tacet')) === 0);
    expect(maps(join(folder, 'next.tacet'))).toBeGreaterThan(0);
    pool.retire(next);
  });

  it('cannot be attached to again: an error, never a wrong verdict', async () => {
    const folder = temporaryFolder();
    const pool = startPool();
    const path = await writeEvenList(join(folder, 'even.tacet'), 10);
    const set = await openListSet([path]);
    pool.retire(set);
    // Takes the descriptor over, as a busy process would.
    const other = await openListSet([await writeEvenList(join(folder, 'other.tacet'), 20)]);
    await expect(
      pool.answer(request, set, CONTEXT, { optionsAllowed: true }),
    ).rejects.toMatchObject({ code: 'ERR_IO' });
    other.close();
  });
});
