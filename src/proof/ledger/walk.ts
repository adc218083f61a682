/** Reads a ledger from its first entry to its last, beside whoever writes to it. */
import { join } from 'node:path';
import { TacetError } from '../../errors.ts';
import { type Leaf, parseLeaf } from '../format/leaf.ts';
import { parseVerifierKey, type VerifierKey } from '../format/note.ts';
import { GrowingTree } from '../format/tree.ts';
import { readRecords } from './entries-file.ts';
import {
  checkSigned,
  closeLedgerFiles,
  damagedIndex,
  keptSizes,
  type LedgerFiles,
  onFiles,
  openLedgerFiles,
  readHead,
  readKeptHead,
  type SignedHead,
} from './files.ts';
import { IndexRecords, readAt } from './index-file.ts';

/** An entry as it is walked over. */
interface WalkedEntry {
  readonly index: number;
  /** Where its record ends in `entries.log`. */
  readonly end: number;
  readonly leafHash: Buffer;
  /** As it stands; undefined if it was erased, as `leaf` then is. */
  readonly bytes: Buffer | undefined;
  readonly leaf: Leaf | undefined;
}

/** The head of a ledger, and how to read what it holds. */
export interface ReadLedger {
  readonly files: LedgerFiles;
  readonly head: SignedHead;
}

/**
 * Opens a ledger for reading while `use` runs. Needs no lock: what is signed does not change.
 * Errors: ERR_LEDGER if there is none or nothing is signed yet; ERR_IO.
 */
export async function withLedger<Result>(
  directory: string,
  use: (ledger: ReadLedger) => Promise<Result>,
): Promise<Result> {
  const files = await openLedgerFiles(directory, 'read');
  try {
    const head = await readHead(directory);
    if (head !== undefined) return await onFiles(directory, 'read', () => use({ files, head }));
    const fix = '`tacet ledger init` begins one; if there were entries, bring the file back';
    throw new TacetError('ERR_LEDGER', { what: 'no checkpoint', where: directory, fix });
  } finally {
    await closeLedgerFiles(files);
  }
}

/** The signed entries, each of its one form. Errors: ERR_LEDGER for one that is not; ERR_IO. */
export async function* walk({ files, head }: ReadLedger): AsyncGenerator<WalkedEntry> {
  let index = 0;
  if (head.size > 0) {
    for await (const { leaf: bytes, leafHash, end } of readRecords(files.entries)) {
      const leaf = bytes === undefined ? undefined : leafOf(bytes, { index, files });
      yield { index, end, leafHash, bytes, leaf };
      if (++index === head.size) return;
    }
  }
  if (index < head.size) throw damaged(files, index, 'is not whole');
}

function leafOf(bytes: Buffer, at: { readonly index: number; readonly files: LedgerFiles }): Leaf {
  try {
    return parseLeaf(bytes);
  } catch {
    throw damaged(at.files, at.index, 'is no leaf');
  }
}

function damaged({ directory }: LedgerFiles, index: number, what: string): TacetError {
  return new TacetError('ERR_LEDGER', { what: `entry ${index} ${what}`, where: directory });
}

/** What a ledger holds, every byte of it verified. */
interface LedgerFacts {
  readonly origin: string;
  readonly size: number;
  readonly erased: number;
  /** How many entries of each type there are. */
  readonly types: Readonly<Record<string, number>>;
  /** The keys that signed, the first first. */
  readonly keys: readonly string[];
  /** Sizes of the heads that are kept. */
  readonly kept: readonly number[];
}

/**
 * Verifies a ledger: each entry, its place in the tree and in the index, the key it was opened with
 * and those that followed, every head. Errors: ERR_LEDGER, ERR_LEDGER_ROLLED_BACK, ERR_IO.
 */
export async function verifyLedger(ledger: ReadLedger): Promise<LedgerFacts> {
  const { files, head } = ledger;
  const { directory } = files;
  const kept = await keptSizes(directory);
  const tree = new GrowingTree();
  const keys: VerifierKey[] = [];
  const types: Record<string, number> = {};
  const erased = new Set<number>();
  let isIndexed = true;
  const indexed = new IndexRecords(0, async (bytes, offset) => {
    isIndexed &&= bytes.equals(await readAt(files.index, offset, bytes.length));
  });
  for await (const { index, end, leaf, leafHash } of walk(ledger)) {
    if (leaf === undefined) erased.add(index);
    else types[leaf.type] = (types[leaf.type] ?? 0) + 1;
    const isFirst = index === 0;
    if (isFirst !== (leaf?.type === 'open')) throw damaged(files, index, 'is no beginning');
    if (leaf?.type === 'open' || leaf?.type === 'key')
      keys.push(parseVerifierKey(leaf.verifier_key));
    if (leaf?.type === 'erase') for (const gone of leaf.entries) erased.delete(gone);
    await indexed.add(end, tree.add(leafHash));
    if (kept.includes(tree.size)) {
      const early = await readKeptHead(directory, tree.size);
      checkRoot(early, tree, join(directory, 'checkpoints', String(tree.size)));
      checkSigned(early, keys, directory);
    }
  }
  const [unsaid] = erased;
  if (unsaid !== undefined) throw damaged(files, unsaid, 'is gone, and no entry says so');
  checkRoot(head, tree, join(directory, 'checkpoint'));
  checkSigned(head, keys, join(directory, 'checkpoint'));
  if ((kept.at(-1) ?? 0) > head.size) {
    throw rolledBack(directory, 'a head of more entries was kept');
  }
  await indexed.finish();
  if (!isIndexed) throw damagedIndex(files);
  const whole = Object.values(types).reduce((sum, count) => sum + count, 0);
  return {
    origin: head.origin,
    size: head.size,
    erased: head.size - whole,
    types,
    keys: keys.map(({ text }) => text),
    kept,
  };
}

/** Errors: ERR_LEDGER_ROLLED_BACK unless the head is that of these entries. */
export function checkRoot(head: SignedHead, tree: GrowingTree, where: string): void {
  if (head.size !== tree.size || !head.root.equals(tree.root())) {
    throw rolledBack(where, 'other entries were signed than there are');
  }
}

function rolledBack(where: string, what: string): TacetError {
  return new TacetError('ERR_LEDGER_ROLLED_BACK', { what, where });
}
