import { mkdir } from 'node:fs/promises';
import { writeAll } from '../../disk/write-all.ts';
import { ioError, TacetError } from '../../errors.ts';
import { acquireLock } from '../../store/lock.ts';
import { type Leaf, leafBytes, leafHead } from '../format/leaf.ts';
import type { VerifierKey } from '../format/note.ts';
import { checkNew, checkPrevious, type LedgerBeginning } from './beginning.ts';
import { growBy, writeError } from './commit.ts';
import { type Erasure, eraseEntries, finishErasing } from './erase.ts';
import {
  checkThere,
  closeLedgerFiles,
  consistencyAt,
  entryAt,
  firstKey,
  keepHead,
  type LedgerFiles,
  onFiles,
  openLedgerFiles,
  receiptAt,
  type SignedHead,
  signHead,
  writeHead,
} from './files.ts';
import { type AppendedEntry, CommitGroups } from './groups.ts';
import { indexOffset } from './index-file.ts';
import { nextKey, obtainKey, type SigningKey, signingKeys, switchKeys } from './keys.ts';
import { type LedgerState, recover } from './recover.ts';

/** How a ledger is opened. */
export interface LedgerOptions {
  /** Where the private key is, if not in the directory. */
  readonly keyFile?: string | undefined;
  /** What waiting writers are told this one is doing. */
  readonly doing: string;
  /** How long to wait for another writer. */
  readonly lockWaitMs: number;
  /** How long the first entry of a group waits for others. */
  readonly groupMs: number;
}

const PLACE = { name: 'the ledger', code: 'ERR_LEDGER_LOCKED' } as const;

/**
 * A ledger open for appending; nobody else writes to it meanwhile. What is signed is durable, what
 * is answered is signed.
 */
