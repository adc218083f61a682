import {
  constants as http2,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Caller } from '../access/access.ts';
import { TacetError } from '../errors.ts';
import type { CallEvents, CallType } from '../observe/call-events.ts';
import type { CallMetadata } from '../observe/call-identity.ts';
import type { ObservedCalls } from '../observe/observed-calls.ts';
import { status } from '../wire/grpc-status.ts';
import { type DeadlineWatch, readTimeout, type TimedCall } from './deadline.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FRAME_HEAD_BYTES } from './frames.ts';
import type { MessageBuffers } from './message-buffers.ts';
import type { StallWatch, WatchedCall } from './stall-watch.ts';
import { type GrpcStatus, OK, statusHeaders, statusOf, told } from './status.ts';

/** What the calls of a server share. */
export interface CallParts {
  readonly observer: ObservedCalls;
  /** Incoming messages are read into these; an answer already in one is sent without a copy. */
  readonly buffers: MessageBuffers;
  readonly stalls: StallWatch;
  readonly deadlines: DeadlineWatch;
  readonly messageBytesMax: number;
}

/** The metadata of a call, read from the headers on demand. */
export class HeaderMetadata implements CallMetadata {
  readonly #headers: IncomingHttpHeaders;
  readonly client: string | undefined;

  constructor(headers: IncomingHttpHeaders, client?: string) {
    this.#headers = headers;
    this.client = client;
  }

  get(name: string): readonly string[] {
    const value = this.#headers[name];
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  }
}

/** A new call. */
export interface Incoming {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Undefined if anybody may call. */
  readonly caller?: Caller | undefined;
  /** Why nobody is answered who calls without credentials. */
  readonly refusal?: GrpcStatus | undefined;
}

/** A method the server offers. */
export interface Method {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Answers one call of the method. */
  open(incoming: Incoming, parts: CallParts): void;
}

/** The headers of every answer, even one that is only a status. */
export const ANSWER_HEADERS: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity',
};
const OK_TRAILERS = statusHeaders(OK);

/** How often to check whether a status has been sent. */
const STATUS_LOOK_MS = 5;

const BAD_TIMEOUT = told(
  status.INTERNAL,
  'ERR_REQUEST',
  'malformed grpc-timeout, expected such as 500m',
);
const DEADLINE_EXCEEDED = told(
  status.DEADLINE_EXCEEDED,
  'ERR_DEADLINE',
  'the deadline of the call has passed',
);
const CANCELLED = told(status.CANCELLED, 'ERR_CANCELLED', 'the call was cancelled');
/** The client half-closed before it had sent a whole message. */
export const NO_MESSAGE = told(status.INTERNAL, 'ERR_WIRE', 'the call has no whole message');
/** A few tiny messages inflate to gigabytes, and numbers hardly compress. */
export const COMPRESSED = told(
  status.UNIMPLEMENTED,
  'ERR_REQUEST',
  'compressed requests are not accepted: send with grpc-encoding identity',
);

/**
 * The server's side of one call, over an HTTP/2 stream:
 *
 *   headers ──> metadata, deadline          endWith ──> the status: in trailers after the rest,
 *   data ─────> frames ──> onMessage                    or alone; the observer sees it leave
 *   end ──────> onHalfClose                 close ────> CANCELLED, unless a status has left
 *
 * After `endWith` or the close of the stream, whichever comes first, nothing more is received or
 * sent.
 */
export abstract class Call implements WatchedCall, TimedCall {
  readonly stream: ServerHttp2Stream;
  readonly metadata: CallMetadata;
  /** Undefined if anybody may call. */
  readonly caller: Caller | undefined;
  readonly deadlineMs: number;
  readonly #refusal: GrpcStatus | undefined;
  protected readonly parts: CallParts;
  protected readonly events: CallEvents;
  readonly #decoder: FrameDecoder;
  #abort: AbortController | undefined;
  /** The status that the trailers will carry. */
  #status = OK;
  /** Nothing more is received or sent, except the status. */
  #isOver = false;
  /** The status has been reported: it was sent, or never will be. */
  #isTold = false;

  constructor(
    { stream, headers, caller, refusal }: Incoming,
    { path, type }: { path: string; type: CallType },
    parts: CallParts,
  ) {
    this.stream = stream;
    this.parts = parts;
    this.caller = caller;
    this.#refusal = refusal;
    this.metadata = new HeaderMetadata(headers, caller?.client.name);
    this.events = parts.observer.started(path, type, this.metadata);
    this.#decoder = new FrameDecoder(parts.messageBytesMax, parts.buffers);
    const timeout = headers['grpc-timeout'];
    this.deadlineMs =
      timeout === undefined ? Number.POSITIVE_INFINITY : performance.now() + readTimeout(timeout);
  }

