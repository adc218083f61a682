import { type KernelMemory, loadKernelMemory } from '../engine/kernel-memory.ts';
import type { Matcher } from '../engine/matcher.ts';
import { KERNEL_SCRATCH_BYTES, WasmKernel } from '../engine/wasm-kernel.ts';
import type { KeyMatch } from '../verdict/key-match.ts';
import { writeReasons } from '../verdict/reason.ts';
import { matcherOf } from './attached-set.ts';
import type { ListSetHandle } from './messages.ts';

/** Keys looked up at once: their place stays in the cache of a core. */
export const KEYS_MAX = 8192;
const COUNTS_BYTES = 64;

/** Where the keys of one thread lie, from the beginning of its place; all multiples of 64. */
const PLACE = {
  counts: 0,
  scratch: COUNTS_BYTES,
  words: COUNTS_BYTES + KERNEL_SCRATCH_BYTES,
  optInDays: COUNTS_BYTES + KERNEL_SCRATCH_BYTES + KEYS_MAX * 8,
  registeredDays: COUNTS_BYTES + KERNEL_SCRATCH_BYTES + KEYS_MAX * 12,
  verdicts: COUNTS_BYTES + KERNEL_SCRATCH_BYTES + KEYS_MAX * 16,
  bytes: COUNTS_BYTES + KERNEL_SCRATCH_BYTES + KEYS_MAX * 17,
} as const;

/** What a thread needs to match against a set. Structured-cloneable. */
export interface LocalMatchData {
  readonly set: ListSetHandle;
  /** Undefined where the WebAssembly kernel cannot serve the set. */
  readonly kernel: KernelMemory | undefined;
  /** Today in Brussels when the run began, as an epoch day. */
  readonly todayDay: number;
}

/** This module, for threads that import it by its URL. */
export const LOCAL_MATCH_MODULE = import.meta.url;

/**
 * Prepares matching on up to `threads` threads: copies the index for the WebAssembly kernel where
 * that can serve the set. Errors: ERR_IO, ERR_FORMAT_INDEX.
 */
export async function prepareLocalMatch(
  { id, handles, kernel }: ListSetHandle,
  run: { readonly threads: number; readonly todayDay: number },
): Promise<LocalMatchData> {
  const { threads, todayDay } = run;
  const [handle, another] = handles;
  const isOne = handle !== undefined && another === undefined;
  const memory = isOne ? await loadKernelMemory(handle, PLACE.bytes * threads) : undefined;
  return { set: { id, handles, kernel }, kernel: memory, todayDay };
}

/** Opens matching on this thread, the `thread`th of those it was prepared for. */
export function openKeyMatch(data: LocalMatchData, thread: number): KeyMatch {
  return data.kernel === undefined
    ? new MatcherKeyMatch(matcherOf(data.set), data)
    : new KernelKeyMatch(data.kernel, data, thread);
}

class KernelKeyMatch implements KeyMatch {
  readonly words: Uint32Array;
  readonly optInDays: Uint32Array;
  readonly #kernel: WasmKernel;
  readonly #base: number;
  readonly #verdicts: Uint8Array;
  readonly #registeredDays: Uint32Array;
  readonly #reasons = new Uint8Array(KEYS_MAX);
  readonly #todayDay: number;

  constructor(memory: KernelMemory, { todayDay }: LocalMatchData, thread: number) {
    const base = memory.reserved + PLACE.bytes * thread;
    const { buffer } = memory.memory;
    this.words = new Uint32Array(buffer, base + PLACE.words, KEYS_MAX * 2);
    this.optInDays = new Uint32Array(buffer, base + PLACE.optInDays, KEYS_MAX);
    this.#verdicts = new Uint8Array(buffer, base + PLACE.verdicts, KEYS_MAX);
    this.#registeredDays = new Uint32Array(buffer, base + PLACE.registeredDays, KEYS_MAX);
    this.#kernel = new WasmKernel(memory);
    this.#base = base;
    this.#todayDay = todayDay;
  }

  match(count: number, hasOptIns: boolean): Uint8Array {
    const base = this.#base;
    const todayDay = this.#todayDay;
    this.#kernel.match({
      keys: base + PLACE.words,
      count,
      optIns: hasOptIns ? base + PLACE.optInDays : 0,
      todayDay,
      verdicts: base + PLACE.verdicts,
      registered: hasOptIns ? base + PLACE.registeredDays : 0,
      scratch: base + PLACE.scratch,
      counts: base + PLACE.counts,
    });
    const { words } = this;
    const optInDays = hasOptIns ? this.optInDays : undefined;
    const [verdicts, registeredDays] = [this.#verdicts, this.#registeredDays];
    const judged = { words, count, verdicts, optInDays, registeredDays, todayDay };
    writeReasons(judged, this.#reasons, 0);
    return this.#reasons.subarray(0, count);
  }
}

class MatcherKeyMatch implements KeyMatch {
  readonly words = new Uint32Array(KEYS_MAX * 2);
  readonly optInDays = new Uint32Array(KEYS_MAX);
  readonly #matcher: Matcher;
  readonly #verdicts = new Uint8Array(KEYS_MAX);
  readonly #registeredDays = new Uint32Array(KEYS_MAX);
  readonly #reasons = new Uint8Array(KEYS_MAX);
  readonly #counts = new Int32Array(6);
  readonly #todayDay: number;

  constructor(matcher: Matcher, { todayDay }: LocalMatchData) {
    this.#matcher = matcher;
    this.#todayDay = todayDay;
  }

  match(count: number, hasOptIns: boolean): Uint8Array {
    const { words } = this;
    const todayDay = this.#todayDay;
    const [verdicts, registeredDays] = [this.#verdicts, this.#registeredDays];
    const optInDays = hasOptIns ? this.optInDays : undefined;
    this.#matcher.match(
      { words, count, optInDays, todayDay },
      {
        verdicts,
        offset: 0,
        registeredDays: hasOptIns ? registeredDays : undefined,
        counts: this.#counts,
      },
    );
    const judged = { words, count, verdicts, optInDays, registeredDays, todayDay };
    writeReasons(judged, this.#reasons, 0);
    return this.#reasons.subarray(0, count);
  }
}
