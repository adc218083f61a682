import { readFileSync } from 'node:fs';
import type { KernelMemory } from './kernel-memory.ts';

/** Bytes of scratch that {@link WasmKernel.judge} needs, alignment 8. */
export const KERNEL_SCRATCH_BYTES = 1024 * 20;

/** One batch, as addresses in the judge's memory; see `assembly/match.ts`. */
export interface JudgeBatch {
  /** u64 each, any alignment. */
  readonly keys: number;
  readonly count: number;
  /** u32 epoch days, one per key; 0 = no opt-ins. */
  readonly optIns: number;
  /** Epoch day in Brussels. */
  readonly todayDay: number;
  /** Receives one byte per key. */
  readonly verdicts: number;
  /** Receives the u32 epoch days of the keys on a list, in order; 0 = not wanted. */
  readonly registered: number;
  /**
   * Receives the lists of each key on one, u32, in order: a bit for each list that counts, in their
   * order; 0 = not wanted.
   */
  readonly matched: number;
  /** The lists that count, a bit for each, at least one. */
  readonly lists: number;
  readonly scratch: number;
  /** Receives 7 counts by verdict, u32 each. */
  readonly counts: number;
}

type Match = (
  list: number,
  wanted: number,
  keys: number,
  count: number,
  optIns: number,
  today: number,
  verdicts: number,
  registered: number,
  matched: number,
  scratch: number,
  counts: number,
) => number;

/** The same kernel for either kind of memory: WebAssembly wants to know which it is given. */
const FILES = { shared: 'match-shared.wasm', own: 'match-own.wasm' } as const;

/** Compiled once per thread. */
const compiled = new Map<keyof typeof FILES, WebAssembly.Module>();

function moduleFor(memory: WebAssembly.Memory): WebAssembly.Module {
  const kind = memory.buffer instanceof SharedArrayBuffer ? 'shared' : 'own';
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(readFileSync(new URL(FILES[kind], import.meta.url)));
  compiled.set(kind, module);
  return module;
}

/** The `Judge` over the memory of lists. One instance per thread. */
export class WasmKernel {
  readonly memory: ArrayBufferLike;
  readonly reserved: number;
  readonly #match: Match;
  readonly #list: number;

  constructor({ memory, list, reserved }: KernelMemory) {
    this.memory = memory.buffer;
    this.reserved = reserved;
    const instance = new WebAssembly.Instance(moduleFor(memory), { env: { memory } });
    // What assembly/match.ts exports under this name.
    this.#match = instance.exports['match'] as Match;
    this.#list = list;
  }

  /** Judges a batch; returns how many registration days, or lists of keys, it wrote. */
  judge(batch: JudgeBatch): number {
    return this.#match(
      this.#list,
      batch.lists,
      batch.keys,
      batch.count,
      batch.optIns,
      batch.todayDay,
      batch.verdicts,
      batch.registered,
      batch.matched,
      batch.scratch,
      batch.counts,
    );
  }
}
