import type { ErrorData } from '../errors.ts';
import type { StateLocation } from './location.ts';
import type { DatabaseOptions } from './open-database.ts';
import type { OperationName } from './operations.ts';

/** How a state is opened; see `StateOptions`. */
interface ThreadOptions extends DatabaseOptions {
  readonly groupMs: number;
}

/** What the thread of a state is started with. */
export interface ThreadStart {
  readonly location: StateLocation;
  readonly options: ThreadOptions;
}

/** One operation to do. */
export interface ThreadQuestion {
  readonly id: number;
  readonly name: OperationName;
  /** What that operation takes. */
  readonly input: never;
}

/** What the thread says. */
export type ThreadWord =
  | { readonly kind: 'open' }
  | { readonly kind: 'refused'; readonly error: ErrorData }
  | {
      /** A transaction is durable; the answers of its operations, each with its id. */
      readonly kind: 'done';
      readonly answers: readonly (readonly [id: number, answer: unknown])[];
      /** How long it took; undefined if nothing had to be written. */
      readonly commitMs: number | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly ids: readonly number[];
      /** Whether something had to be written. */
      readonly isCommit: boolean;
      readonly error: ErrorData;
    };
