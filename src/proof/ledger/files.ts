/** The files of a ledger, as LEDGER.md has them. */
import { type FileHandle, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../disk/atomic-file.ts';
import { hasCode, ioError, TacetError } from '../../errors.ts';
import { type Checkpoint, checkpointText, parseCheckpoint } from '../format/checkpoint.ts';
import { parseLeaf } from '../format/leaf.ts';
import {
  type Note,
  noteText,
  parseNote,
  parseVerifierKey,
  signatureLine,
  type VerifierKey,
  verifyNote,
} from '../format/note.ts';
import { receiptText } from '../format/receipt.ts';
import {
  consistencyRanges,
  hashesOf,
  hashLeaf,
  inclusionRanges,
  nodesOf,
  rootOf,
  rootOfInclusion,
  verifyConsistency,
} from '../format/tree.ts';
import { type EntryRecord, readRecord } from './entries-file.ts';
import { type KnownNodes, readEnd, readNodes } from './index-file.ts';
import type { SigningKey } from './keys.ts';

export const ENTRIES = 'entries.log';
export const CHECKPOINT = 'checkpoint';
export const KEPT = 'checkpoints';

/** A ledger that is open for reading, or for writing too. */
export interface LedgerFiles {
  readonly directory: string;
  readonly entries: FileHandle;
  readonly index: FileHandle;
}

/** A head as it is signed. */
export interface SignedHead extends Checkpoint {
  /** The signed note. */
  readonly text: string;
  readonly note: Note;
}

/** Runs `work` on a ledger; what the operating system says of its files becomes ERR_IO. */
export async function onFiles<Result>(
  directory: string,
  doing: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const isOfSystem = cause instanceof Error && 'syscall' in cause;
    throw isOfSystem ? ioError(directory, `${doing} the ledger`, cause) : cause;
  }
}

function noLedger(directory: string, cause?: unknown): TacetError {
  const fix = '`tacet ledger init` makes one';
  return new TacetError('ERR_LEDGER', { what: 'no ledger there', where: directory, fix, cause });
}

/** Errors: ERR_LEDGER if there is no ledger; ERR_IO. Changes nothing. */
export async function checkThere(directory: string): Promise<void> {
  await stat(join(directory, ENTRIES)).catch((cause) => {
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) throw noLedger(directory, cause);
    throw ioError(directory, 'open the ledger', cause);
  });
}

/**
 * Opens the files of a ledger; `create` makes those that are missing, `write` the index. Errors:
 * ERR_LEDGER if there is no ledger; ERR_IO.
 */
export async function openLedgerFiles(
  directory: string,
  use: 'read' | 'write' | 'create',
): Promise<LedgerFiles> {
  const handles: FileHandle[] = [];
  try {
    for (const name of [ENTRIES, 'index']) {
      const path = join(directory, name);
      const isMade = use === 'create' || (use === 'write' && name === 'index');
      // Opened for appending once, to make it: that mode ignores the place of a write.
      if (isMade) await (await open(path, 'a', 0o600)).close();
      handles.push(await open(path, use === 'read' ? 'r' : 'r+'));
    }
  } catch (cause) {
    for (const handle of handles) await handle.close();
    if (hasCode(cause, 'ENOENT', 'ENOTDIR')) throw noLedger(directory, cause);
    throw ioError(directory, 'open the ledger', cause);
  }
  // Both are there: the loop has two rounds.
  const [entries, index] = handles as [FileHandle, FileHandle];
  return { directory, entries, index };
}

export async function closeLedgerFiles({ entries, index }: LedgerFiles): Promise<void> {
  await entries.close();
  await index.close();
}

/** The head that was signed last; undefined if none was. Errors: ERR_LEDGER, ERR_IO. */
export async function readHead(directory: string): Promise<SignedHead | undefined> {
  const path = join(directory, CHECKPOINT);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError(path, 'read', cause);
  });
  return text === undefined ? undefined : parseHead(text, path);
}

/** Reads a signed checkpoint. Errors: ERR_LEDGER, naming where it is. */
export function parseHead(text: string, where: string): SignedHead {
  try {
    const note = parseNote(text);
    return { text, note, ...parseCheckpoint(note.text) };
  } catch (cause) {
    throw new TacetError('ERR_LEDGER', { what: 'no signed checkpoint', where, cause });
  }
}

/** Signs a head with every key. The same head and keys give the same bytes. */
export function signHead(checkpoint: Checkpoint, keys: readonly SigningKey[]): SignedHead {
  const text = checkpointText(checkpoint);
  const lines = keys.map(({ verifier, privateKey }) => signatureLine(text, verifier, privateKey));
  const signed = noteText(text, lines);
  return { ...checkpoint, text: signed, note: parseNote(signed) };
}

/** Writes the head as a file that appears whole. Errors: ERR_IO. */
export async function writeHead(directory: string, { text }: SignedHead): Promise<void> {
  const temporary = join(directory, 'tmp', CHECKPOINT);
  await writeFileAtomically(join(directory, CHECKPOINT), text, temporary);
}

