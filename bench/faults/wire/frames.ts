/** HTTP/2 frames written by hand, right and wrong ones: RFC 9113, section 4.1 and 6. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** `ack` is for SETTINGS and PING, `priority` for HEADERS. */
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const SETTING = {
  headerTableSize: 1,
  concurrentStreams: 3,
  initialWindowSize: 4,
  frameSize: 5,
} as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** Codes of RST_STREAM and GOAWAY. */
export const CANCEL = 8;
const HEAD_BYTES = 9;
const NOTHING = Buffer.alloc(0);

interface FrameParts {
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Uint8Array;
  /** What the head says of the payload's length; default what it is. */
  readonly claims?: number;
}

/** A frame of any type, its head as told. */
export function frame(type: number, parts: FrameParts = {}): Buffer {
  const { flags = 0, stream = 0, payload = NOTHING, claims = payload.length } = parts;
  const bytes = Buffer.alloc(HEAD_BYTES + payload.length);
  bytes.writeUIntBE(claims, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, HEAD_BYTES);
  return bytes;
}

/** A big-endian number of 32 bits. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** SETTINGS with one entry for each pair, in their order. */
export function settings(...entries: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  for (const [index, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(FRAME.settings, { payload });
}

export function rstStream(stream: number, code: number = CANCEL): Buffer {
  return frame(FRAME.rstStream, { stream, payload: uint32(code) });
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FRAME.windowUpdate, { stream, payload: uint32(increment) });
}

/** HEADERS of a whole block. */
export function headers(stream: number, block: Uint8Array, flags = 0): Buffer {
  return frame(FRAME.headers, { stream, payload: block, flags: flags | FLAG.endHeaders });
}

export function data(stream: number, payload: Uint8Array, flags = 0): Buffer {
  return frame(FRAME.data, { stream, payload, flags });
}

/** A gRPC message: a head of five bytes, and the rest. */
export function message(
  content: Uint8Array,
  { compressed = 0, claims = content.length } = {},
): Buffer {
  return Buffer.concat([Buffer.of(compressed), uint32(claims), content]);
}
