import type { ErrorData } from '../../errors.ts';
import type { Layers } from '../../registers/view.ts';
import type { StateLocation } from '../location.ts';
import type { DatabaseOptions } from '../open-database.ts';

/** What the thread that follows registers is started with. */
export interface ViewsStart {
  readonly location: StateLocation;
  readonly options: DatabaseOptions;
  /** How often it looks for edits of others, ms. */
  readonly pollMs: number;
}

/** What it is asked. */
export type ViewsQuestion =
  /** From now on follow an advertiser; '' = all together. */
  | { readonly kind: 'follow'; readonly advertiser: string }
  /** No longer. */
  | { readonly kind: 'leave'; readonly advertiser: string }
  /** Look at once. */
  | { readonly kind: 'look' }
  | { readonly kind: 'close' };

/** What it says. */
export type ViewsWord =
  | { readonly kind: 'read'; readonly read: RegistersRead }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** The registers as they were at one moment. */
export interface RegistersRead {
  /** By the clock that every thread of a process shares, ms: when the reading began. */
  readonly atMs: number;
  readonly revision: number;
  /** Everybody who is followed: what is known of others is not true any more. */
  readonly followed: readonly string[];
  /** By advertiser, `*` or '': what changed. */
  readonly changed: ReadonlyMap<string, Layers>;
}

/** The clock of {@link RegistersRead.atMs}: never goes back. */
export function sharedClockMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
