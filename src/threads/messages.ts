import type { JudgeSource } from '../engine/judge.ts';
import type { RegisterView } from '../registers/view.ts';
import type { Approach } from '../verdict/approach.ts';
import type { MatchedField, ReasonsField } from '../wire/response.ts';

/** How to answer the batches of one stream. */
export interface BatchContext {
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Whether the answer carries the registration days. */
  readonly registrationDays: boolean;
  /** The field of the answer that carries the reasons; 0 = it has none. */
  readonly reasonsField: ReasonsField;
  /** The field of the answer that carries the matched lists; 0 = it has none. */
  readonly matchedField: MatchedField;
  /** The lists that are asked, a bit for each in their order: see `ALL_LISTS`. */
  readonly lists: number;
  /** The bit of the objections among matched lists: after those of the lists asked. */
  readonly objections: number;
  readonly approach: Approach;
  /** What registers say at this moment; undefined = there are none. */
  readonly registers: RegisterView | undefined;
  /** Today in Brussels when the stream began, as an epoch day. */
  readonly todayDay: number;
  /** The most numbers in one request; at most the pool's own limit. */
  readonly numbersMax: number;
}

/**
 * Piscina's task: batches of one set for one worker; several under load, since waking a thread
 * costs as much as looking up thousands of numbers.
 */
export interface BatchTask {
  readonly sourceId: number;
  /**
   * Sent only after a worker reported that it does not know it. The worker removes it. The slots
   * lie in its reserved bytes.
   */
  source?: JudgeSource;
  readonly batches: readonly SlotBatch[];
}

/** One batch: its request lies in a slot of shared memory. */
export interface SlotBatch {
  readonly context: BatchContext;
  readonly optionsAllowed: boolean;
  /** Where the slot begins, in bytes from the start of its memory. */
  readonly slotStart: number;
  /** Where the request lies, likewise. */
  readonly start: number;
  readonly end: number;
}

/** A worker returns this if it does not know the source of a task. */
export const UNKNOWN_SOURCE = -1;

/** What a worker is started with. */
export interface WorkerInit {
  readonly slotLayout: SlotLayout;
  /** Name of the broadcast channel on which the pool announces retired sets. */
  readonly channel: string;
}

/** Sizes of a slot, all in bytes and multiples of 8; see `slots.ts` for the picture. */
export interface SlotLayout {
  readonly numbersMax: number;
  readonly controlBytes: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly wordsBytes: number;
  readonly optInsBytes: number;
  readonly listedBytes: number;
  readonly scratchBytes: number;
  readonly slotBytes: number;
}

/**
 * Sent on the broadcast channel when the last stream of a set has ended: first with the kernel's
 * memory, which the workers then hold, and again without it once the pool's thread has released the
 * memory. Freeing it takes tens of milliseconds on the thread that releases it last.
 */
export interface RetireMessage {
  readonly retiredId: number;
  readonly memory?: WebAssembly.Memory | undefined;
}
