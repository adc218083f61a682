/** Bytes of a `fixed64` key, and of a `fixed32` day. */
const KEY_BYTES = 8;
const DAY_BYTES = 4;

/**
 * Where a {@link RequestBatch} keeps what it has to copy: byte offsets in a buffer, multiples of 8.
 */
interface BatchMemory {
  readonly buffer: ArrayBufferLike;
  /** Room for `capacity` keys of 8 bytes. */
  readonly words: number;
  /** Room for `capacity` days of 4 bytes. */
  readonly optInDays: number;
}

/** What one repeated field of a request holds. */
export class RequestColumn {
  readonly elementBytes: number;
  /** The elements, unless they lie in the message, as u32 and as bytes. */
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  count = 0;
  /** Offset of the elements if they lie in one piece in the message; -1 = they are in `words`. */
  inMessage = -1;

  constructor(words: Uint32Array, elementBytes: number) {
    this.elementBytes = elementBytes;
    this.words = words;
    this.bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** Where the elements begin; the memory and the message must share one buffer. */
  get address(): number {
    return this.inMessage < 0 ? this.bytes.byteOffset : this.inMessage;
  }

  clear(): void {
    this.count = 0;
    this.inMessage = -1;
  }
}

/** What one request asks, decoded into memory that is reused from request to request. */
export class RequestBatch {
  /** How many keys fit. */
  readonly capacity: number;
  /** As pairs of u32, low word first; a text that is no phone number is key 0. */
  readonly keys: RequestColumn;
  /** As epoch days, none or one per key. */
  readonly optIns: RequestColumn;
  /** Whether the keys were read from texts. */
  isText = false;

  constructor(capacity: number, memory: BatchMemory = newMemory(capacity)) {
    const { buffer, words, optInDays } = memory;
    this.capacity = capacity;
    this.keys = new RequestColumn(new Uint32Array(buffer, words, capacity * 2), KEY_BYTES);
    this.optIns = new RequestColumn(new Uint32Array(buffer, optInDays, capacity), DAY_BYTES);
  }
}

function newMemory(capacity: number): BatchMemory {
  const words = capacity * KEY_BYTES;
  return { buffer: new ArrayBuffer(words + capacity * DAY_BYTES), words: 0, optInDays: words };
}