/** Keeps a head for good, for those who countersign it; returns its path. Errors: ERR_IO. */
export async function keepHead(directory: string, { size, text }: SignedHead): Promise<string> {
  const path = join(directory, KEPT, String(size));
  await mkdir(join(directory, KEPT), { recursive: true }).catch((cause) => {
    throw ioError(path, 'keep the checkpoint', cause);
  });
  await writeFileAtomically(path, text, join(directory, 'tmp', `kept-${size}`));
  return path;
}

/** The sizes of the heads that are kept, ascending; their time stamps lie beside them. */
export async function keptSizes(directory: string): Promise<number[]> {
  const names = await readdir(join(directory, KEPT)).catch(() => []);
  const sizes = names.filter((name) => /^\d{1,15}$/.test(name)).map(Number);
  return sizes.sort((one, other) => one - other);
}

/** A head that is kept. Errors: ERR_LEDGER, ERR_IO. */
export async function readKeptHead(directory: string, size: number): Promise<SignedHead> {
  const path = join(directory, KEPT, String(size));
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw ioError(path, 'read', cause);
  });
  return parseHead(text, path);
}

/** Errors: ERR_LEDGER unless a known key has signed a head of this log. */
export function checkSigned(head: SignedHead, keys: readonly VerifierKey[], where: string): void {
  let verified = 0;
  try {
    verified = verifyNote(head.note, keys).length;
  } catch {
    // As if nobody had signed it.
  }
  if (verified > 0 && keys.some(({ name }) => name === head.origin)) return;
  throw new TacetError('ERR_LEDGER', {
    what: `the head of ${head.origin} is not signed by the key of this ledger`,
    where,
    fix: 'Give the key that signed it; a new key begins with `tacet ledger rotate`',
  });
}

/** The key that a ledger began with. Errors: ERR_LEDGER if entry 0 does not name one; ERR_IO. */
export async function firstKey({ directory, entries }: LedgerFiles): Promise<VerifierKey> {
  const record = await readRecord(entries, 0);
  const leaf = record?.leaf === undefined ? undefined : parseLeaf(record.leaf);
  if (leaf?.type === 'open') return parseVerifierKey(leaf.verifier_key);
  const fix = '`tacet ledger init` begins one';
  throw new TacetError('ERR_LEDGER', { what: 'it has not begun', where: directory, fix });
}

/** Where the record of an entry is, by the index, and the hash of its leaf. */
async function placeOf({ index }: LedgerFiles, entry: number) {
  const node = { level: 0, number: entry };
  const [start, end, read] = await Promise.all([
    readEnd(index, entry - 1),
    readEnd(index, entry),
    readNodes(index, [node]),
  ]);
  return { start, end, leafHash: read(node) };
}

/** The record of an entry that is signed. Errors: ERR_LEDGER if it is damaged. */
export async function entryAt(files: LedgerFiles, index: number): Promise<EntryRecord> {
  const { start, leafHash } = await placeOf(files, index);
  const record = start < 0 ? undefined : await readRecord(files.entries, start);
  if (record?.leafHash.equals(leafHash)) return record;
  throw new TacetError('ERR_LEDGER', {
    what: `entry ${index} is damaged`,
    where: files.directory,
    fix: 'Run `tacet ledger verify`',
  });
}

/**
 * The receipt of an entry under a head that includes it. Errors: ERR_LEDGER, ERR_IO.
 *
 * @param known as in `readNodes`
 */
export async function receiptAt(
  files: LedgerFiles,
  entry: { readonly index: number; readonly leaf: Buffer },
  head: SignedHead,
  known?: KnownNodes,
): Promise<string> {
  const ranges = inclusionRanges(entry.index, head.size);
  const read = await readNodes(files.index, ranges.flatMap(nodesOf), known);
  const path = hashesOf(ranges, read);
  const inclusion = { leafHash: hashLeaf(entry.leaf), index: entry.index, path };
  if (!rootOfInclusion(inclusion, head.size).equals(head.root)) throw damagedIndex(files);
  return receiptText({ ...entry, path, checkpoint: head.text });
}

/** The consistency proof from an older size to a head. Errors: ERR_LEDGER, ERR_IO. */
export async function consistencyAt(
  files: LedgerFiles,
  oldSize: number,
  head: SignedHead,
): Promise<Buffer[]> {
  if (oldSize > head.size) {
    const what = `no head of ${oldSize} entries, there are ${head.size}`;
    throw new TacetError('ERR_LEDGER', { what, where: files.directory });
  }
  const ranges = oldSize === 0 ? [] : consistencyRanges(oldSize, head.size);
  const old = nodesOf({ start: 0, end: oldSize });
  const read = await readNodes(files.index, [...ranges.flatMap(nodesOf), ...old]);
  const path = hashesOf(ranges, read);
  try {
    verifyConsistency({ ...head, oldSize, oldRoot: rootOf(oldSize, read) }, path);
  } catch {
    throw damagedIndex(files);
  }
  return path;
}

/** What the index says is not what the entries are. */
export function damagedIndex({ directory }: LedgerFiles): TacetError {
  return new TacetError('ERR_LEDGER', {
    what: 'the index is damaged',
    where: join(directory, 'index'),
    fix: 'Stop who writes to the ledger and remove the file: the next start makes it again',
  });
}
