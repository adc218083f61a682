import { type JudgeSource, mappedSource, openJudge, prepareJudge } from '../engine/judge.ts';
import { KeyJudge } from '../engine/key-judge.ts';
import type { ListSet } from '../engine/list-set.ts';
import type { TacetError } from '../errors.ts';
import { BatchAnswerer } from './batch-answerer.ts';
import type { SlotLayout } from './messages.ts';
import { Slots } from './slots.ts';

/** The pool's state of a set, from its first use or {@link LoadedSets.load} until it is retired. */
export interface LoadedSet {
  readonly source: JudgeSource;
  readonly slots: Slots;
  /** This thread's own. */
  readonly answerer: BatchAnswerer;
  /** This thread's own, for single numbers. */
  readonly keyJudge: KeyJudge;
}

/** The sets of one pool, each with the slots its batches go through. */
export class LoadedSets {
  readonly #layout: SlotLayout;
  readonly #slotCount: number;
  readonly #sets = new Map<ListSet, LoadedSet>();

  /** @param slotCount the most batches of a set in flight */
  constructor(layout: SlotLayout, slotCount: number) {
    this.#layout = layout;
    this.#slotCount = slotCount;
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

  /** The slots, one more for batches the main thread answers itself, and room for one key. */
  get #reservedBytes(): number {
    return this.#layout.slotBytes * (this.#slotCount + 1) + KeyJudge.bytesOf(1);
  }

  #open(source: JudgeSource): LoadedSet {
    const judge = openJudge(source);
    const slots = new Slots(this.#layout, this.#slotCount, judge.memory, judge.reserved);
    return {
      source,
      slots,
      answerer: new BatchAnswerer(judge, this.#layout),
      keyJudge: new KeyJudge(judge, slots.start(this.#slotCount + 1), 1),
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
    const source = this.#sets.get(set)?.source;
    this.#sets.delete(set);
    return source;
  }
}
