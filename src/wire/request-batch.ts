/** Bytes of one `fixed64` key. */
export const KEY_BYTES = 8;
export const DAY_BYTES = 4;

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

/**
 * What one request asks, decoded into memory that is reused from request to request.
 * `words` holds the keys as pairs of u32, low word first; a text that is no phone number is key 0.
 */
export class RequestBatch {
  /** How many keys fit. */
  readonly capacity: number;
  readonly words: Uint32Array;
  readonly optInDays: Uint32Array;
  /** How many keys `words` holds. */
  count = 0;
  /** Whether the keys were read from texts. */
  isText = false;
  /** How many of `optInDays` were given: 0 or `count`. */
  optInCount = 0;
  /** Offset of the keys if they lie in one piece in the message; -1 = they are in `words`. */
  keysOffset = -1;
  /** Offset of the days if they lie in one piece in the message; -1 = they are in `optInDays`. */
  optInsOffset = -1;
  readonly wordBytes: Uint8Array;
  readonly optInBytes: Uint8Array;

  constructor(capacity: number, memory: BatchMemory = newMemory(capacity)) {
    const { buffer, words, optInDays } = memory;
    this.capacity = capacity;
    this.words = new Uint32Array(buffer, words, capacity * 2);
    this.wordBytes = new Uint8Array(buffer, words, capacity * KEY_BYTES);
    this.optInDays = new Uint32Array(buffer, optInDays, capacity);
    this.optInBytes = new Uint8Array(buffer, optInDays, capacity * DAY_BYTES);
  }
}

function newMemory(capacity: number): BatchMemory {
  const words = capacity * KEY_BYTES;
  return { buffer: new ArrayBuffer(words + capacity * DAY_BYTES), words: 0, optInDays: words };
}
