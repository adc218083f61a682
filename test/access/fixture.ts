import type {
  ClientLimits,
  LimitedClient,
  LimitOptions,
} from '#tacet/access/limits/client-limits.js';
import { openState, type State, type StateOptions } from '#tacet/state/state.js';
import type { Folder } from '../cli/commands.ts';

/** Options that limit nothing by themselves. */
export const LIMITS: LimitOptions = {
  budgetShare: { part: 1, of: 1 },
  budgetLeaseMax: 1_000_000,
  blockedShareMax: 100,
  blockedShareNumbersMin: 100,
  optInDaysMax: 8,
  optInDaysWindow: 7,
};

/** An instant in Brussels' winter: 12:00 on 27 November 2026. */
export const NOON_MS = Date.UTC(2026, 10, 27, 11);

/** A client with budgets, if any are given. */
export function client(
  name: string,
  budgets: { numbers?: number; checks?: number; party?: string } = {},
): LimitedClient {
  return {
    name,
    party: { id: budgets.party ?? 'acme' },
    numbersPerDayMax: budgets.numbers,
    checksPerMinuteMax: budgets.checks,
  };
}

export function byName(...clients: readonly LimitedClient[]): Map<string, LimitedClient> {
  return new Map(clients.map((each) => [each.name, each]));
}

/** States and limits that a test opens; `close` ends them, in the right order. */
export class Opened {
  readonly #folder: Folder;
  readonly #closing: (() => Promise<void>)[] = [];
  #places = 0;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  async state(place?: string, options: StateOptions = {}): Promise<State> {
    const where = place ?? this.#folder.file(`state-${++this.#places}`);
    const state = await openState(where, { serve: true, ...options });
    this.#closing.push(() => state.close());
    return state;
  }

  add<Limits extends Pick<ClientLimits, 'close'>>(limits: Limits): Limits {
    this.#closing.push(() => limits.close());
    return limits;
  }

  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }
}
