/**
 * Commitments to rows, scheme `tacet-rows-v1`: a root that stands for every number, opt-in and
 * verdict of a job, without telling one. Rows come in chunks of sixteen; the root is that of
 * RFC 6962 over the chunks.
 */
import { createCipheriv, createHmac, hash } from 'node:crypto';
import { GrowingTree, hashLeaf } from '../format/tree.ts';

const SCHEME = 'tacet-rows-v1';
const DOMAIN = Buffer.from('tacet-row-v1');
export const CHUNK_ROWS = 16;
export const SALT_BYTES = 16;
/** E.164: 15 digits. */
export const NUMBER_MAX = 999_999_999_999_999;
export const OPT_IN_DAY_MAX = 65_535;
/** Salts that are made at once. */
const SALTS = 1_024;
const ZEROES = Buffer.alloc(SALTS * SALT_BYTES);

/** One number that was asked, and what was answered. */
export interface Row {
  /** E.164 digits; 0 = unreadable. */
  readonly number: number;
  /** The day of the opt-in that counted, since 1970-01-01; 0 = none did. */
  readonly optInDay: number;
  /** A value of `tacet.v1.Verdict`. */
  readonly verdict: number;
}

/** The key of the rows of a job's stream: the first has number 0. */
export function rowsKeyOf(secret: Uint8Array, stream = 0): Buffer {
  const name = stream === 0 ? SCHEME : `${SCHEME}/${stream}`;
  return createHmac('sha256', secret).update(name).digest();
}

/** What a receipt says of a file instead of its digest; `sha256` is of the file, 32 bytes. */
export function fileTag(secret: Uint8Array, sha256: Uint8Array): string {
  const key = createHmac('sha256', secret).update('tacet-files-v1').digest();
  return createHmac('sha256', key).update(sha256).digest('hex');
}

/** The salts of `count` rows from `first` on: blocks of the keystream of AES-256-CTR. */
export function saltsOf(
  rowsKey: Uint8Array,
  { first, count }: { readonly first: number; readonly count: number },
): Buffer {
  const block = Buffer.alloc(SALT_BYTES);
  block.writeBigUInt64BE(BigInt(first), 8);
  const zeroes =
    count <= SALTS ? ZEROES.subarray(0, count * SALT_BYTES) : Buffer.alloc(count * SALT_BYTES);
  return createCipheriv('aes-256-ctr', rowsKey, block).update(zeroes);
}

/** The commitment of one row. */
export function commit(salt: Uint8Array, { number, optInDay, verdict }: Row): Buffer {
  const row = Buffer.alloc(11);
  row.writeBigUInt64BE(BigInt(number));
  row.writeUInt16BE(optInDay, 8);
  row.writeUInt8(verdict, 10);
  return hash('sha256', Buffer.concat([DOMAIN, salt, row]), 'buffer');
}

/** The commitments of a job's rows, as they come. */
export class RowCommitments {
  readonly #rowsKey: Uint8Array;
  readonly #tree = new GrowingTree();
  /** Called with each chunk that is complete, and with the last one. */
  readonly #onChunk: (commitments: readonly Buffer[]) => void;
  #chunk: Buffer[] = [];
  #salts: Buffer = Buffer.alloc(0);
  #count = 0;

  constructor(rowsKey: Uint8Array, onChunk: (commitments: readonly Buffer[]) => void = () => {}) {
    this.#rowsKey = rowsKey;
    this.#onChunk = onChunk;
  }

  add(row: Row): void {
    const place = this.#count % SALTS;
    if (place === 0) this.#salts = saltsOf(this.#rowsKey, { first: this.#count, count: SALTS });
    const salt = this.#salts.subarray(place * SALT_BYTES, (place + 1) * SALT_BYTES);
    this.#chunk.push(commit(salt, row));
    this.#count++;
    if (this.#chunk.length === CHUNK_ROWS) this.#endChunk();
  }

  /** Ends the last chunk; nothing can be added after it. */
  finish(): { readonly count: number; readonly root: Buffer } {
    if (this.#chunk.length > 0) this.#endChunk();
    return { count: this.#count, root: this.#tree.root() };
  }

  #endChunk(): void {
    this.#tree.add(hashLeaf(Buffer.concat(this.#chunk)));
    this.#onChunk(this.#chunk);
    this.#chunk = [];
  }
}
