/**
 * Merkle trees of RFC 6962, section 2.1. A node is the root of the full subtree of 2^level leaves
 * that begins at leaf number * 2^level. What a tree or a proof speaks of is a few of them.
 */
import { hash as digest } from 'node:crypto';
import { TacetError } from '../../errors.ts';

export const HASH_BYTES = 32;
/** More than a tree below 2^53 leaves needs. */
const PATH_HASHES_MAX = 64;
export const EMPTY_ROOT: Buffer = digest('sha256', '', 'buffer');

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** A full subtree. */
export interface TreeNode {
  readonly level: number;
  readonly number: number;
}

/** Leaves from `start` to before `end`. */
interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** Gives the hash of a node. */
export type ReadNode = (node: TreeNode) => Buffer;

/** An entry that a tree may hold, and the hashes that should lead from it to the root. */
interface Inclusion {
  readonly leafHash: Buffer;
  readonly index: number;
  /** From the leaf's sibling up. */
  readonly path: readonly Buffer[];
}

export function hashLeaf(bytes: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([LEAF, bytes]), 'buffer');
}

function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  return digest('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/** The largest power of two below `count`, which is at least 2. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The full subtrees of a range as it comes in trees and proofs, from the left. */
export function nodesOf({ start, end }: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end; ) {
    let level = 0;
    let leaves = 1;
    while (at % (leaves * 2) === 0 && at + leaves * 2 <= end) {
      leaves *= 2;
      level++;
    }
    nodes.push({ level, number: at / leaves });
    at += leaves;
  }
  return nodes;
}

function hashOf(range: LeafRange, read: ReadNode): Buffer {
  const hashes = nodesOf(range).map(read);
  return hashes.reduceRight((right, left) => hashNode(left, right));
}

export function rootOf(size: number, read: ReadNode): Buffer {
  return size === 0 ? EMPTY_ROOT : hashOf({ start: 0, end: size }, read);
}

/** The ranges whose hashes lead from a leaf to the root, from its sibling up. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/** The ranges whose hashes show that a tree begins with an older, smaller one, not empty. */
export function consistencyRanges(oldSize: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end > oldSize) {
    const middle = start + splitOf(end - start);
    if (oldSize <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // The verifier knows the whole of the older tree.
  if (start > 0) ranges.push({ start, end });
  return ranges.reverse();
}

/** The hashes of ranges. */
export function hashesOf(ranges: readonly LeafRange[], read: ReadNode): Buffer[] {
  return ranges.map((range) => hashOf(range, read));
}

/**
 * The root that an inclusion leads to in a tree of `size` leaves. RFC 9162, section 2.1.3.2.
 * Errors: ERR_PROOF if the index is not below the size, or the path is not as long as it must be.
 */
export function rootOfInclusion({ leafHash, index, path }: Inclusion, size: number): Buffer {
  if (index >= size || path.length > PATH_HASHES_MAX) throw bad('an inclusion proof does not fit');
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== path.length) throw bad('an inclusion proof has another length');
  return ranges.reduce((hash, { start }, step) => {
    // As many hashes as ranges: compared above.
    const sibling = path[step] as Buffer;
    return start > index ? hashNode(hash, sibling) : hashNode(sibling, hash);
  }, leafHash);
}

/** Two heads of one log, the older first. */
interface Heads {
  readonly oldSize: number;
  readonly oldRoot: Buffer;
  readonly size: number;
  readonly root: Buffer;
}

/**
 * Verifies that a tree begins with all leaves of an older one. Errors: ERR_PROOF.
 *
 * @param path as `consistencyRanges` orders it; empty between equal sizes and from size 0
 */
export function verifyConsistency(heads: Heads, path: readonly Buffer[]): void {
  const { oldSize, oldRoot, size, root } = heads;
  if (oldSize > size) throw bad('a consistency proof leads backwards');
  const ranges = oldSize === 0 ? [] : consistencyRanges(oldSize, size);
  if (ranges.length !== path.length) throw bad('a consistency proof has another length');
  if (oldSize === 0) {
    if (!oldRoot.equals(EMPTY_ROOT)) throw bad('the older head is not of the same log');
    return;
  }
  const [first] = ranges;
  const isOwn = first === undefined || first.start >= oldSize;
  // As many hashes as ranges: compared above.
  let hash = isOwn ? oldRoot : (path[0] as Buffer);
  let oldHash = hash;
  for (let step = isOwn ? 0 : 1; step < path.length; step++) {
    const sibling = path[step] as Buffer;
    if ((ranges[step]?.start ?? 0) >= oldSize) hash = hashNode(hash, sibling);
    else {
      hash = hashNode(sibling, hash);
      oldHash = hashNode(sibling, oldHash);
    }
  }
  if (!oldHash.equals(oldRoot) || !hash.equals(root)) {
    throw bad('the newer head does not continue the older one');
  }
}

function bad(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what });
}

/** A tree that grows by one leaf at a time and keeps only the nodes that it still needs. */
export class GrowingTree {
  #size = 0;
  /** The full subtrees that the tree is made of, the largest first. */
  #nodes: Buffer[] = [];

  /** A tree of `size` leaves that has its nodes from elsewhere. */
  static of(size: number, read: ReadNode): GrowingTree {
    const tree = new GrowingTree();
    tree.#size = size;
    tree.#nodes = nodesOf({ start: 0, end: size }).map(read);
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a leaf; returns the nodes that it completes, by level: first its own hash. */
  add(leafHash: Buffer): Buffer[] {
    const completed = [leafHash];
    let hash = leafHash;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      // An odd rest has a full subtree of this level waiting for its sibling.
      hash = hashNode(this.#nodes.pop() as Buffer, hash);
      completed.push(hash);
    }
    this.#nodes.push(hash);
    this.#size++;
    return completed;
  }

  root(): Buffer {
    const [last = EMPTY_ROOT, ...left] = this.#nodes.toReversed();
    return left.reduce((right, hash) => hashNode(hash, right), last);
  }
}
