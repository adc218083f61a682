import { brusselsDay } from '../../calendar/brussels.ts';
import type { State } from '../../state/state.ts';
import type { Stops } from './stops.ts';

interface ShareOptions {
  /** Per cent of a client's numbers of a day that may be blocked; 100 = any. */
  readonly blockedShareMax: number;
  /** How many numbers a client must have asked on a day before its share is judged. */
  readonly blockedShareNumbersMin: number;
  /** The clock, in Unix milliseconds. */
  readonly nowMs: () => number;
}

/** A client's answers of one day. */
interface Counts {
  readonly day: number;
  /** In the state, of all servers, as it was last told. */
  savedNumbers: number;
  savedBlocked: number;
  /** Of this server, not in the state yet. */
  numbers: number;
  blocked: number;
}

/** What a crash loses of these counts. */
const SAVE_MS = 5_000;

/**
 * Counts what was answered to each client on a day of Brussels, and how much of it was blocked, and
 * stops a client whose share is too high. Most bases have 8 to 15 % of blocked numbers; a file of
 * numbers that were blocked before has all of them, and is asked for good reason: so by default no
 * share stops anybody.
 */
export class AnswerShares {
  readonly #state: State;
  readonly #stops: Stops;
  readonly #options: ShareOptions;
  readonly #counts = new Map<string, Counts>();
  readonly #timer: NodeJS.Timeout;
  #saving: Promise<void> = Promise.resolve();

  constructor(state: State, stops: Stops, options: ShareOptions) {
    this.#state = state;
    this.#stops = stops;
    this.#options = options;
    this.#timer = setInterval(() => this.save(), SAVE_MS).unref();
  }

  /** Adds the answers of a batch. */
  add(client: string, numbers: number, blocked: number): void {
    const day = brusselsDay(this.#options.nowMs());
    let counts = this.#counts.get(client);
    if (counts?.day !== day) {
      // What is not saved of yesterday is saved as yesterday's.
      if (counts !== undefined) void this.#saveOne(client, counts);
      counts = { day, savedNumbers: 0, savedBlocked: 0, numbers: 0, blocked: 0 };
      this.#counts.set(client, counts);
    }
    counts.numbers += numbers;
    counts.blocked += blocked;
    this.#judge(client, counts);
  }

  #judge(client: string, counts: Counts): void {
    const { blockedShareMax, blockedShareNumbersMin } = this.#options;
    const numbers = counts.savedNumbers + counts.numbers;
    const blocked = counts.savedBlocked + counts.blocked;
    if (numbers < blockedShareNumbersMin || blocked * 100 <= numbers * blockedShareMax) return;
    const share = `${blocked} of ${numbers} numbers of a day were blocked`;
    this.#stops.stop(client, `${share}, more than ${blockedShareMax} %`);
  }

  /** The share of each client's numbers of today that was blocked, 0 to 1. */
  get shares(): readonly (readonly [client: string, share: number])[] {
    return [...this.#counts].map(([client, counts]) => {
      const numbers = counts.savedNumbers + counts.numbers;
      return [client, numbers === 0 ? 0 : (counts.savedBlocked + counts.blocked) / numbers];
    });
  }

  /** A client was released. */
  forget(client: string): void {
    this.#counts.delete(client);
  }

  /** Writes what is not in the state yet. Never rejects: what could not be written is kept. */
  save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const unsaved = [...this.#counts].filter(([, { numbers }]) => numbers > 0);
      await Promise.all(unsaved.map(([client, counts]) => this.#saveOne(client, counts)));
    });
    return this.#saving;
  }

  async #saveOne(client: string, counts: Counts): Promise<void> {
    const { day, numbers, blocked } = counts;
    counts.numbers = 0;
    counts.blocked = 0;
    // Until the state has told their sum.
    counts.savedNumbers += numbers;
    counts.savedBlocked += blocked;
    try {
      const sum = await this.#state.run('addAnswers', { client, day, numbers, blocked });
      counts.savedNumbers = sum.numbers;
      counts.savedBlocked = sum.blocked;
      if (this.#counts.get(client) === counts) this.#judge(client, counts);
    } catch {
      counts.savedNumbers -= numbers;
      counts.savedBlocked -= blocked;
      counts.numbers += numbers;
      counts.blocked += blocked;
    }
  }

  /** Saves for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.save();
  }
}
