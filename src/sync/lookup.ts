/** Looking keys up as the server does: with the WebAssembly kernel, else the mapped list. */

import { loadKernelMemory } from '../engine/kernel-memory.ts';
import { Matcher } from '../engine/matcher.ts';
import { KERNEL_SCRATCH_BYTES, WasmKernel } from '../engine/wasm-kernel.ts';
import { attachList } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import { VERDICT_BLOCKED } from '../verdict/verdict.ts';

/** Keys a call of the engine takes. */
const BATCH_KEYS = 1_024;
const COUNTS_BYTES = 64;
/** Beyond what the kernel writes. */
const GAP_BYTES = 64;
const RESERVED_BYTES =
  COUNTS_BYTES + KERNEL_SCRATCH_BYTES + BATCH_KEYS * (8 + 1 + 4) + 3 * GAP_BYTES;

/** The registration day of a key that is not on the list. */
export const NOT_LISTED = -1;

/** Verdicts of a batch, and the registration days of those that are blocked, in order. */
interface Judged {
  readonly verdicts: Uint8Array;
  readonly days: Uint32Array;
}

type Judge = (words: Uint32Array, count: number) => Judged;

/**
 * Looks keys up, without opt-ins: what is on the list is blocked. Returns a registration day for
 * each key, 0 = unknown, {@link NOT_LISTED} for what is not blocked.
 *
 * @throws TacetError ERR_IO, ERR_FORMAT_INDEX
 */
export async function lookUp(
  handle: ListHandle,
  keys: readonly number[],
  todayDay: number,
): Promise<Int32Array> {
  const judgeBatch = (await kernelJudge(handle, todayDay)) ?? matcherJudge(handle, todayDay);
  const found = new Int32Array(keys.length).fill(NOT_LISTED);
  for (let first = 0; first < keys.length; first += BATCH_KEYS) {
    const batch = keys.slice(first, first + BATCH_KEYS);
    const { verdicts, days } = judgeBatch(wordsOf(batch), batch.length);
    let listed = 0;
    for (let index = 0; index < batch.length; index++) {
      if (verdicts[index] !== VERDICT_BLOCKED) continue;
      found[first + index] = days[listed++] ?? NOT_LISTED;
    }
  }
  return found;
}

function wordsOf(keys: readonly number[]): Uint32Array {
  const words = new Uint32Array(keys.length * 2);
  keys.forEach((key, index) => {
    words[index * 2] = key % 0x1_0000_0000;
    words[index * 2 + 1] = Math.floor(key / 0x1_0000_0000);
  });
  return words;
}

async function kernelJudge(handle: ListHandle, todayDay: number): Promise<Judge | undefined> {
  const memory = await loadKernelMemory(handle, RESERVED_BYTES);
  if (memory === undefined) return undefined;
  const kernel = new WasmKernel(memory);
  const { buffer } = memory.memory;
  const counts = memory.reserved;
  const scratch = counts + COUNTS_BYTES;
  const keysAt = scratch + KERNEL_SCRATCH_BYTES + GAP_BYTES;
  const registered = keysAt + BATCH_KEYS * 8 + GAP_BYTES;
  const verdicts = registered + BATCH_KEYS * 4 + GAP_BYTES;
  return (words, count) => {
    new Uint32Array(buffer, keysAt, count * 2).set(words);
    const dayCount = kernel.match({
      keys: keysAt,
      count,
      optIns: 0,
      todayDay,
      verdicts,
      registered,
      scratch,
      counts,
    });
    return {
      verdicts: new Uint8Array(buffer, verdicts, count),
      days: new Uint32Array(buffer, registered, dayCount),
    };
  };
}

function matcherJudge(handle: ListHandle, todayDay: number): Judge {
  const matcher = new Matcher([attachList(handle, 'auto')]);
  return (words, count) => {
    const verdicts = new Uint8Array(count);
    const registeredDays = new Uint32Array(count);
    const counts = new Int32Array(8);
    const dayCount = matcher.match(
      { words, count, optInDays: undefined, todayDay },
      { verdicts, offset: 0, registeredDays, counts },
    );
    return { verdicts, days: registeredDays.subarray(0, dayCount) };
  };
}
