/** Dropping leaves. A note of what is to go lets a run that was killed be finished. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../disk/atomic-file.ts';
import { syncDirectory } from '../../disk/directory.ts';
import { hasCode, ioError, TacetError } from '../../errors.ts';
import { canonicalJson, parseCanonicalJson } from '../format/canonical-json.ts';
import { hex, integer, list, record, type ValueOf } from '../format/fields.ts';
import { ERASED_MAX, type Leaf, leafHead, parseLeaf } from '../format/leaf.ts';
import { type EntryRecord, eraseRecord } from './entries-file.ts';
import { entryAt, type LedgerFiles } from './files.ts';

const NOTE = 'erasing.json';
/** The log holds together without them. */
const ERASABLE: readonly Leaf['type'][] = ['dedupe', 'part', 'checks'];

/** Which leaves go, on whose word and why. */
export interface Erasure {
  readonly entries: readonly number[];
  readonly by: string;
  readonly reason: string;
}

/** The ledger that says what was erased. */
interface Log {
  readonly size: number;
  append(leaf: Leaf): Promise<unknown>;
  /** Fails unless the entry is the one that was signed. */
  receipt(index: number): Promise<unknown>;
}

/** What is being erased: the entry that says so, how many there were before it, and where. */
const ERASING = record({
  leaf: (value: unknown) => eraseLeaf(value),
  size: integer(),
  records: list(record({ start: integer(), end: integer(), leaf_hash: hex(64) }), ERASED_MAX),
});

type Erasing = ValueOf<typeof ERASING>;

function eraseLeaf(value: unknown): Leaf & { readonly type: 'erase' } {
  // Whatever JSON holds: `parseLeaf` looks at it.
  const leaf = parseLeaf(Buffer.from(canonicalJson(value as string)));
  if (leaf.type === 'erase') return leaf;
  throw new TacetError('ERR_PROOF', { what: 'no entry that erases' });
}

/** Drops leaves; those that are gone already stay so. Errors: as `Ledger.erase`. */
export async function eraseEntries(
  files: LedgerFiles,
  log: Log,
  { entries, by, reason }: Erasure,
): Promise<void> {
  const there: { readonly index: number; readonly record: EntryRecord }[] = [];
  for (const index of entries) {
    const record = await entryAt(files, index);
    if (record.leaf === undefined) continue;
    const { type } = parseLeaf(record.leaf);
    if (!ERASABLE.includes(type)) {
      throw new TacetError('ERR_LEDGER', { what: `entry ${index} is of type ${type} and stays` });
    }
    // The index may be damaged: what is overwritten has to be what was signed.
    await log.receipt(index);
    there.push({ index, record });
  }
  for (let first = 0; first < there.length; first += ERASED_MAX) {
    const some = there.slice(first, first + ERASED_MAX);
    const indexes = some.map(({ index }) => index);
    const leaf = { ...leafHead('erase'), entries: indexes, by, reason, at: Date.now() };
    const records = some.map(({ record: { start, end, leafHash } }) => {
      return { start, end, leaf_hash: leafHash.toString('hex') };
    });
    // Read as it will be read: a note that no start can finish must not be left.
    const erasing = ERASING({ leaf, size: log.size, records }, NOTE);
    const path = join(files.directory, NOTE);
    const temporary = join(files.directory, 'tmp', NOTE);
    await writeFileAtomically(path, canonicalJson(erasing), temporary);
    await finish(files, log, erasing);
  }
}

/** Finishes an erasure that was cut short, if there is one. Errors: as `Ledger.erase`. */
export async function finishErasing(files: LedgerFiles, log: Log): Promise<void> {
  const path = join(files.directory, NOTE);
  const bytes = await readFile(path).catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError(path, 'read', cause);
  });
  if (bytes !== undefined) await finish(files, log, erasingIn(bytes, path));
}

function erasingIn(bytes: Buffer, where: string): Erasing {
  try {
    return ERASING(parseCanonicalJson(bytes, NOTE), NOTE);
  } catch (cause) {
    const fix = 'Bring it back as it was: an erasure is under way';
    throw new TacetError('ERR_LEDGER', { what: 'the note is damaged', where, fix, cause });
  }
}

async function finish(
  files: LedgerFiles,
  log: Log,
  { leaf, size, records }: Erasing,
): Promise<void> {
  if (!(await isSaid(files, leaf.id, { from: size, to: log.size }))) await log.append(leaf);
  try {
    for (const { start, end, leaf_hash } of records) {
      await eraseRecord(files.entries, { start, end, leafHash: Buffer.from(leaf_hash, 'hex') });
    }
    await files.entries.datasync();
    await rm(join(files.directory, NOTE));
    await syncDirectory(files.directory);
  } catch (cause) {
    throw cause instanceof TacetError ? cause : ioError(files.directory, 'erase', cause);
  }
}

async function isSaid(
  files: LedgerFiles,
  id: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<boolean> {
  for (let index = from; index < to; index++) {
    const { leaf } = await entryAt(files, index);
    if (leaf !== undefined && parseLeaf(leaf).id === id) return true;
  }
  return false;
}
