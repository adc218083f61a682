/**
 * A slow and obvious reader of requests, written from the encoding's specification and the proto
 * alone: the oracle for what is legal, where protobufjs is laxer than it may be.
 */

type Field = { number: number; wireType: number; content: number[] };

export interface ReferenceRequest {
  readonly keys: readonly bigint[];
  readonly texts: readonly number[][];
  readonly optIns: readonly number[];
  /** The most bytes that any tag or length took: beyond five, protobufjs loses its place. */
  readonly varintBytes: number;
}

class Malformed extends Error {}

class Reader {
  varintBytes = 0;
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(bytes: readonly number[]) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(count: number): number[] {
    if (this.#at + count > this.#bytes.length) throw new Malformed('cut off');
    this.#at += count;
    return this.#bytes.slice(this.#at - count, this.#at);
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const [byte = 0] = this.take(1);
      value += BigInt(byte & 0x7f) << BigInt(i * 7);
      if (byte >= 0x80) continue;
      this.#lastBytes = i + 1;
      return value;
    }
    throw new Malformed('a varint too long');
  }

  #lastBytes = 0;

  varint32(): number {
    const value = this.varint();
    if (value >= 1n << 32n) throw new Malformed('beyond 32 bits');
    this.varintBytes = Math.max(this.varintBytes, this.#lastBytes);
    return Number(value);
  }

  field(depth: number): Field {
    const tag = this.varint32();
    const field = { number: Math.floor(tag / 8), wireType: tag % 8, content: [] as number[] };
    if (field.number === 0) throw new Malformed('field number 0');
    if (field.wireType === 0) this.varint();
    else if (field.wireType === 1) field.content = this.take(8);
    else if (field.wireType === 2) field.content = this.take(this.varint32());
    else if (field.wireType === 3) this.#group(field.number, depth + 1);
    else if (field.wireType === 5) field.content = this.take(4);
    else if (field.wireType !== 4) throw new Malformed('wire type');
    return field;
  }

  #group(number: number, depth: number): void {
    if (depth > 100) throw new Malformed('too deep');
    for (;;) {
      const field = this.field(depth);
      if (field.wireType !== 4) continue;
      if (field.number !== number) throw new Malformed('another group ends');
      return;
    }
  }
}

/** What a request asks, or `refused`: malformed, both fields, opt-ins too few, too many numbers. */
export function readByReference(
  bytes: Uint8Array,
  { numbersMax }: { numbersMax: number },
): ReferenceRequest | 'refused' {
  try {
    return read([...bytes], numbersMax);
  } catch (error) {
    if (error instanceof Malformed) return 'refused';
    throw error;
  }
}

/** By field number: the wire types it may have, and the bytes of an element. */
const KNOWN: Readonly<Record<number, { types: readonly number[]; bytes: number }>> = {
  1: { types: [2], bytes: 1 },
  2: { types: [1, 2], bytes: 8 },
  3: { types: [2], bytes: 1 },
  4: { types: [2, 5], bytes: 4 },
};

function read(bytes: readonly number[], numbersMax: number): ReferenceRequest {
  const reader = new Reader(bytes);
  const keys: bigint[] = [];
  const texts: number[][] = [];
  const optIns: number[] = [];
  while (!reader.done) {
    const { number, wireType, content } = reader.field(0);
    if (wireType === 4) throw new Malformed('a group ends');
    const known = KNOWN[number];
    if (known === undefined) continue;
    if (!known.types.includes(wireType)) throw new Malformed('another wire type');
    if (content.length % known.bytes !== 0) throw new Malformed('elements not whole');
    if (number === 2) keys.push(...elements(content, 8));
    if (number === 3) texts.push(content);
    if (number === 4) optIns.push(...elements(content, 4).map(Number));
  }
  const count = keys.length + texts.length;
  if (keys.length > 0 && texts.length > 0) throw new Malformed('both fields');
  if (count > numbersMax || optIns.length > numbersMax) throw new Malformed('too many');
  if (optIns.length > 0 && optIns.length !== count) throw new Malformed('opt-ins do not match');
  return { keys, texts, optIns, varintBytes: reader.varintBytes };
}

function elements(content: readonly number[], bytes: number): bigint[] {
  return Array.from({ length: content.length / bytes }, (_, i) =>
    content
      .slice(i * bytes, (i + 1) * bytes)
      .reduce((value, byte, place) => value + (BigInt(byte) << BigInt(place * 8)), 0n),
  );
}
