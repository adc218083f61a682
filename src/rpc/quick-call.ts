import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import type { CallMetadata } from '../observe/call-identity.ts';
import { messageTooLong } from '../wire/request.ts';
import { type CallEvents, COMPRESSED, closeBehindStatus, type Tuning } from './call-patches.ts';
import type { WatchedCall } from './stall-watch.ts';
import { type GrpcStatus, statusOf, told } from './status.ts';

/**
 * Unary calls that are answered at once, without what grpc-js does for calls in general: metadata,
 * interceptors, a stream of messages and a timer each take more than the answer. Measured with 100
 * calls of `Check` in flight: see bench/README.md.
 */
export interface QuickMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** The answer to a message, as bytes; or the status of a call that cannot be answered. */
  answer(message: Uint8Array, metadata: CallMetadata): Uint8Array | GrpcStatus;
}

const FRAME_HEAD_BYTES = 5;
const ANSWER_HEADERS: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
};
const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': '0', 'grpc-message': 'OK' };

/** Whether a call is as almost all are: anything else is left to grpc-js. */
export function isPlainCall(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['grpc-encoding'];
  return (
    headers[':method'] === 'POST' &&
    headers['content-type']?.startsWith('application/grpc') === true &&
    (encoding === undefined || encoding === 'identity')
  );
}

/** What a client said besides, as grpc-js has it. */
class HeaderMetadata implements CallMetadata {
  readonly #headers: IncomingHttpHeaders;

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers;
  }

  get(name: string): readonly string[] {
    const value = this.#headers[name];
    return value === undefined ? [] : [value].flat();
  }
}

/**
 * Answers a call of `method` on `stream` once its message is whole. A deadline is left to the
 * client, who ends the call then: the answer takes microseconds.
 */
export function answerQuickly(
  { stream, headers }: { stream: ServerHttp2Stream; headers: IncomingHttpHeaders },
  method: QuickMethod,
  { tuning, messageBytesMax }: { tuning: Tuning; messageBytesMax: number },
): void {
  new QuickCall(stream, new HeaderMetadata(headers), { method, tuning, messageBytesMax });
}

class QuickCall implements WatchedCall {
  readonly stream: ServerHttp2Stream;
  readonly metadata: CallMetadata;
  readonly #method: QuickMethod;
  readonly #tuning: Tuning;
  readonly #events: CallEvents;
  readonly #bytesMax: number;
  /** What has come so far: a copy, since a chunk of one byte holds all that was read with it. */
  #body = Buffer.alloc(0);
  #bytes = 0;
  #ended = false;

  constructor(
    stream: ServerHttp2Stream,
    metadata: CallMetadata,
    {
      method,
      tuning,
      messageBytesMax,
    }: { method: QuickMethod; tuning: Tuning; messageBytesMax: number },
  ) {
    this.stream = stream;
    this.metadata = metadata;
    this.#method = method;
    this.#tuning = tuning;
    this.#bytesMax = FRAME_HEAD_BYTES + messageBytesMax;
    this.#events = tuning.observer.started(method.path, 'unary', metadata);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.#answer());
    stream.on('close', () => {
      tuning.stalls.clear(this);
      this.#end({ code: status.CANCELLED, details: 'the call was cancelled' });
    });
  }

  #take(chunk: Buffer): void {
    if (this.#ended) return;
    const bytes = this.#bytes + chunk.length;
    if (bytes > this.#bytesMax) {
      return this.#fail(statusOf(messageTooLong(this.#bytesMax - FRAME_HEAD_BYTES)));
    }
    if (bytes > this.#body.length) {
      // Nearly all come whole; what comes in pieces costs at most twice its size.
      const grown = Buffer.allocUnsafe(this.#bytes === 0 ? bytes : bytes * 2);
      this.#body.copy(grown, 0, 0, this.#bytes);
      this.#body = grown;
    }
    chunk.copy(this.#body, this.#bytes);
    this.#bytes = bytes;
  }

  #answer(): void {
    // A stream that was reset ends too.
    if (this.#ended || this.stream.closed) return;
    const whole = this.#body.subarray(0, this.#bytes);
    const failure = frameFailure(whole);
    if (failure !== undefined) return this.#fail(failure);
    this.#events.messageReceived();
    const answer = this.#method.answer(whole.subarray(FRAME_HEAD_BYTES), this.metadata);
    if ('code' in answer) this.#fail(answer);
    else this.#send(answer);
  }

  #send(answer: Uint8Array): void {
    const stream = this.stream;
    const framed = Buffer.allocUnsafe(FRAME_HEAD_BYTES + answer.length);
    // Not compressed.
    framed[0] = 0;
    framed.writeUInt32BE(answer.length, 1);
    framed.set(answer, FRAME_HEAD_BYTES);
    this.#tuning.stalls.watch(this);
    stream.respond(ANSWER_HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      this.#end({ code: status.OK, details: 'OK' });
      stream.sendTrailers(OK_TRAILERS);
    });
    stream.end(framed);
    this.#events.messageSent();
  }

  /** Answers with a status alone. A client that has not ended its request is told to stop. */
  #fail(failure: GrpcStatus): void {
    const { stream } = this;
    this.#end(failure);
    this.#body = Buffer.alloc(0);
    if (stream.closed) return;
    this.#tuning.stalls.watch(this);
    const { code, details, metadata } = failure;
    const statusHeaders = {
      'grpc-status': String(code),
      'grpc-message': encodeURI(details),
      ...metadata?.toHttp2Headers(),
    };
    stream.respond({ ...ANSWER_HEADERS, ...statusHeaders }, { endStream: true });
    setImmediate(() => closeBehindStatus(stream, () => stream.readableEnded));
  }

  #end(sent: GrpcStatus): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended(sent);
  }
}

const NO_MESSAGE = told(
  { code: status.INTERNAL, details: 'the call has no whole message' },
  'ERR_WIRE',
);
const SEVERAL_MESSAGES = told(
  { code: status.UNIMPLEMENTED, details: 'the method takes one message a call' },
  'ERR_REQUEST',
);

/** What is wrong with the bytes of a call that should hold one message, whole, not compressed. */
function frameFailure(bytes: Buffer): GrpcStatus | undefined {
  if (bytes.length < FRAME_HEAD_BYTES) return NO_MESSAGE;
  if (bytes[0] !== 0) return COMPRESSED;
  const messageBytes = bytes.readUInt32BE(1);
  const present = bytes.length - FRAME_HEAD_BYTES;
  if (present < messageBytes) return NO_MESSAGE;
  if (present === messageBytes) return undefined;
  return SEVERAL_MESSAGES;
}