export class Ledger {
  readonly directory: string;
  readonly #files: LedgerFiles;
  readonly #keyFile: string | undefined;
  readonly #unlock: () => Promise<void>;
  readonly #groups: CommitGroups;
  #keys: readonly SigningKey[];
  /** Undefined after a write that failed: what the files hold is looked up before the next. */
  #state: LedgerState | undefined;
  #size: number;
  /** What writes waits for what wrote before. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(
    files: LedgerFiles,
    options: LedgerOptions,
    opened: {
      readonly keys: readonly SigningKey[];
      readonly state: LedgerState;
      unlock(): Promise<void>;
    },
  ) {
    this.directory = files.directory;
    this.#files = files;
    this.#keyFile = options.keyFile;
    this.#groups = new CommitGroups({
      groupMs: options.groupMs,
      takeTurn: (work) => this.#takeTurn(work),
      commit: (leaves) => this.#commitOrFail(leaves),
    });
    this.#keys = opened.keys;
    this.#state = opened.state;
    this.#size = opened.state.head.size;
    this.#unlock = opened.unlock;
  }

  /**
   * Opens a ledger. Errors: ERR_LEDGER if there is none, or another key signed it;
   * ERR_LEDGER_LOCKED; ERR_LEDGER_ROLLED_BACK; ERR_IO.
   */
  static async open(directory: string, options: LedgerOptions): Promise<Ledger> {
    // Before the lock: that would make folders.
    await checkThere(directory);
    return Ledger.#take(directory, options, async () => {
      const files = await openLedgerFiles(directory, 'write');
      return { files, origin: async () => (await firstKey(files)).name };
    });
  }

  /**
   * Makes a ledger, with its key where there is none, and its first entry. Errors: ERR_LEDGER if
   * there is one, or anything of one, or the log it continues has its name; those of {@link open}.
   */
  static async init(
    directory: string,
    options: LedgerOptions,
    beginning: LedgerBeginning,
  ): Promise<Ledger> {
    checkPrevious(beginning);
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause) => {
      throw ioError(directory, 'make the ledger', cause);
    });
    const { origin } = beginning;
    const ledger = await Ledger.#take(directory, options, async () => {
      await checkNew(directory);
      await obtainKey({ directory, keyFile: options.keyFile }, origin);
      return { files: await openLedgerFiles(directory, 'create'), origin: async () => origin };
    });
    try {
      await ledger.#begin(beginning);
      return ledger;
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  static async #take(
    directory: string,
    options: LedgerOptions,
    take: () => Promise<{ readonly files: LedgerFiles; origin(): Promise<string> }>,
  ): Promise<Ledger> {
    const { doing, lockWaitMs: waitMs } = options;
    const unlock = await acquireLock(directory, { doing, waitMs, place: PLACE });
    let files: LedgerFiles | undefined;
    try {
      return await onFiles(directory, 'open', async () => {
        const taken = await take();
        files = taken.files;
        const place = { directory, keyFile: options.keyFile };
        const keys = await signingKeys(place, await taken.origin());
        const state = await recover(files, keys);
        const ledger = new Ledger(files, options, { keys, state, unlock });
        await finishErasing(files, ledger);
        return ledger;
      });
    } catch (error) {
      if (files !== undefined) await closeLedgerFiles(files);
      await unlock();
      throw error;
    }
  }

  #begin({ previous, engine }: LedgerBeginning): Promise<AppendedEntry> {
    const opening = { verifier_key: this.verifierKey.text, previous, engine, at: Date.now() };
    return this.append({ ...leafHead('open'), ...opening });
  }

  /** The key that signs, for contracts and policies. */
  get verifierKey(): VerifierKey {
    // There is one key at least: `signingKeys` reads it or fails.
    return (this.#keys[0] as SigningKey).verifier;
  }

  /** How many entries are signed, as far as is known after a write that failed. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds an entry; resolves once it is durable and signed, with others that came within a few
   * milliseconds. Errors: ERR_PROOF if it is no leaf; ERR_LEDGER_WRITE if it could not be written,
   * then it may still be found in the ledger; ERR_LEDGER_ROLLED_BACK; ERR_LIMIT; ERR_STOPPING.
   */
  async append(leaf: Leaf): Promise<AppendedEntry> {
    const bytes = leafBytes(leaf);
    if (this.#isClosed) throw new TacetError('ERR_STOPPING', { what: 'the ledger is closed' });
    return this.#groups.add(bytes);
  }

  /** The receipt of an entry under today's head. Errors: ERR_LEDGER, ERR_LEDGER_WRITE, ERR_IO. */
  async receipt(index: number): Promise<string> {
    const { head } = await this.#takeTurn(() => this.#recovered());
    if (index >= head.size) throw new TacetError('ERR_LEDGER', { what: `no entry ${index}` });
    return onFiles(this.directory, 'read', async () => {
      const { leaf } = await entryAt(this.#files, index);
      if (leaf !== undefined) return receiptAt(this.#files, { index, leaf }, head);
      throw new TacetError('ERR_LEDGER', { what: `entry ${index} was erased` });
    });
  }

  /**
   * Today's head, and the hashes that show that it continues an older one, of `oldSize` entries.
   * Errors: ERR_LEDGER if there were never so few, ERR_LEDGER_WRITE, ERR_IO.
   */
  async consistency(oldSize: number): Promise<{ head: SignedHead; path: readonly Buffer[] }> {
    const { head } = await this.#takeTurn(() => this.#recovered());
    const read = () => consistencyAt(this.#files, oldSize, head);
    return { head, path: await onFiles(this.directory, 'read', read) };
  }

  /** Keeps today's head for good, to be countersigned; returns its path. Errors: ERR_IO. */
  keepHead(): Promise<string> {
    return this.#takeTurn(async () => keepHead(this.directory, (await this.#recovered()).head));
  }

  /**
   * Lets a new key sign, and today's beside it. Errors: ERR_LEDGER if the key is not in the
   * directory of the ledger; those of {@link append}.
   */
  async rotateKey(): Promise<VerifierKey> {
    const { directory } = this;
    if (this.#keyFile !== undefined) {
      const what = 'a key in a file of its own is not changed';
      throw new TacetError('ERR_LEDGER', { what, where: this.#keyFile });
    }
    const previous = this.verifierKey;
    const { verifier } = await nextKey(directory, previous.name);
    const keys = { verifier_key: verifier.text, previous_key: previous.text };
    await this.append({ ...leafHead('key'), ...keys, at: Date.now() });
    await this.#takeTurn(async () => {
      await switchKeys(directory);
      this.#keys = await signingKeys({ directory }, previous.name);
      this.#state = await recover(this.#files, this.#keys);
    });
    return verifier;
  }

  /**
   * Drops leaves, keeps their hashes, and says so in an entry. Errors: ERR_LEDGER for an entry that
   * holds the log together; those of {@link append}.
   */
  erase(erasure: Erasure): Promise<void> {
    return eraseEntries(this.#files, this, erasure);
  }

  /** Commits what waits, and lets others write. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#groups.flush();
    try {
      await this.#takeTurn(() => closeLedgerFiles(this.#files));
    } finally {
      await this.#unlock();
    }
  }

  #takeTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #recovered(): Promise<LedgerState> {
    this.#state ??= await recover(this.#files, this.#keys);
    this.#size = this.#state.head.size;
    return this.#state;
  }

  async #commitOrFail(leaves: readonly Buffer[]): Promise<AppendedEntry[]> {
    try {
      return await this.#commit(leaves);
    } catch (cause) {
      this.#state = undefined;
      throw writeError(cause);
    }
  }

  /** Append, flush, root, sign, checkpoint, in this order: an entry is never answered early. */
  async #commit(leaves: readonly Buffer[]): Promise<AppendedEntry[]> {
    const { tree, end, head } = await this.#recovered();
    const first = tree.size;
    const grown = growBy(tree, leaves, end);
    const { entries, index } = this.#files;
    await writeAll(entries, grown.records, end);
    await writeAll(index, grown.indexed, indexOffset(first));
    await Promise.all([entries.datasync(), index.datasync()]);
    const { origin } = head;
    const signed = signHead({ origin, size: tree.size, root: tree.root() }, this.#keys);
    await writeHead(this.directory, signed);
    this.#state = { tree, end: grown.end, head: signed };
    this.#size = signed.size;
    const answers: AppendedEntry[] = [];
    // One after another: the first reads the few older nodes that all of them need.
    for (const [place, leaf] of leaves.entries()) {
      const entry = { index: first + place, leaf };
      const receipt = await receiptAt(this.#files, entry, signed, grown.known);
      answers.push({ index: entry.index, receipt });
    }
    return answers;
  }
}
