/**
 * Gives keys their verdicts. This module chooses, once per set, between the WebAssembly kernel and
 * the mapped lists; users of a {@link Judge} need not know which.
 */
import { TacetError } from '../errors.ts';
import { attachList, type KernelName } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import { VERDICT_NAMES } from '../verdict/verdict.ts';
import { type KernelMemory, loadKernelMemory } from './kernel-memory.ts';
import { Matcher } from './matcher.ts';
import { type JudgeBatch, WasmKernel } from './wasm-kernel.ts';

/** The `lists` of a batch that asks all of them. */
export const ALL_LISTS = 0xffff_ffff;

/** Counts of a batch by verdict, i32 each; index 0 stays 0, and so does 6: no list gives it. */
export const VERDICT_COUNTS = VERDICT_NAMES.length;

/**
 * How keys are looked up. `wasm`: the WebAssembly kernel over a copy of the index in memory that
 * all threads share; the others use the mapped file. `auto`: wasm if it can serve the set, else the
 * best kernel that the file has sections for.
 */
export type KernelChoice = 'auto' | 'wasm' | KernelName;

/** The lists that answer together, and the kernel to use. */
export interface JudgedLists {
  readonly handles: readonly ListHandle[];
  readonly kernel: KernelChoice;
}

let lastId = 0;

/** What a thread needs to open its judge of a set. Structured-cloneable; the memory is shared. */
export interface JudgeSource extends JudgedLists {
  /** Unique within this process; identifies the source across its threads. */
  readonly id: number;
  /** The index for the WebAssembly kernel and the reserved bytes; undefined = the mapped lists. */
  readonly index: KernelMemory | undefined;
  /** The reserved bytes if there is no such memory. */
  readonly own: SharedArrayBuffer | undefined;
}

/** Gives keys their verdicts. Belongs to one thread; one call at a time. */
export interface Judge {
  /** The memory that holds its batches. */
  readonly memory: ArrayBufferLike;
  /** Address of the bytes that were reserved for the caller, a multiple of 64. */
  readonly reserved: number;
  /**
   * Judges a batch, whose areas do not overlap; returns how many registration days, or lists of
   * keys, it wrote.
   */
  judge(batch: JudgeBatch): number;
}

/**
 * Prepares judges of a set, with `reservedBytes` for the batches of all threads. Yields to the
 * event loop after each MiB copied.
 *
 * @throws TacetError ERR_IO, ERR_FORMAT_INDEX; ERR_OPTION if the chosen kernel cannot serve the set
 *   or there is not enough memory
 */
export async function prepareJudge(
  lists: JudgedLists,
  reservedBytes: number,
): Promise<JudgeSource> {
  const { handles, kernel } = lists;
  const isWanted = kernel === 'auto' || kernel === 'wasm';
  const index = isWanted ? await loadKernelMemory(handles, reservedBytes) : undefined;
  if (index !== undefined) return { id: ++lastId, handles, kernel, index, own: undefined };
  if (kernel !== 'wasm') return mappedSource(lists, reservedBytes);
  throw new TacetError('ERR_OPTION', {
    what: 'the kernel wasm cannot serve these lists',
    expected: 'lists with a directory each, of less than 4 GiB together',
    fix: 'Use the kernel auto',
  });
}

/** The same for mapped lists, synchronously. Errors: ERR_OPTION if there is not enough memory. */
export function mappedSource({ handles, kernel }: JudgedLists, reservedBytes: number): JudgeSource {
  try {
    const own = new SharedArrayBuffer(reservedBytes);
    return { id: ++lastId, handles, kernel, index: undefined, own };
  } catch (cause) {
    throw new TacetError('ERR_OPTION', {
      what: `no memory for ${reservedBytes} bytes of batches`,
      fix: 'Allow fewer batches in flight, or fewer numbers and bytes a message',
      cause,
    });
  }
}

/** Opens the judge of this thread. Errors: those of `attachList`. */
export function openJudge(source: JudgeSource): Judge {
  return source.index === undefined ? new MappedJudge(source) : new WasmKernel(source.index);
}

class MappedJudge implements Judge {
  readonly memory: SharedArrayBuffer;
  readonly reserved = 0;
  readonly #matcher: Matcher;
  readonly #bytes: Uint8Array;

  constructor({ handles, kernel, own }: JudgeSource) {
    this.memory = own ?? new SharedArrayBuffer(0);
    this.#bytes = new Uint8Array(this.memory);
    const name = kernel === 'wasm' ? 'auto' : kernel;
    this.#matcher = new Matcher(handles.map((handle) => attachList(handle, name)));
  }

  judge(batch: JudgeBatch): number {
    const { memory } = this;
    const { count, optIns, todayDay, lists, registered, matched } = batch;
    const column = (at: number) => (at === 0 ? undefined : new Uint32Array(memory, at, count));
    const words = this.#wordsAt(batch.keys, count * 2);
    const optInDays = optIns === 0 ? undefined : this.#wordsAt(optIns, count);
    return this.#matcher.match(
      { words, count, optInDays, todayDay, lists },
      {
        verdicts: this.#bytes,
        offset: batch.verdicts,
        registeredDays: column(registered),
        matchedLists: column(matched),
        counts: new Int32Array(memory, batch.counts, VERDICT_COUNTS).fill(0),
      },
    );
  }

  /** u32 values at any address: in place, or copied if the address is not a multiple of four. */
  #wordsAt(address: number, length: number): Uint32Array {
    if (address % 4 === 0) return new Uint32Array(this.memory, address, length);
    const copy = new Uint32Array(length);
    new Uint8Array(copy.buffer).set(this.#bytes.subarray(address, address + length * 4));
    return copy;
  }
}
