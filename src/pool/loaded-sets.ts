import { type KernelMemory, loadKernelMemory } from '../engine/kernel-memory.ts';
import type { Matcher } from '../engine/matcher.ts';
import { TacetError } from '../errors.ts';
import { type AttachedSet, attachSet, matcherOf } from './attached-set.ts';
import { newScratch, type Scratch } from './batch-answerer.ts';
import type { ListSetHandle, SetAttachment, SlotLayout } from './messages.ts';
import { allocateSlots, Slots } from './slots.ts';

/** A set as the pool keeps it, from its first use or {@link LoadedSets.load} until it is retired. */
export interface LoadedSet {
  readonly attachment: SetAttachment;
  readonly slots: Slots;
  /** This thread's own. */
  readonly attached: AttachedSet;
  /** For single numbers; attached to the mapped lists when first needed. */
  matcher: Matcher | undefined;
}

/** The sets of one pool, each with the slots its batches go through. */
export class LoadedSets {
  /** The slots of all sets that bring none of their own. */
  readonly memory: SharedArrayBuffer;
  readonly #slots: Slots;
  readonly #scratch: Scratch;
  readonly #sets = new Map<number, LoadedSet>();

  /** @param slotCount batches of a set in flight, at most */
  constructor(layout: SlotLayout, slotCount: number) {
    // One slot more, for what the main thread answers itself.
    this.memory = allocateSlots(layout.slotBytes * (slotCount + 1));
    this.#slots = new Slots(layout, slotCount, this.memory);
    this.#scratch = newScratch(layout.numbersMax);
  }

  /** How many batches wait for a slot. */
  get waiting(): number {
    let waiting = 0;
    for (const slots of this.#allSlots()) waiting += slots.waiting;
    return waiting;
  }

  /** Ends the wait of all batches that wait for a slot. */
  rejectWaiting(error: TacetError): void {
    for (const slots of this.#allSlots()) slots.rejectWaiting(error);
  }

  #allSlots(): ReadonlySet<Slots> {
    return new Set([this.#slots, ...[...this.#sets.values()].map(({ slots }) => slots)]);
  }

  /**
   * Copies the index of a set for the WebAssembly kernel, where that can serve it. Resolves with
   * how the set will be answered. Errors: ERR_IO, ERR_FORMAT_INDEX; ERR_OPTION where the kernel
   * asked for cannot serve the set.
   */
  async load(set: ListSetHandle): Promise<'wasm' | 'mapped'> {
    const kernel = await this.#loadKernel(set);
    this.#sets.set(set.id, this.#attach(set, kernel));
    return kernel === undefined ? 'mapped' : 'wasm';
  }

  async #loadKernel(set: ListSetHandle): Promise<KernelMemory | undefined> {
    if (set.kernel !== 'auto' && set.kernel !== 'wasm') return undefined;
    const [handle, another] = set.handles;
    const { layout, count } = this.#slots;
    const kernel =
      handle === undefined || another !== undefined
        ? undefined
        : await loadKernelMemory(handle, layout.slotBytes * (count + 1));
    if (kernel === undefined && set.kernel === 'wasm') {
      throw new TacetError('ERR_OPTION', {
        what: 'the kernel wasm cannot serve these lists',
        expected: 'one list with a directory, of less than 4 GiB',
        fix: 'Use the kernel auto',
      });
    }
    return kernel;
  }

  #attach(set: ListSetHandle, kernel: KernelMemory | undefined): LoadedSet {
    const { layout, count } = this.#slots;
    const { id, handles } = set;
    const attachment = { set: { id, handles, kernel: set.kernel }, kernel };
    const own = { memory: this.memory, layout, scratch: this.#scratch };
    const slots =
      kernel === undefined
        ? this.#slots
        : new Slots(layout, count, kernel.memory.buffer, kernel.reserved);
    return { attachment, slots, attached: attachSet(attachment, own), matcher: undefined };
  }

  /** A set; one that was not loaded is attached to its mapped lists now. */
  get(set: ListSetHandle): LoadedSet {
    const known = this.#sets.get(set.id);
    if (known !== undefined) return known;
    const loaded = this.#attach(set, undefined);
    this.#sets.set(set.id, loaded);
    return loaded;
  }

  matcherOf(set: ListSetHandle): Matcher {
    const loaded = this.get(set);
    loaded.matcher ??= matcherOf(set);
    return loaded.matcher;
  }

  /** Lets go of a set, and returns what was kept of it. Only when no batch of it is in flight. */
  delete(setId: number): LoadedSet | undefined {
    const loaded = this.#sets.get(setId);
    this.#sets.delete(setId);
    return loaded;
  }
}
