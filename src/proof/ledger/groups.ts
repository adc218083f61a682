import { TacetError } from '../../errors.ts';

/** Entries of one commit, 16 MiB at most. */
export const GROUP_ENTRIES_MAX = 256;
const WAITING_MAX = 10_000;

/** An entry that is durable and signed. */
export interface AppendedEntry {
  readonly index: number;
  /** See format/receipt.ts. */
  readonly receipt: string;
}

interface Waiting {
  readonly leaf: Buffer;
  resolve(entry: AppendedEntry): void;
  reject(error: unknown): void;
}

/** Commits entries that come within a few milliseconds together: a flush costs as much for many. */
export class CommitGroups {
  readonly #groupMs: number;
  readonly #takeTurn: (work: () => Promise<void>) => Promise<void>;
  readonly #commit: (leaves: readonly Buffer[]) => Promise<AppendedEntry[]>;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(given: {
    /** How long the first entry of a group waits for others. */
    readonly groupMs: number;
    /** Runs work once what was written before is done. */
    takeTurn(work: () => Promise<void>): Promise<void>;
    /** Makes leaves durable and signs them. */
    commit(leaves: readonly Buffer[]): Promise<AppendedEntry[]>;
  }) {
    this.#groupMs = given.groupMs;
    this.#takeTurn = given.takeTurn;
    this.#commit = given.commit;
  }

  /** Resolves once the group of this leaf is committed. Errors: ERR_LIMIT; those of the commit. */
  async add(leaf: Buffer): Promise<AppendedEntry> {
    if (this.#waiting.length >= WAITING_MAX) {
      throw new TacetError('ERR_LIMIT', {
        what: 'too many entries wait for the ledger',
        facts: { limit: 'ledger entries waiting', max: String(WAITING_MAX) },
      });
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ leaf, resolve, reject });
      this.#beginIn(this.#groupMs);
    });
  }

  /** Commits what waits, without waiting for more. Never fails. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0) await this.#takeTurn(() => this.#commitNext());
  }

  #beginIn(ms: number): void {
    this.#timer ??= setTimeout(() => void this.#takeTurn(() => this.#commitNext()), ms);
  }

  async #commitNext(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting.splice(0, GROUP_ENTRIES_MAX);
    if (this.#waiting.length > 0) this.#beginIn(0);
    if (group.length === 0) return;
    try {
      const entries = await this.#commit(group.map(({ leaf }) => leaf));
      for (const [place, entry] of entries.entries()) group[place]?.resolve(entry);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
