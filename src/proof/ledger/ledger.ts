import { mkdir } from 'node:fs/promises';
import { writeAll } from '../../disk/write-all.ts';
import { ioError, TacetError } from '../../errors.ts';
import { type Leaf, leafBytes, leafHead } from '../format/leaf.ts';
import type { VerifierKey } from '../format/note.ts';
import { hashLeaf } from '../format/tree.ts';
import { recordOf } from './entries-file.ts';
import { type Erasure, eraseEntries, finishErasing } from './erase.ts';
import {
  closeLedgerFiles,
  consistencyAt,
  entryAt,
  firstKey,
  keepHead,
  type LedgerFiles,
  openLedgerFiles,
  receiptAt,
  type SignedHead,
  signHead,
  writeHead,
} from './files.ts';
import { type AppendedEntry, CommitGroups } from './groups.ts';
import { indexOffset, indexRecord, type KnownNodes, nodeName } from './index-file.ts';
import { nextKey, obtainKey, type SigningKey, signingKeys, switchKeys } from './keys.ts';
import { lockLedger } from './lock-ledger.ts';
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

/** What a new ledger begins with. */
interface LedgerBeginning {
  readonly origin: string;
  /** The signed head of the log that this one continues. */
  readonly previous: string | null;
  readonly engine: { readonly name: string; readonly version: string };
}

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
  static open(directory: string, options: LedgerOptions): Promise<Ledger> {
    return Ledger.#open(directory, options);
  }

  /**
   * Makes a ledger, with its key where there is none, and its first entry. Errors: ERR_LEDGER if
   * there is one; those of {@link open}.
   */
  static async init(
    directory: string,
    options: LedgerOptions,
    beginning: LedgerBeginning,
  ): Promise<Ledger> {
    await mkdir(directory, { recursive: true, mode: 0o700 }).catch((cause) => {
      throw ioError(directory, 'make the ledger', cause);
    });
    return Ledger.#open(directory, options, beginning);
  }

  static async #open(directory: string, options: LedgerOptions, beginning?: LedgerBeginning) {
    const unlock = await lockLedger(directory, options);
    let files: LedgerFiles | undefined;
    try {
      files = await openLedgerFiles(directory, beginning === undefined ? 'write' : 'create');
      const place = { directory, keyFile: options.keyFile };
      if (beginning !== undefined) await obtainKey(place, beginning.origin);
      const origin = beginning?.origin ?? (await firstKey(files)).name;
      const keys = await signingKeys(place, origin);
      const state = await recover(files, keys);
      if (beginning !== undefined && state.head.size > 0) {
        throw new TacetError('ERR_LEDGER', { what: 'there is a ledger', where: directory });
      }
      const ledger = new Ledger(files, options, { keys, state, unlock });
      if (beginning !== undefined) await ledger.#begin(beginning);
      await finishErasing(files, ledger);
      return ledger;
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
    const { leaf } = await entryAt(this.#files, index);
    if (leaf === undefined) {
      throw new TacetError('ERR_LEDGER', { what: `entry ${index} was erased` });
    }
    return receiptAt(this.#files, { index, leaf }, head);
  }

  /**
   * Today's head, and the hashes that show that it continues an older one, of `oldSize` entries.
   * Errors: ERR_LEDGER if there were never so few, ERR_LEDGER_WRITE, ERR_IO.
   */
  async consistency(oldSize: number): Promise<{ head: SignedHead; path: readonly Buffer[] }> {
    const { head } = await this.#takeTurn(() => this.#recovered());
    return { head, path: await consistencyAt(this.#files, oldSize, head) };
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
    const indexed: Buffer[] = [];
    const known: KnownNodes = new Map();
    const records = leaves.map(recordOf);
    let newEnd = end;
    for (const [place, leaf] of leaves.entries()) {
      newEnd += records[place]?.length ?? 0;
      const number = tree.size;
      const completed = tree.add(hashLeaf(leaf));
      indexed.push(indexRecord(newEnd, completed));
      for (const [level, hash] of completed.entries()) {
        known.set(nodeName({ level, number: Math.floor(number / 2 ** level) }), hash);
      }
    }
    const { entries, index } = this.#files;
    await writeAll(entries, Buffer.concat(records), end);
    await writeAll(index, Buffer.concat(indexed), indexOffset(first));
    await Promise.all([entries.datasync(), index.datasync()]);
    const { origin } = head;
    const signed = signHead({ origin, size: tree.size, root: tree.root() }, this.#keys);
    await writeHead(this.directory, signed);
    this.#state = { tree, end: newEnd, head: signed };
    this.#size = signed.size;
    const answers: AppendedEntry[] = [];
    // One after another: the first reads the few older nodes that all of them need.
    for (const [place, leaf] of leaves.entries()) {
      const entry = { index: first + place, leaf };
      const receipt = await receiptAt(this.#files, entry, signed, known);
      answers.push({ index: entry.index, receipt });
    }
    return answers;
  }
}

function writeError(cause: unknown): unknown {
  const isKnown = cause instanceof TacetError && cause.code !== 'ERR_IO';
  if (isKnown) return cause;
  const { detail } = cause instanceof TacetError ? cause : ioError('', 'write', cause);
  return new TacetError('ERR_LEDGER_WRITE', {
    what: detail.what,
    where: 'the ledger',
    fix: 'Nothing was signed; once it can be written, it goes on',
    cause,
  });
}
