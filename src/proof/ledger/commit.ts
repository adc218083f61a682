import { ioError, TacetError } from '../../errors.ts';
import { type GrowingTree, hashLeaf } from '../format/tree.ts';
import { recordOf } from './entries-file.ts';
import { indexRecord, type KnownNodes, nodeName } from './index-file.ts';

/** What a group of entries adds to a ledger. */
interface Growth {
  /** For `entries.log`. */
  readonly records: Buffer;
  /** For the index. */
  readonly indexed: Buffer;
  /** Where `entries.log` ends with them. */
  readonly end: number;
  /** The nodes they complete. */
  readonly known: KnownNodes;
}

/** Adds leaves to a tree. `start`: where `entries.log` ends before them. */
export function growBy(tree: GrowingTree, leaves: readonly Buffer[], start: number): Growth {
  const records = leaves.map(recordOf);
  const indexed: Buffer[] = [];
  const known: KnownNodes = new Map();
  let end = start;
  for (const [place, leaf] of leaves.entries()) {
    end += records[place]?.length ?? 0;
    const number = tree.size;
    const completed = tree.add(hashLeaf(leaf));
    indexed.push(indexRecord(end, completed));
    for (const [level, hash] of completed.entries()) {
      known.set(nodeName({ level, number: Math.floor(number / 2 ** level) }), hash);
    }
  }
  return { records: Buffer.concat(records), indexed: Buffer.concat(indexed), end, known };
}

/** What a commit that failed is told as: ERR_LEDGER_WRITE, unless it says more. */
export function writeError(cause: unknown): unknown {
  const isKnown = cause instanceof TacetError && cause.code !== 'ERR_IO';
  if (isKnown) return cause;
  const { detail } = cause instanceof TacetError ? cause : ioError('', 'write', cause);
  return new TacetError('ERR_LEDGER_WRITE', {
    what: detail.what,
    where: 'the ledger',
    fix: 'No receipt was given; once it can be written, it goes on',
    cause,
  });
}
