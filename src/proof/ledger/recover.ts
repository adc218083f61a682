/** What a ledger is when it starts, and after a write that failed: see LEDGER.md, *Start*. */
import { join } from 'node:path';
import { writeAll } from '../../disk/write-all.ts';
import { TacetError } from '../../errors.ts';
import { GrowingTree, nodesOf, rootOf } from '../format/tree.ts';
import { type EntryRecord, readRecord, readRecords, recordOf } from './entries-file.ts';
import {
  checkSigned,
  keptSizes,
  type LedgerFiles,
  readHead,
  type SignedHead,
  signHead,
  writeHead,
} from './files.ts';
import { indexOffset, indexRecord, readEnd, readNodes } from './index-file.ts';
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
 * signed, or something else; ERR_LEDGER if another key signed it; ERR_IO.
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
  if (head !== undefined) {
    checkSigned(head, verifiers, join(files.directory, 'checkpoint'));
    await checkKept(files.directory, signed);
  }
  const signedEnd = (await endOfIndexed(files, head)) ?? (await indexAgain(files, head));
  const read = await readNodes(files.index, nodesOf({ start: 0, end: signed }));
  const tree = GrowingTree.of(signed, read);
  const end = await takeTail(files, tree, signedEnd);
  if (head === undefined && tree.size > 1) {
    throw rolledBack(files.directory, `${tree.size} entries, and no checkpoint`);
  }
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
  await files.index.truncate(0);
  if (head === undefined) return 0;
  const tree = new GrowingTree();
  let end = 0;
  if (head.size > 0) {
    for await (const record of readRecords(files.entries)) {
      end = record.end;
      await addToIndex(files, tree, record);
      if (tree.size === head.size) break;
    }
  }
  if (tree.size < head.size) {
    throw rolledBack(files.directory, `${tree.size} whole entries, and ${head.size} were signed`);
  }
  if (!tree.root().equals(head.root)) {
    throw rolledBack(files.directory, 'other entries than those that were signed');
  }
  return end;
}

async function addToIndex(
  { index }: LedgerFiles,
  tree: GrowingTree,
  { end, leafHash }: EntryRecord,
): Promise<void> {
  const offset = indexOffset(tree.size);
  await writeAll(index, indexRecord(end, tree.add(leafHash)), offset);
}

/** Adds the whole entries beyond the signed ones, and cuts what is behind them. */
async function takeTail(files: LedgerFiles, tree: GrowingTree, start: number): Promise<number> {
  let end = start;
  for await (const record of readRecords(files.entries, start)) {
    // Written again: after a flush that failed the system may think that it is on the disk.
    if (record.leaf) await writeAll(files.entries, recordOf(record.leaf), record.start);
    await addToIndex(files, tree, record);
    end = record.end;
  }
  await files.entries.truncate(end);
  await files.index.truncate(indexOffset(tree.size));
  await Promise.all([files.entries.sync(), files.index.sync()]);
  return end;
}

function rolledBack(where: string, what: string): TacetError {
  return new TacetError('ERR_LEDGER_ROLLED_BACK', {
    what: `the ledger has ${what}`,
    where,
    fix:
      'Bring back what was there. A restored copy forks the log: go on under a new origin, ' +
      '`tacet ledger init --previous CHECKPOINT`',
  });
}
