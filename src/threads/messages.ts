import type { JudgeSource } from '../engine/judge.ts';
import type { ReasonsField } from '../wire/response.ts';

/** How the batches of one stream are to be answered. */
export interface BatchContext {
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Whether the answer carries the registration days. */
  readonly registrationDays: boolean;
  /** The field of the answer that carries the reasons; 0 = it has none. */
  readonly reasonsField: ReasonsField;
  /** Today in Brussels when the stream began, as an epoch day. */
  readonly todayDay: number;
  /** Numbers in one request, at most; no more than the pool was made for. */
  readonly numbersMax: number;
}

/** What a thread needs once to answer from a set: slots lie in what its judges have reserved. */
export interface SetAttachment {
  readonly setId: number;
  readonly source: JudgeSource;
}

/**
 * Piscina's task: batches of one set for one worker. Under load several, since waking a thread
 * costs as much as looking up thousands of numbers.
 */
export interface BatchTask {
  readonly setId: number;
  /** Given only after a worker has said that it does not know the set. The worker takes it out. */
  attachment?: SetAttachment;
  readonly batches: readonly SlotBatch[];
}

/** One batch: its request lies in a slot of shared memory. */
export interface SlotBatch {
  readonly context: BatchContext;
  readonly optionsAllowed: boolean;
  /** Where the slot begins, in bytes from the start of the memory it is in. */
  readonly slotStart: number;
  /** Where the request lies, likewise. */
  readonly start: number;
  readonly end: number;
}

/** Returned by a worker that has not met the set of a task: it wants the attachment too. */
export const UNKNOWN_SET = -1;

/** What a worker is started with. */
export interface WorkerInit {
  readonly slotLayout: SlotLayout;
  /** Name of the broadcast channel on which the pool says which sets are retired. */
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
  readonly scratchBytes: number;
  readonly slotBytes: number;
}

/**
 * Said on the broadcast channel when the last stream of a set has ended: first with the memory of
 * its kernel, which the workers then hold, and again without once the pool's thread has let go of
 * it. To free such a memory takes tens of milliseconds, which its last holder pays.
 */
export interface RetireMessage {
  readonly retiredSetId: number;
  readonly memory?: WebAssembly.Memory | undefined;
}
