import type { KernelName } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';

/** The lists that answer together, as a thread needs them to attach to. Structured-cloneable. */
export interface ListSetHandle {
  /** Grows with every set opened in this process; identifies the set between threads. */
  readonly id: number;
  readonly handles: readonly ListHandle[];
  readonly kernel: KernelName | 'auto';
}

/** How the batches of one stream are to be answered. */
export interface BatchContext {
  /** National writing is read as Belgian. */
  readonly belgian: boolean;
  /** Whether the answer carries the registration days. */
  readonly registrationDays: boolean;
  /** Today in Brussels when the stream began, as an epoch day. */
  readonly todayDay: number;
  /** Numbers in one request, at most; no more than the pool was made for. */
  readonly numbersMax: number;
}

/** One batch for a worker: its request lies in a slot of shared memory. Piscina's task. */
export interface BatchTask {
  readonly set: ListSetHandle;
  readonly context: BatchContext;
  readonly optionsAllowed: boolean;
  readonly slot: number;
  /** Where the request lies, in bytes from the start of the memory of all slots. */
  readonly start: number;
  readonly end: number;
}

/** What a worker is started with. */
export interface WorkerInit {
  readonly memory: SharedArrayBuffer;
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
  readonly slotBytes: number;
}

/** Said on the broadcast channel when the last stream of a set has ended. */
export interface RetireMessage {
  readonly retiredSetId: number;
}
