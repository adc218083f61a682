/**
 * `index`: for each entry where its record ends in `entries.log`, and the nodes of the tree that it
 * completes. Made from `entries.log`, and made again where it is missing or wrong.
 */
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../../disk/write-all.ts';
import { HASH_BYTES, type ReadNode, type TreeNode } from '../format/tree.ts';

const END_BYTES = 8;
const BLOCK_BYTES = 1 << 20;

/** Nodes that entries before this one complete: each itself, every second one more, and so on. */
function nodesBefore(entry: number): number {
  let nodes = 0;
  for (let rest = entry; rest > 0; rest = Math.floor(rest / 2)) nodes += rest;
  return nodes;
}

/** Where the record of an entry begins; of the entry count, how long the file is. */
export function indexOffset(entry: number): number {
  return entry * END_BYTES + nodesBefore(entry) * HASH_BYTES;
}

/** The record of an entry: where it ends, and the nodes it completes, by level. */
export function indexRecord(end: number, completed: readonly Buffer[]): Buffer {
  const record = Buffer.alloc(END_BYTES);
  record.writeBigUInt64LE(BigInt(end));
  return Buffer.concat([record, ...completed]);
}

/** Records of entries that follow one another, handed on in blocks. */
export class IndexRecords {
  readonly #take: (bytes: Buffer, offset: number) => Promise<unknown>;
  #offset: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @param entry the first one that is added */
  constructor(entry: number, take: (bytes: Buffer, offset: number) => Promise<unknown>) {
    this.#offset = indexOffset(entry);
    this.#take = take;
  }

  async add(end: number, completed: readonly Buffer[]): Promise<void> {
    const record = indexRecord(end, completed);
    this.#parts.push(record);
    this.#bytes += record.length;
    if (this.#bytes >= BLOCK_BYTES) await this.finish();
  }

  /** Hands on what is left. */
  async finish(): Promise<void> {
    await this.#take(Buffer.concat(this.#parts), this.#offset);
    this.#offset += this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** Writes them to an index. Not flushed. */
export function indexWriter(file: FileHandle, entry: number): IndexRecords {
  return new IndexRecords(entry, (bytes, offset) => writeAll(file, bytes, offset));
}

export async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, offset);
  return buffer.subarray(0, bytesRead);
}

/** Where an entry ends in `entries.log`; -1 if the index does not know. */
export async function readEnd(file: FileHandle, entry: number): Promise<number> {
  if (entry < 0) return 0;
  const bytes = await readAt(file, indexOffset(entry), END_BYTES);
  return bytes.length < END_BYTES ? -1 : Number(bytes.readBigUInt64LE());
}

/** Hashes of nodes that need not be read, by {@link nodeName}. */
export type KnownNodes = Map<string, Buffer>;

export const nodeName = ({ level, number }: TreeNode): string => `${level} ${number}`;

/**
 * Reads nodes; one that the file does not have is zeroes, which no root is made of.
 *
 * @param known what is read is put here; what is here is not read
 */
export async function readNodes(
  file: FileHandle,
  nodes: readonly TreeNode[],
  known: KnownNodes = new Map(),
): Promise<ReadNode> {
  await Promise.all(
    nodes.map(async (node) => {
      if (known.has(nodeName(node))) return;
      const { level, number } = node;
      const completedBy = (number + 1) * 2 ** level - 1;
      const offset = indexOffset(completedBy) + END_BYTES + level * HASH_BYTES;
      const bytes = await readAt(file, offset, HASH_BYTES);
      known.set(nodeName(node), bytes.length < HASH_BYTES ? Buffer.alloc(HASH_BYTES) : bytes);
    }),
  );
  // Only the nodes that were asked for are read.
  return (node) => known.get(nodeName(node)) as Buffer;
}
