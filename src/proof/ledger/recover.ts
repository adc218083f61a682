/** What a ledger is when it starts, and after a write that failed: see LEDGER.md, *Start*. */
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAll } from '../../disk/write-all.ts';
import { TacetError } from '../../errors.ts';
import { GrowingTree, nodesOf, rootOf } from '../format/tree.ts';
import { RECORD_BYTES_MAX, readRecord, readRecords } from './entries-file.ts';
import {
  checkSigned,
  keptSizes,
  type LedgerFiles,
  readHead,
  type SignedHead,
  signHead,
  writeHead,
} from './files.ts';
import { GROUP_ENTRIES_MAX } from './groups.ts';
import { indexOffset, indexWriter, readEnd, readNodes } from './index-file.ts';
import type { SigningKey } from './keys.ts';

/** A ledger that goes on from here. */
export interface LedgerState {
  readonly head: SignedHead;
  readonly tree: GrowingTree;
  /** Bytes of `entries.log`. */
  readonly end: number;
}

/**
 * Brings the files to where the next entry can be added: cuts a record that is not whole, signs
 * whole ones that are not signed yet. Errors: ERR_LEDGER_ROLLED_BACK if there is less than was
 * signed, or something else, or entries and no head; ERR_LEDGER if another key signed it; ERR_IO.
 *
 * @param keys the first gives the log its name
 */
export async function recover(
  files: LedgerFiles,
  keys: readonly SigningKey[],
): Promise<LedgerState> {
  const head = await readHead(files.directory);
  const signed = head?.size ?? 0;
  const verifiers = keys.map(({ verifier }) => verifier);
  if (head !== undefined) checkSigned(head, verifiers, join(files.directory, 'checkpoint'));
  await checkKept(files.directory, signed);
  if (head === undefined) await checkEmpty(files);
  const signedEnd = (await endOfIndexed(files, head)) ?? (await indexAgain(files, head));
  const read = await readNodes(files.index, nodesOf({ start: 0, end: signed }));
  const tree = GrowingTree.of(signed, read);
  const end = await takeTail(files, tree, signedEnd);
  const origin = verifiers[0]?.name ?? '';
  const now = signHead({ origin, size: tree.size, root: tree.root() }, keys);
  if (now.text !== head?.text && tree.size > 0) await writeHead(files.directory, now);
  return { head: now, tree, end };
}

/** A head that somebody may have countersigned is never ahead of the ledger. */
async function checkKept(directory: string, size: number): Promise<void> {
  const newest = (await keptSizes(directory)).at(-1) ?? 0;
  if (newest > size) {
    throw rolledBack(directory, `a head of ${size} entries, and one of ${newest} was kept`);
  }
}

/** Without a head nobody knows how many entries were signed: none may be cut, or signed again. */
async function checkEmpty({ directory, entries, index }: LedgerFiles): Promise<void> {
  const bytes = (await entries.stat()).size + (await index.stat()).size;
  if (bytes > 0) throw rolledBack(directory, 'entries, and no checkpoint');
}

/** Where the signed entries end, by the index; undefined unless the index leads to their root. */
async function endOfIndexed(
  files: LedgerFiles,
  head: SignedHead | undefined,
): Promise<number | undefined> {
  if (head === undefined || head.size === 0) return undefined;
  const last = { level: 0, number: head.size - 1 };
  const read = await readNodes(files.index, [...nodesOf({ start: 0, end: head.size }), last]);
  if (!rootOf(head.size, read).equals(head.root)) return undefined;
  const end = await readEnd(files.index, last.number);
  const start = await readEnd(files.index, last.number - 1);
  const record = start < 0 ? undefined : await readRecord(files.entries, start);
  return record?.end === end && record.leafHash.equals(read(last)) ? end : undefined;
}

/** Makes the index of the signed entries from the entries themselves; returns where they end. */
async function indexAgain(files: LedgerFiles, head: SignedHead | undefined): Promise<number> {
  if (head === undefined) return 0;
  const end = await checkEntries(files, head);
  const tree = new GrowingTree();
  const writer = indexWriter(files.index, 0);
  for await (const record of readRecords(files.entries)) {
    if (tree.size === head.size) break;
    await writer.add(record.end, tree.add(record.leafHash));
  }
  await writer.finish();
  return end;
}

/** Looks whether the entries are those that were signed; returns where they end. */
async function checkEntries(files: LedgerFiles, head: SignedHead): Promise<number> {
  const tree = new GrowingTree();
  let end = 0;
  for await (const record of readRecords(files.entries)) {
    if (tree.size === head.size) break;
    tree.add(record.leafHash);
    end = record.end;
  }
  if (tree.size < head.size) {
    throw rolledBack(files.directory, `${tree.size} whole entries, and ${head.size} were signed`);
  }
  if (!tree.root().equals(head.root)) {
    throw rolledBack(files.directory, 'other entries than those that were signed');
  }
  return end;
}

/** Adds the whole entries beyond the signed ones, and cuts what is behind them. */
async function takeTail(files: LedgerFiles, tree: GrowingTree, start: number): Promise<number> {
  const end = await endOfTail(files, start);
  await writeAgain(files.entries, start, end);
  const writer = indexWriter(files.index, tree.size);
  for await (const record of readRecords(files.entries, start)) {
    await writer.add(record.end, tree.add(record.leafHash));
  }
  await writer.finish();
  await files.entries.truncate(end);
  await files.index.truncate(indexOffset(tree.size));
  await Promise.all([files.entries.sync(), files.index.sync()]);
  return end;
}

/**
 * Where the whole entries end. One group at most was under way when a ledger stopped: of more, some
 * were signed, and are not to be cut.
 */
async function endOfTail({ directory, entries }: LedgerFiles, start: number): Promise<number> {
  let end = start;
  let count = 0;
  for await (const record of readRecords(entries, start)) {
    end = record.end;
    count++;
  }
  const { size } = await entries.stat();
  const isOneGroup =
    count < GROUP_ENTRIES_MAX && size - start <= GROUP_ENTRIES_MAX * RECORD_BYTES_MAX;
  if (size > end && !isOneGroup) {
    throw rolledBack(directory, 'more entries than its head, and damaged ones among them');
  }
  return end;
}

/** After a flush that failed the system may think that what it holds is on the disk. */
async function writeAgain(file: FileHandle, start: number, end: number): Promise<void> {
  const block = Buffer.allocUnsafe(Math.min(end - start, 1 << 20));
  for (let at = start; at < end; ) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, end - at), at);
    if (bytesRead === 0) return;
    await writeAll(file, block.subarray(0, bytesRead), at);
    at += bytesRead;
  }
}

function rolledBack(where: string, what: string): TacetError {
  return new TacetError('ERR_LEDGER_ROLLED_BACK', {
    what: `the ledger has ${what}`,
    where,
    fix:
      'Nothing was changed. Bring back what was there; a lost checkpoint stands at the end of ' +
      'the newest receipt. A restored copy forks the log: go on in another folder under a new ' +
      'origin, `tacet ledger init --previous CHECKPOINT`',
  });
}
