/** Dropping leaves. A note of what is to go lets a run that was killed be finished. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../disk/atomic-file.ts';
import { syncDirectory } from '../../disk/directory.ts';
import { hasCode, ioError, TacetError } from '../../errors.ts';
import { ERASED_MAX, type Leaf, leafHead, parseLeaf } from '../format/leaf.ts';
import { eraseRecord } from './entries-file.ts';
import { entryAt, type LedgerFiles, placeOf } from './files.ts';

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
}

/** What is being erased: the leaf that says so, and the size of the ledger before it. */
interface Erasing {
  readonly leaf: Leaf & { readonly type: 'erase' };
  readonly size: number;
}

/** Drops leaves; those that are gone already stay so. Errors: as `Ledger.erase`. */
export async function eraseEntries(
  files: LedgerFiles,
  log: Log,
  { entries, by, reason }: Erasure,
): Promise<void> {
  const there: number[] = [];
  for (const index of entries) {
    const { leaf } = await entryAt(files, index);
    if (leaf === undefined) continue;
    const { type } = parseLeaf(leaf);
    if (!ERASABLE.includes(type)) {
      throw new TacetError('ERR_LEDGER', { what: `entry ${index} is of type ${type} and stays` });
    }
    there.push(index);
  }
  for (let first = 0; first < there.length; first += ERASED_MAX) {
    const some = there.slice(first, first + ERASED_MAX);
    const leaf = { ...leafHead('erase'), entries: some, by, reason, at: Date.now() };
    const erasing: Erasing = { leaf, size: log.size };
    const path = join(files.directory, NOTE);
    await writeFileAtomically(path, JSON.stringify(erasing), join(files.directory, 'tmp', NOTE));
    await finish(files, log, erasing);
  }
}

/** Finishes an erasure that was cut short, if there is one. Errors: as `Ledger.erase`. */
export async function finishErasing(files: LedgerFiles, log: Log): Promise<void> {
  const path = join(files.directory, NOTE);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError(path, 'read', cause);
  });
  // Written by `eraseEntries`, as a file that appears whole.
  if (text !== undefined) await finish(files, log, JSON.parse(text) as Erasing);
}

async function finish(files: LedgerFiles, log: Log, { leaf, size }: Erasing): Promise<void> {
  if (!(await isSaid(files, leaf.id, { from: size, to: log.size }))) await log.append(leaf);
  for (const index of leaf.entries) await eraseRecord(files.entries, await placeOf(files, index));
  try {
    await files.entries.datasync();
    await rm(join(files.directory, NOTE));
    await syncDirectory(files.directory);
  } catch (cause) {
    throw ioError(files.directory, 'erase', cause);
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
