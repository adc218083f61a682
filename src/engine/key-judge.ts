import { openView } from '../registers/look-up.ts';
import type { RegisterView } from '../registers/view.ts';
import type { Approach } from '../verdict/approach.ts';
import { writeObjections, writeReasons } from '../verdict/batch-reasons.ts';
import { ALL_LISTS, type Judge, type JudgeSource, openJudge, VERDICT_COUNTS } from './judge.ts';
import { KERNEL_SCRATCH_BYTES } from './wasm-kernel.ts';

const ALIGNMENT = 64;
const COUNTS_BYTES = VERDICT_COUNTS * 4;

/** The layout of one {@link KeyJudge}, as offsets from its beginning. */
function placesOf(keysMax: number) {
  let end = 0;
  const place = (bytes: number): number => {
    const start = end;
    end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return start;
  };
  return {
    counts: place(COUNTS_BYTES),
    scratch: place(KERNEL_SCRATCH_BYTES),
    words: place(keysMax * 8),
    optInDays: place(keysMax * 4),
    registeredDays: place(keysMax * 4),
    matchedLists: place(keysMax * 4),
    verdicts: place(keysMax),
    bytes: end,
  };
}

/**
 * A judge with its own buffers: the caller writes keys into them and reads the verdicts from them.
 * One call at a time.
 */
export class KeyJudge {
  /** Keys as pairs of u32 (low, high). 0 = empty, or a text that gave no key. */
  readonly words: Uint32Array;
  /** Their opt-ins as epoch days, 0 = none. */
  readonly optInDays: Uint32Array;
  /** Verdicts of the last call, one per key. */
  readonly verdicts: Uint8Array;
  /** Days of the keys on the list, in order, from the last call that wanted them; 0 = unknown. */
  readonly registeredDays: Uint32Array;
  /** The lists of the keys on one, in order, likewise: a bit for each list. */
  readonly matchedLists: Uint32Array;
  readonly #judge: Judge;
  readonly #at: number;
  readonly #places: ReturnType<typeof placesOf>;
  readonly #reasons: Uint8Array;
  /** Places of keys that are objected to; allocated on first use. */
  #objected: Uint32Array | undefined;

  /** @param at where its {@link KeyJudge.bytesOf} bytes begin in the memory, a multiple of 64 */
  constructor(judge: Judge, at: number, keysMax: number) {
    const { memory } = judge;
    const places = placesOf(keysMax);
    this.words = new Uint32Array(memory, at + places.words, keysMax * 2);
    this.optInDays = new Uint32Array(memory, at + places.optInDays, keysMax);
    this.verdicts = new Uint8Array(memory, at + places.verdicts, keysMax);
    this.registeredDays = new Uint32Array(memory, at + places.registeredDays, keysMax);
    this.matchedLists = new Uint32Array(memory, at + places.matchedLists, keysMax);
    this.#judge = judge;
    this.#at = at;
    this.#places = places;
    this.#reasons = new Uint8Array(keysMax);
  }

  /** Opens the only judge of a source, which gets all reserved bytes. */
  static open(source: JudgeSource, keysMax: number): KeyJudge {
    const judge = openJudge(source);
    return new KeyJudge(judge, judge.reserved, keysMax);
  }

  /** The bytes that one judge needs; a multiple of 64. */
  static bytesOf(keysMax: number): number {
    return placesOf(keysMax).bytes;
  }

  /**
   * Judges the first `count` keys; returns how many registration days, or lists of keys, it wrote.
   *
   * @param call `hasOptIns`: `optInDays` are read; `wantsDays`: `registeredDays` are written;
   *   `wantsLists`: `matchedLists` are; `todayDay`: today in Brussels
   */
  judge(
    count: number,
    call: {
      readonly hasOptIns: boolean;
      readonly wantsDays: boolean;
      readonly wantsLists?: boolean;
      readonly todayDay: number;
    },
  ): number {
    const at = this.#at;
    const places = this.#places;
    return this.#judge.judge({
      keys: at + places.words,
      count,
      optIns: call.hasOptIns ? at + places.optInDays : 0,
      todayDay: call.todayDay,
      verdicts: at + places.verdicts,
      registered: call.wantsDays ? at + places.registeredDays : 0,
      matched: call.wantsLists ? at + places.matchedLists : 0,
      lists: ALL_LISTS,
      scratch: at + places.scratch,
      counts: at + places.counts,
    });
  }

  /** Where the first `count` keys lie, with the answers of the last call. */
  answered(count: number, { hasOptIns }: { readonly hasOptIns: boolean }) {
    const { words, optInDays, verdicts } = this;
    return {
      ...{ memory: words.buffer, keys: words.byteOffset, verdicts: verdicts.byteOffset, count },
      optIns: hasOptIns ? optInDays.byteOffset : 0,
    };
  }

  /**
   * The reasons of the first `count` keys, one byte each with the values of `Reason`, which imply
   * the verdicts: see `verdictOfReason`. Valid until the next call. The `verdicts` beside them stay
   * those of the list, whatever the approach.
   *
   * @param unread if keys were read from texts, the reason of each text whose key is 0; else key 0
   *   is `REASON_EMPTY`
   */
  reasons(
    count: number,
    call: {
      readonly hasOptIns: boolean;
      readonly wantsLists?: boolean;
      readonly todayDay: number;
      readonly approach: Approach;
      /** Undefined = there are no registers. */
      readonly registers: RegisterView | undefined;
    },
    unread?: Uint8Array,
  ): Uint8Array {
    const { todayDay, approach } = call;
    const { words, verdicts, registeredDays } = this;
    const registers = call.registers && openView(call.registers);
    const hasOptIns = call.hasOptIns || registers?.hasOptIns === true;
    if (hasOptIns && !call.hasOptIns) this.optInDays.fill(0, 0, count);
    const optInDays = hasOptIns ? this.optInDays : undefined;
    let objections = 0;
    if (registers !== undefined) {
      this.#objected ??= new Uint32Array(this.#reasons.length);
      const objected = this.#objected;
      objections = registers.look({ words, count, optInDays, todayDay, objected });
    }
    this.judge(count, { ...call, hasOptIns, wantsDays: hasOptIns });
    const judged = { ...call, words, count, verdicts, optInDays, registeredDays, unread };
    writeReasons(judged, this.#reasons);
    const objected = this.#objected?.subarray(0, objections);
    if (objected !== undefined) writeObjections(objected, approach, this.#reasons);
    return this.#reasons.subarray(0, count);
  }
}
