/** `entries.log`: one record after another, see LEDGER.md. */
import type { FileHandle } from 'node:fs/promises';
import { writeAll } from '../../disk/write-all.ts';
import { TacetError } from '../../errors.ts';
import { LEAF_BYTES_MAX } from '../format/leaf.ts';
import { HASH_BYTES, hashLeaf } from '../format/tree.ts';
import { crc32c } from './crc32c.ts';

const HEAD_BYTES = 8;
/** In the length: the leaf was erased, its hash and zeroes are in its place. */
const ERASED = 0x8000_0000;
const BLOCK_BYTES = 1 << 20;

/** A record that is whole. */
export interface EntryRecord {
  readonly start: number;
  readonly end: number;
  readonly leafHash: Buffer;
  /** Undefined if it was erased. */
  readonly leaf: Buffer | undefined;
}

/** The record of a leaf. */
export function recordOf(leaf: Buffer): Buffer {
  return framed(leaf.length, leaf);
}

function framed(length: number, payload: Buffer): Buffer {
  const record = Buffer.alloc(HEAD_BYTES + payload.length);
  record.writeUInt32LE(length, 0);
  record.writeUInt32LE(crc32c(payload), 4);
  payload.copy(record, HEAD_BYTES);
  return record;
}

/** The record at the start of `bytes`, which are at `start` of the file; undefined if not whole. */
function parseRecord(bytes: Buffer, start: number): EntryRecord | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const said = bytes.readUInt32LE(0);
  const length = said & ~ERASED;
  const payload = bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
  const isWhole =
    length > 0 &&
    length <= LEAF_BYTES_MAX &&
    payload.length === length &&
    crc32c(payload) === bytes.readUInt32LE(4);
  if (!isWhole) return undefined;
  const end = start + HEAD_BYTES + length;
  if (length === said) {
    const leaf = Buffer.from(payload);
    return { start, end, leafHash: hashLeaf(leaf), leaf };
  }
  return { start, end, leafHash: Buffer.from(payload.subarray(0, HASH_BYTES)), leaf: undefined };
}

/** The longest record. */
export const RECORD_BYTES_MAX: number = HEAD_BYTES + LEAF_BYTES_MAX;

/** Reads one record; undefined if none that is whole begins there. */
export async function readRecord(
  file: FileHandle,
  start: number,
): Promise<EntryRecord | undefined> {
  const bytes = Buffer.allocUnsafe(RECORD_BYTES_MAX);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return parseRecord(bytes.subarray(0, bytesRead), start);
}

/** Reads records from `start` on, up to the first that is not whole. */
export async function* readRecords(file: FileHandle, start = 0): AsyncGenerator<EntryRecord> {
  let block = Buffer.alloc(0);
  let blockStart = start;
  for (let at = start; ; ) {
    if (block.length - (at - blockStart) < RECORD_BYTES_MAX) {
      const bytes = Buffer.allocUnsafe(BLOCK_BYTES);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
      block = bytes.subarray(0, bytesRead);
      blockStart = at;
    }
    const record = parseRecord(block.subarray(at - blockStart), at);
    if (record === undefined) return;
    yield record;
    at = record.end;
  }
}

/**
 * Puts the hash of a leaf, and zeroes, in its place. Not flushed. Errors: ERR_LEDGER if no record
 * of this length begins there; one that was overwritten in part has its length still.
 */
export async function eraseRecord(
  file: FileHandle,
  { start, end, leafHash }: Pick<EntryRecord, 'start' | 'end' | 'leafHash'>,
): Promise<void> {
  const head = Buffer.alloc(HEAD_BYTES);
  await file.read(head, 0, HEAD_BYTES, start);
  const said = (head.readUInt32LE(0) & ~ERASED) >>> 0;
  if (said !== end - start - HEAD_BYTES || said < HASH_BYTES) {
    throw new TacetError('ERR_LEDGER', { what: `no entry from byte ${start} to ${end}` });
  }
  const payload = Buffer.alloc(said);
  leafHash.copy(payload);
  const length = (payload.length | ERASED) >>> 0;
  await writeAll(file, framed(length, payload), start);
}
