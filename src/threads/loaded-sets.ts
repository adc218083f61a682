import { IndexCopy } from '../engine/index-copy.ts';
import {
  type Judge,
  type JudgeSource,
  mappedSource,
  openJudge,
  prepareJudge,
} from '../engine/judge.ts';
import { KeyJudge } from '../engine/key-judge.ts';
import type { ListSet } from '../engine/list-set.ts';
import { WasmKernel } from '../engine/wasm-kernel.ts';
import type { TacetError } from '../errors.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import type { SlotLayout } from './messages.ts';
import { Slots } from './slots.ts';

/** The pool's state of a set, from its first use or {@link LoadedSets.load} until it is retired. */
export interface LoadedSet {
  readonly source: JudgeSource;
  readonly slots: Slots;
  /** Over the memory that all threads share. */
  readonly shared: Inline;
  /** What this thread answers with itself. Do not hold it across turns of the event loop. */
  inline: Inline;
}

/** Judges of this thread alone, over shared memory or over this thread's copy of the index. */
interface Inline {
  /** One slot, which is nobody's: it is written and read within one turn of the event loop. */
  readonly slots: Slots;
  readonly answerer: BatchAnswerer;
  /** For single numbers. */
  readonly keyJudge: KeyJudge;
}

/** The sets of one pool, each with the slots its batches go through. */
export class LoadedSets {
  readonly #layout: SlotLayout;
  readonly #slotCount: number;
  readonly #copiedBytesMax: number;
  readonly #sets = new Map<ListSet, LoadedSet>();
  readonly #copy = new IndexCopy();
  /** Ends when the copy is no longer written to. */
  #copying = Promise.resolve();
  /** The set that uses the copy. */
  #copied: LoadedSet | undefined;

  /**
   * @param slotCount the most batches of a set in flight
   * @param copiedBytesMax the largest index that {@link copyIndex} copies
   */
  constructor(layout: SlotLayout, slotCount: number, copiedBytesMax: number) {
    this.#layout = layout;
    this.#slotCount = slotCount;
    this.#copiedBytesMax = copiedBytesMax;
  }

  /** How many batches wait for a slot. */
  get waiting(): number {
    return [...this.#sets.values()].reduce((sum, { slots }) => sum + slots.waiting, 0);
  }

  /** Rejects all batches that wait for a slot. */
  rejectWaiting(error: TacetError): void {
    for (const { slots } of this.#sets.values()) slots.rejectWaiting(error);
  }

  /**
   * Prepares the judges of a set without blocking the event loop. Resolves with their kind.
   * Errors: those of `prepareJudge`.
   */
  async load(set: ListSet): Promise<'wasm' | 'mapped'> {
    const source = await prepareJudge(set, this.#reservedBytes);
    this.#sets.set(set, this.#open(source));
    return source.index === undefined ? 'mapped' : 'wasm';
  }

  /**
   * Gives this thread a copy of the set's index, unless it is too large; the set that had one
   * before goes on without. There is one copy, for the set that most requests ask.
   */
  copyIndex(set: ListSet): Promise<void> {
    this.#copying = this.#copying.then(() => this.#copyIndex(set));
    return this.#copying;
  }

  async #copyIndex(set: ListSet): Promise<void> {
    const loaded = this.#sets.get(set);
    const index = loaded?.source.index;
    if (this.#copied !== undefined) this.#copied.inline = this.#copied.shared;
    this.#copied = undefined;
    if (index === undefined || index.reserved > this.#copiedBytesMax) return;
    const own = await this.#copy.fill(index, this.#inlineBytes);
    // It may have been retired meanwhile.
    if (own === undefined || loaded === undefined || this.#sets.get(set) !== loaded) return;
    loaded.inline = this.#openInline(new WasmKernel(own), own.reserved);
    this.#copied = loaded;
  }

  /** A slot for batches this thread answers itself, and room for one key. */
  get #inlineBytes(): number {
    return this.#layout.slotBytes + KeyJudge.bytesOf(1);
  }

  get #reservedBytes(): number {
    return this.#layout.slotBytes * this.#slotCount + this.#inlineBytes;
  }

  #open(source: JudgeSource): LoadedSet {
    const judge = openJudge(source);
    const slots = new Slots(this.#layout, this.#slotCount, judge.memory, judge.reserved);
    const shared = this.#openInline(judge, slots.start(this.#slotCount));
    return { source, slots, shared, inline: shared };
  }

  /** @param at where its {@link #inlineBytes} begin in the memory of the judge */
  #openInline(judge: Judge, at: number): Inline {
    const slots = new Slots(this.#layout, 1, judge.memory, at);
    return {
      slots,
      answerer: new BatchAnswerer(judge, this.#layout),
      keyJudge: new KeyJudge(judge, slots.start(1), 1),
    };
  }

  /** Returns a set. If it was not loaded, its mapped lists judge it from now on. */
  get(set: ListSet): LoadedSet {
    const known = this.#sets.get(set);
    if (known !== undefined) return known;
    const loaded = this.#open(mappedSource(set, this.#reservedBytes));
    this.#sets.set(set, loaded);
    return loaded;
  }

  /**
   * Drops a set; returns its source if it was used. Call only when no batch of it is in flight.
   */
  delete(set: ListSet): JudgeSource | undefined {
    const loaded = this.#sets.get(set);
    this.#sets.delete(set);
    // Otherwise its memory would be kept until the next copy.
    if (loaded === this.#copied) this.#copied = undefined;
    return loaded?.source;
  }
}
