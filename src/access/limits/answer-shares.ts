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
  readonly client: string;
  readonly day: number;
  /** In the state, of all servers, as it was last told. */
  savedNumbers: number;
  savedBlocked: number;
  /** Of this server, not in the state yet. */
  numbers: number;
  blocked: number;
  /** Numbers that are being saved. */
  saving: number;
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
  /** Of the day on which each client has last asked. */
  readonly #counts = new Map<string, Counts>();
  /** Of days before, which are not in the state yet. */
  readonly #earlier = new Set<Counts>();
  readonly #timer: NodeJS.Timeout;
  #saving: Promise<void> | undefined;

  constructor(state: State, stops: Stops, options: ShareOptions) {
    this.#state = state;
    this.#stops = stops;
    this.#options = options;
    this.#timer = setInterval(() => void this.save(), SAVE_MS).unref();
  }

  /** Adds the answers of a batch. */
  add(client: string, numbers: number, blocked: number): void {
    const day = this.#today;
    let counts = this.#counts.get(client);
    if (counts?.day !== day) {
      // What is not saved of yesterday is saved as yesterday's.
      if (counts !== undefined) this.#earlier.add(counts);
      counts = { client, day, savedNumbers: 0, savedBlocked: 0, numbers: 0, blocked: 0, saving: 0 };
      this.#counts.set(client, counts);
    }
    counts.numbers += numbers;
    counts.blocked += blocked;
    this.#judge(counts);
  }

  get #today(): number {
    return brusselsDay(this.#options.nowMs());
  }

  #judge({ client, ...counts }: Counts): void {
    const { blockedShareMax, blockedShareNumbersMin } = this.#options;
    const numbers = counts.savedNumbers + counts.numbers;
    const blocked = counts.savedBlocked + counts.blocked;
    if (numbers < blockedShareNumbersMin || blocked * 100 <= numbers * blockedShareMax) return;
    const share = `${blocked} of ${numbers} numbers of a day were blocked`;
    this.#stops.stop(client, `${share}, more than ${blockedShareMax} %`);
  }

  /** The share of each client's numbers of today that was blocked, 0 to 1. */
  get shares(): readonly (readonly [client: string, share: number])[] {
    const today = this.#today;
    const ofToday = [...this.#counts.values()].filter(({ day }) => day === today);
    return ofToday.map(({ client, ...counts }) => {
      const numbers = counts.savedNumbers + counts.numbers;
      return [client, numbers === 0 ? 0 : (counts.savedBlocked + counts.blocked) / numbers];
    });
  }

  /** A client was released. */
  forget(client: string): void {
    this.#counts.delete(client);
    for (const counts of this.#earlier) {
      if (counts.client === client) this.#earlier.delete(counts);
    }
  }

  /** How many answers the state does not have. */
  get unsaved(): number {
    const all = [...this.#earlier, ...this.#counts.values()];
    return all.reduce((sum, { numbers, saving }) => sum + numbers + saving, 0);
  }

  /**
   * Writes what is not in the state yet, and forgets the days that are over. Never rejects: what
   * could not be written is kept.
   */
  save(): Promise<void> {
    this.#saving ??= this.#saveAll();
    return this.#saving;
  }

  async #saveAll(): Promise<void> {
    const today = this.#today;
    for (const [client, counts] of this.#counts) {
      if (counts.day === today) continue;
      this.#counts.delete(client);
      this.#earlier.add(counts);
    }
    const all = [...this.#earlier, ...this.#counts.values()];
    const unsaved = all.filter(({ numbers }) => numbers > 0);
    await Promise.all(unsaved.map((counts) => this.#saveOne(counts)));
    for (const counts of this.#earlier) if (counts.numbers === 0) this.#earlier.delete(counts);
    this.#saving = undefined;
  }

  async #saveOne(counts: Counts): Promise<void> {
    const { client, day, numbers, blocked } = counts;
    counts.numbers = 0;
    counts.blocked = 0;
    counts.saving = numbers;
    // Until the state has told their sum.
    counts.savedNumbers += numbers;
    counts.savedBlocked += blocked;
    const releasedMs = this.#stops.releasedMs(client);
    try {
      const sum = await this.#state.run('addAnswers', {
        client,
        day,
        numbers,
        blocked,
        releasedMs,
      });
      // Released, which the stops have not heard of yet: then these are forgotten.
      if (sum === undefined) return;
      counts.savedNumbers = sum.numbers;
      counts.savedBlocked = sum.blocked;
      if (this.#counts.get(client) === counts) this.#judge(counts);
    } catch {
      counts.savedNumbers -= numbers;
      counts.savedBlocked -= blocked;
      counts.numbers += numbers;
      counts.blocked += blocked;
    } finally {
      counts.saving = 0;
    }
  }

  /** Saves for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saving;
    await this.save();
  }
}
