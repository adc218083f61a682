/** A receipt: an entry, its place in a log and the head of that log. c2sp.org/tlog-proof@v1. */
import { TacetError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { LEAF_BYTES_MAX } from './leaf.ts';
import { decodeText, readDecimal } from './text.ts';
import { HASH_BYTES } from './tree.ts';

const HEADING = 'c2sp.org/tlog-proof@v1';
/** A leaf in base64, a path, and a note with a hundred signatures. */
export const RECEIPT_BYTES_MAX: number = Math.ceil((LEAF_BYTES_MAX * 4) / 3) + 65_536;

/** A receipt as read: nothing of it is verified yet. */
export interface Receipt {
  /** The entry itself; its hash is what the tree holds. */
  readonly leaf: Buffer;
  readonly index: number;
  /** From the leaf's sibling up. */
  readonly path: readonly Buffer[];
  /** The signed note of the head, as it stands. */
  readonly checkpoint: string;
}

export function receiptText({ leaf, index, path, checkpoint }: Receipt): string {
  const hashes = path.map((hash) => `${encodeBase64(hash)}\n`).join('');
  return `${HEADING}\nextra ${encodeBase64(leaf)}\nindex ${index}\n${hashes}\n${checkpoint}`;
}

/** Reads a receipt. Errors: ERR_PROOF. */
export function parseReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > RECEIPT_BYTES_MAX) throw bad('it is too long');
  const text = decodeText(bytes, 'the receipt');
  const end = text.indexOf('\n\n');
  if (end < 0) throw bad('it has no checkpoint');
  const [heading, extra = '', index = '', ...path] = text.slice(0, end).split('\n');
  if (heading !== HEADING) throw bad(`its first line is not ${HEADING}`);
  if (!extra.startsWith('extra ')) throw bad('its second line is not the entry');
  if (!index.startsWith('index ')) throw bad('its third line is not the index');
  return {
    leaf: decodeBase64(extra.slice('extra '.length), 'the entry of a receipt'),
    index: readDecimal(index.slice('index '.length), 'the index of a receipt'),
    path: path.map((line) => decodeBase64(line, 'a hash of a receipt', HASH_BYTES)),
    checkpoint: text.slice(end + 2),
  };
}

function bad(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what: `not a receipt: ${what}` });
}
