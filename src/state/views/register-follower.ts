import { FIRM } from '../../registers/standing.ts';
import type { Entry } from '../../registers/table.ts';
import type { Layers } from '../../registers/view.ts';
import type { Database, Statements } from '../database.ts';
import {
  changesBetween,
  entriesOf,
  entriesOfAll,
  entriesOfAllFor,
  registerRevision,
} from '../operations/register-reads.ts';
import { FollowedRegister } from './followed-register.ts';
import { type RegistersRead, sharedClockMs } from './messages.ts';

/** Stands for all together, where an advertiser has an id. */
const ALL = '';

/** Rows of one statement: a tenth of a second or so, after which others have their turn. */
const PAGE = 50_000;

/** What is read of an advertiser before it is followed, page by page while others go on. */
interface Loading {
  readonly entries: Entry[];
  /** Pages show what is newer than this, or not: changes since then are taken again. */
  readonly since: number;
  isWhole: boolean;
}

/** Follows the registers of advertisers through a database. One call at a time. */
export class RegisterFollower {
  readonly #database: Database;
  readonly #followed = new Map<string, FollowedRegister>();
  readonly #loading = new Map<string, Loading>();
  #revision = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Whether there is something to {@link load}. */
  get isLoading(): boolean {
    return [...this.#loading.values()].some(({ isWhole }) => !isWhole);
  }

  leave(advertiser: string): void {
    this.#loading.delete(advertiser);
    if (advertiser !== FIRM) this.#followed.delete(advertiser);
  }

  /** Begins to load an advertiser, unless it is followed. Errors: ERR_STATE. */
  async follow(advertiser: string): Promise<void> {
    if (this.#followed.has(advertiser) || this.#loading.has(advertiser)) return;
    const since = await this.#database.snapshot(registerRevision);
    this.#loading.set(advertiser, { entries: [], since, isWhole: false });
  }

  /** Loads the next page. Errors: ERR_STATE. */
  async load(): Promise<void> {
    const [next] = [...this.#loading].filter(([, { isWhole }]) => !isWhole);
    if (next === undefined) return;
    const [advertiser, loading] = next;
    const number = loading.entries.at(-1)?.key ?? 0;
    const page = await this.#database.snapshot((statements) => {
      const after = { advertiser, number, max: PAGE };
      return advertiser === ALL ? entriesOfAll(statements, after) : entriesOf(statements, after);
    });
    for (const entry of page) loading.entries.push(entry);
    loading.isWhole = page.length < PAGE;
  }

  /**
   * Reads what changed since the last time; what was loaded is followed from now on. Undefined
   * while the firm itself is being loaded. Errors: ERR_STATE; then nothing has changed.
   */
  async read(): Promise<RegistersRead | undefined> {
    const atMs = sharedClockMs();
    const loaded = [...this.#loading].filter(([, { isWhole }]) => isWhole);
    const found = await this.#database.snapshot(async (statements) => {
      const revision = await registerRevision(statements);
      if (revision < this.#revision) return undefined;
      const known = this.#followed.size > 0 ? [this.#revision] : [];
      const since = loaded.map(([, loading]) => loading.since);
      const between = { after: Math.min(revision, ...known, ...since), upTo: revision };
      const isAll = this.#followed.has(ALL) || loaded.some(([advertiser]) => advertiser === ALL);
      return { revision, changes: await this.#changes(statements, between, isAll) };
    });
    if (found === undefined) {
      await this.#beginAnew();
      return undefined;
    }
    const changed = new Map<string, Layers>();
    for (const [advertiser, { entries }] of loaded) {
      const register = new FollowedRegister(entries);
      this.#followed.set(advertiser, register);
      this.#loading.delete(advertiser);
      changed.set(advertiser, register.layers);
    }
    for (const [advertiser, entries] of found.changes) {
      const register = this.#followed.get(advertiser);
      if (register === undefined) continue;
      register.change(entries);
      changed.set(advertiser, register.layers);
    }
    this.#revision = found.revision;
    if (!this.#followed.has(FIRM)) return undefined;
    return { atMs, revision: found.revision, followed: [...this.#followed.keys()], changed };
  }

  /** The database was put back: nothing that was read of it may be true any more. */
  async #beginAnew(): Promise<void> {
    const advertisers = [...this.#followed.keys(), ...this.#loading.keys()];
    this.#followed.clear();
    this.#loading.clear();
    this.#revision = -1;
    for (const advertiser of advertisers) await this.follow(advertiser);
  }

  /** By advertiser. */
  async #changes(
    statements: Statements,
    between: { readonly after: number; readonly upTo: number },
    isAll: boolean,
  ): Promise<ReadonlyMap<string, readonly Entry[]>> {
    const byAdvertiser = new Map<string, Entry[]>();
    if (between.after === between.upTo) return byAdvertiser;
    const numbers = new Set<number>();
    for (const { advertiser, ...entry } of await changesBetween(statements, between)) {
      const entries = byAdvertiser.get(advertiser) ?? [];
      entries.push(entry);
      byAdvertiser.set(advertiser, entries);
      numbers.add(entry.key);
    }
    if (isAll) byAdvertiser.set(ALL, [...(await entriesOfAllFor(statements, [...numbers]))]);
    return byAdvertiser;
  }
}