  /** Called for each whole message. Its buffer may be given back once it has been read. */
  protected abstract onMessage(message: Buffer): void;
  /** The client has finished sending. */
  protected abstract onHalfClose(): void;
  /** The status has been sent, or the stream has closed. */
  protected onOver(): void {}

  /** Starts listening to the stream; called once the call is fully constructed. */
  start(): void {
    const { stream, deadlineMs } = this;
    // An error also closes the stream, and 'close' is handled below.
    stream.on('error', ignore);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('end', () => this.#halfClose());
    stream.on('close', () => this.#close());
    if (this.#refusal !== undefined) this.endWith(this.#refusal);
    else if (Number.isNaN(deadlineMs)) this.endWith(BAD_TIMEOUT);
    else if (deadlineMs < Number.POSITIVE_INFINITY) this.parts.deadlines.watch(this);
  }

  /** Aborted when nothing more can be sent. Created on demand: it costs more than a look-up. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** Whether nothing more can be sent. */
  protected get isOver(): boolean {
    return this.#isOver || this.stream.closed || this.stream.destroyed;
  }

  #take(chunk: Buffer): void {
    if (this.#isOver) return;
    let messages: Buffer[];
    try {
      messages = this.#decoder.write(chunk);
    } catch (error) {
      return this.fail(error);
    }
    for (const message of messages) {
      if (this.#isOver) return;
      if (message[0] !== 0) return this.endWith(COMPRESSED);
      this.events.messageReceived();
      this.onMessage(message.subarray(FRAME_HEAD_BYTES));
    }
  }

  #halfClose(): void {
    // A stream that was reset emits 'end' too.
    if (this.#isOver || this.stream.closed) return;
    if (this.#decoder.isWithinMessage) this.endWith(NO_MESSAGE);
    else this.onHalfClose();
  }

  expire(): void {
    this.endWith(DEADLINE_EXCEEDED);
  }

  /** Sends the headers of the answer, unless they have been sent. */
  protected sendHeaders(): void {
    const { stream } = this;
    if (stream.headersSent) return;
    stream.respond(ANSWER_HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      this.parts.stalls.clear(this);
      const sent = this.#status;
      this.#tell(sent);
      stream.sendTrailers(sent === OK ? OK_TRAILERS : statusHeaders(sent));
    });
  }

  /**
   * Ends the call with the status of an error. Logs the error if the client is not told about it.
   */
  fail(error: unknown): void {
    const failure = statusOf(error);
    if (failure.code === status.INTERNAL) this.parts.observer.failed(this.metadata, error);
    this.endWith(failure);
  }

  /** Ends the call after everything sent so far and `last`. Does nothing if the call is over. */
  protected endWith(ended: GrpcStatus, last?: Buffer): void {
    // Otherwise the 'close' event reports the status.
    if (this.isOver) return;
    const { stream } = this;
    this.#status = ended;
    this.#stop();
    if (stream.headersSent) {
      this.parts.stalls.watch(this);
      stream.end(last);
    } else {
      stream.respond({ ...ANSWER_HEADERS, ...statusHeaders(ended) }, { endStream: true });
      this.#tell(ended);
    }
    stopClient(stream);
  }

  #close(): void {
    this.parts.stalls.clear(this);
    this.#stop();
    this.#tell(CANCELLED);
  }

  #stop(): void {
    this.#isOver = true;
    this.#abort?.abort(new TacetError('ERR_CANCELLED', { what: 'the call has ended' }));
    if (this.deadlineMs < Number.POSITIVE_INFINITY) this.parts.deadlines.clear(this);
  }

  #tell(ended: GrpcStatus): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.events.ended(ended);
    this.onOver();
  }
}

/**
 * Ends a stream after its status. A client that keeps sending would do so for ever, so this tells
 * it to stop.
 */
export function stopClient(stream: ServerHttp2Stream): void {
  // Once both sides have ended, the stream closes by itself.
  if (stream.readableEnded) return;
  stream.resume();
  setImmediate(() => closeBehindStatus(stream));
}

/** A reset would overtake trailers that are not written yet, so this waits until they are. */
function closeBehindStatus(stream: ServerHttp2Stream): void {
  if (stream.readableEnded || stream.closed || stream.destroyed) return;
  if (stream.state.localClose === 1) stream.close(http2.NGHTTP2_NO_ERROR);
  else setTimeout(() => closeBehindStatus(stream), STATUS_LOOK_MS).unref();
}

function ignore(): void {}
