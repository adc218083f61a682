import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ListSet } from '#tacet/engine/list-set.js';
import { LoadedSets } from '#tacet/threads/loaded-sets.js';
import type { MatchPool } from '#tacet/threads/pool.js';
import { slotLayout } from '#tacet/threads/slots.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import { CONTEXT, evenKeys, evenSet, startPool } from './fixture.ts';

const ANY_SIZE = 1 << 30;
const LAYOUT = slotLayout({ numbersMax: 1000, messageBytesMax: 16_384 });
const { keys, verdicts } = evenKeys(500);
/** Beyond a list of 1,000 entries, within one of 300,000. */
const BEYOND = evenKeys(500, 500_000);

function startCopyingPool(): MatchPool {
  return startPool({ inlineBytesMax: 1 << 20, copiedIndexBytesMax: ANY_SIZE });
}

async function verdictsOf(
  pool: MatchPool,
  set: ListSet,
  asked: readonly number[],
): Promise<number[]> {
  const { body } = await pool.answer(encodeKeys([...asked]), set, CONTEXT, {
    optionsAllowed: true,
  });
  return [...decodeResponse(body).verdicts];
}

describe("the event loop's copy of an index", () => {
  it('answers for its set, and shared memory for the others, all through a swap', async () => {
    const pool = startCopyingPool();
    const [small, large] = [await evenSet(1000), await evenSet(300_000)];
    await pool.load(small);
    await pool.copyIndex(small);
    await pool.load(large);
    let isCopied = false;
    const copying = pool.copyIndex(large).then(() => {
      isCopied = true;
    });
    do {
      expect(await verdictsOf(pool, small, keys)).toEqual(verdicts);
      expect(await verdictsOf(pool, small, BEYOND.keys)).toEqual(new Array(500).fill(1));
      expect(await verdictsOf(pool, large, BEYOND.keys)).toEqual(BEYOND.verdicts);
      await nextTurn();
    } while (!isCopied);
    await copying;
    expect(await verdictsOf(pool, small, BEYOND.keys)).toEqual(new Array(500).fill(1));
    expect(await verdictsOf(pool, large, BEYOND.keys)).toEqual(BEYOND.verdicts);
  });

  it('is one: the set before goes back to shared memory', async () => {
    const sets = new LoadedSets(LAYOUT, 1, ANY_SIZE);
    const [first, second] = [await evenSet(1000), await evenSet(2000)];
    await sets.load(first);
    await sets.copyIndex(first);
    const own = sets.get(first).inline.answerer.memory;
    expect(own).toBeInstanceOf(ArrayBuffer);
    await sets.load(second);
    await sets.copyIndex(second);
    expect(sets.get(first).inline).toBe(sets.get(first).shared);
    expect(sets.get(first).inline.answerer.memory).toBeInstanceOf(SharedArrayBuffer);
    expect(sets.get(second).inline.answerer.memory).toBeInstanceOf(ArrayBuffer);
    // Both lists fit into what was there.
    expect(sets.get(second).inline.answerer.memory).toBe(own);
  });

  it('is not made of a larger index than allowed, and the one before is left', async () => {
    const [small, large] = [await evenSet(1000), await evenSet(300_000)];
    const probe = new LoadedSets(LAYOUT, 1, 0);
    await probe.load(small);
    await probe.copyIndex(small);
    expect(probe.get(small).inline).toBe(probe.get(small).shared);
    const smallBytes = probe.get(small).source.index?.reserved ?? 0;
    const sets = new LoadedSets(LAYOUT, 1, smallBytes);
    for (const set of [small, large]) {
      await sets.load(set);
      await sets.copyIndex(set);
    }
    expect(sets.get(small).inline).toBe(sets.get(small).shared);
    expect(sets.get(large).inline).toBe(sets.get(large).shared);
  });

  it('is not kept for a set that is retired meanwhile', async () => {
    const sets = new LoadedSets(LAYOUT, 1, ANY_SIZE);
    const set = await evenSet(300_000);
    await sets.load(set);
    const loaded = sets.get(set);
    const copying = sets.copyIndex(set);
    sets.delete(set);
    await copying;
    expect(loaded.inline).toBe(loaded.shared);
  });

  it('has the judge of single numbers too', async () => {
    const pool = startCopyingPool();
    const set = await evenSet(1000);
    await pool.load(set);
    const shared = pool.keyJudgeOf(set);
    await pool.copyIndex(set);
    const judge = pool.keyJudgeOf(set);
    expect(judge).not.toBe(shared);
    const [listed = 0] = keys;
    judge.words.set([listed % 2 ** 32, Math.floor(listed / 2 ** 32)]);
    judge.judge(1, { hasOptIns: false, wantsDays: false, todayDay: CONTEXT.todayDay });
    expect(judge.verdicts[0]).toBe(2);
  });
});
