/** Just enough of DER (X.690) to read a time stamp. */
import { TacetError } from '../../errors.ts';

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** Context-specific and constructed: `[0]`. */
  zero: 0xa0,
  /** `[3]`. */
  three: 0xa3,
} as const;

/** One value. */
export interface DerNode {
  readonly tag: number;
  readonly content: Buffer;
  /** With its tag and length. */
  readonly bytes: Buffer;
}

function malformed(): TacetError {
  return new TacetError('ERR_PROOF', { what: 'the time stamp is malformed' });
}

/** The values that stand one behind another. Errors: ERR_PROOF. */
export function readDer(bytes: Buffer): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    const first = bytes[at + 1] ?? 0x80;
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
    const start = at + 2 + lengthBytes;
    // A length of 80 is that of BER, open-ended; one above 4 bytes is beyond any file here.
    const isLong = first >= 0x80;
    if ((isLong && (lengthBytes < 1 || lengthBytes > 4)) || start > bytes.length) throw malformed();
    const length = isLong ? bytes.readUIntBE(at + 2, lengthBytes) : first;
    const end = start + length;
    if (end > bytes.length) throw malformed();
    nodes.push({ tag, content: bytes.subarray(start, end), bytes: bytes.subarray(at, end) });
    at = end;
  }
  return nodes;
}

/** The values within one of this tag. Errors: ERR_PROOF if it has another, or is not there. */
export function within(node: DerNode | undefined, tag: number): DerNode[] {
  return readDer(contentOf(node, tag));
}

/** The bytes of one of this tag. Errors: as {@link within}. */
export function contentOf(node: DerNode | undefined, tag: number): Buffer {
  if (node?.tag !== tag) throw malformed();
  return node.content;
}

/** `1.2.840...`. Errors: as {@link within}. */
export function oidOf(node: DerNode | undefined): string {
  const [first = 0, ...rest] = contentOf(node, TAG.oid);
  const arcs = [
    Math.min(2, Math.floor(first / 40)),
    first - 40 * Math.min(2, Math.floor(first / 40)),
  ];
  let arc = 0;
  for (const byte of rest) {
    arc = arc * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  return arcs.join('.');
}
