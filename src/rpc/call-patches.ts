import { constants as http2, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { status } from '@grpc/grpc-js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { TacetError } from '../errors.ts';
import type { CallMetadata } from '../observe/call-identity.ts';
import type { EndStatus } from '../observe/metrics/limits.ts';
import { FrameDecoder } from './frame-decoder.ts';
import type { MessageBuffers } from './message-buffers.ts';
import type { StallWatch } from './stall-watch.ts';
import { type GrpcStatus, statusOf, told } from './status.ts';

/**
 * The calls of grpc-js as Tacet needs them: told to metrics, fed from buffers that are used again,
 * and with the holes closed that it leaves open. Only calls of sessions that transport.ts has listed
 * are changed.
 */

/** What happens to calls, told once each; for metrics. */
export interface CallObserver {
  /**
   * A call of `path` (`/package.Service/Method`) began; returns who is told the rest. Nothing of the
   * metadata has been looked at.
   */
  started(path: string, type: string, metadata: CallMetadata): CallEvents;
  /** A connection was opened; its bytes are read from the socket. */
  connectionOpened(socket: Socket): void;
  /** A connection was refused because there are `connectionsMax` already. */
  connectionRefused(): void;
  /** A stream was reset because its client took nothing for `streamStallMaxMs`. */
  streamStalled(metadata: CallMetadata): void;
}

export interface CallEvents {
  messageReceived(): void;
  messageSent(): void;
  /** The final status, CANCELLED if the client went away before one was sent. */
  ended(status: EndStatus): void;
}

/** The parts of grpc-js' call that are used; private there. */
interface BaseCall {
  readonly stream: {
    readonly session?: ServerHttp2Session;
    readonly closed: boolean;
    readonly destroyed: boolean;
    readonly state: { readonly localClose?: number | undefined };
    once(event: 'close', listener: () => void): void;
    close(code: number): void;
  };
  readonly handler: { readonly path: string; readonly type: string };
  readonly metadata: CallMetadata;
  readonly receivedHalfClose: boolean;
  callEventTracker: object | null;
  /** Set here. */
  hasStatus?: boolean;
  start(listener: object): void;
  sendMessage(message: unknown, callback: () => void): void;
  readonly maxReceiveMessageSize: number;
  /** Whatever has its `write`. */
  decoder: { write(frame: Buffer): Buffer[]; readonly refusal?: TacetError | undefined };
  handleDataFrame(data: Buffer): void;
  serializeMessage(message: unknown): Buffer;
  sendStatus(status: { code: number; details: string; metadata?: unknown }): void;
  handleTimeoutHeader(header: string): void;
  decompressMessage(message: Buffer, encoding: string): unknown;
}

/** What the calls of a session need of the server it belongs to. */
export interface Tuning {
  readonly observer: CallObserver;
  readonly stalls: StallWatch;
  readonly buffers: MessageBuffers;
}

/** The sessions of servers made here. */
export const tunings = new WeakMap<ServerHttp2Session, Tuning>();

const HEAD_BYTES = 5;
/** Smaller answers are copied once more. */
const SMALL_ANSWER_BYTES = 4096;

/** Between two looks at whether a status has left. */
const STATUS_LOOK_MS = 5;

/** Longer timers fire at once: setTimeout counts in 32 bits. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const DEADLINE_UNIT_MS: Record<string, number> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Makes a stream read one message ahead instead of grpc-js' 16: with the largest messages those 16
 * would cost a paused stream 32 MiB.
 */
export function limitReadAhead(call: object): void {
  const { _readableState: state } = call as { _readableState?: { highWaterMark?: number } };
  if (state?.highWaterMark === undefined) throw unknownGrpc();
  state.highWaterMark = 1;
}

const PATCHED = [
  'start',
  'handleDataFrame',
  'serializeMessage',
  'sendMessage',
  'sendStatus',
  'handleTimeoutHeader',
  'decompressMessage',
] as const;

let patched = false;

/** Patches the calls, once a process. */
export function patchCalls(): void {
  if (patched) return;
  const prototype = BaseServerInterceptingCall.prototype as unknown as BaseCall;
  for (const name of PATCHED) {
    if (typeof prototype[name] !== 'function') throw unknownGrpc();
  }
  observeCalls(prototype);
  reuseBuffers(prototype);
  resetStalledCalls(prototype);
  endUnaryCallsAtOnce(prototype);
  endStreamsOfEndedCalls(prototype);
  sendNothingBehindStatus(prototype);
  ignoreDistantDeadlines(prototype);
  refuseCompression(prototype);
  patched = true;
}

function tuningOf(call: BaseCall): Tuning | undefined {
  const { session } = call.stream;
  return session === undefined ? undefined : tunings.get(session);
}

/** grpc-js tells its channelz tracker all that RED metrics need, its own statuses included. */
function observeCalls(prototype: BaseCall): void {
  const start = prototype.start;
  prototype.start = function (this: BaseCall, listener): void {
    const tuning = tuningOf(this);
    if (tuning !== undefined) {
      const events = tuning.observer.started(this.handler.path, this.handler.type, this.metadata);
      this.callEventTracker = {
        addMessageReceived: () => events.messageReceived(),
        addMessageSent: () => events.messageSent(),
        // The status has left, or the stream was closed.
        onStreamEnd: () => tuning.stalls.clear(this),
        onCallEnd: (sent: EndStatus) => events.ended(sent),
      };
    }
    start.call(this, listener);
  };
}

/** Receives messages into buffers that are used again, and sends answers from such buffers. */
function reuseBuffers(prototype: BaseCall): void {
  const { start, serializeMessage, sendMessage } = prototype;
  prototype.start = function (this: BaseCall, listener): void {
    const buffers = tuningOf(this)?.buffers;
    if (buffers !== undefined) this.decoder = new FrameDecoder(this.maxReceiveMessageSize, buffers);
    start.call(this, listener);
  };
  prototype.serializeMessage = function (this: BaseCall, message): Buffer {
    const framed = message instanceof Buffer && framedInPlace(message, tuningOf(this)?.buffers);
    return framed || serializeMessage.call(this, message);
  };
  prototype.sendMessage = function (this: BaseCall, message, callback): void {
    sendMessage.call(this, message, () => {
      // Called once the bytes have left; not for a call that was reset before.
      if (message instanceof Buffer) tuningOf(this)?.buffers.give(message);
      callback();
    });
  };
}

/** Room for an answer of `bytes`, such that it is sent as it stands. */
export function answerBuffer(buffers: MessageBuffers, bytes: number): Buffer {
  if (bytes <= SMALL_ANSWER_BYTES) return Buffer.allocUnsafe(bytes);
  return buffers.take(HEAD_BYTES + bytes).subarray(HEAD_BYTES, HEAD_BYTES + bytes);
}

/** The answer with the head of its frame, if it has the room in front. */
function framedInPlace(answer: Buffer, buffers: MessageBuffers | undefined): Buffer | undefined {
  if (answer.byteOffset !== HEAD_BYTES || buffers?.owns(answer) !== true) return undefined;
  const framed = Buffer.from(answer.buffer, 0, HEAD_BYTES + answer.length);
  // Not compressed.
  framed[0] = 0;
  framed.writeUInt32BE(answer.length, 1);
  return framed;
}

/**
 * Resets a call whose client takes neither its next message nor its status for `streamStallMaxMs`:
 * a status would wait behind what is not taken for ever, and so would whatever the call holds.
 */
function resetStalledCalls(prototype: BaseCall): void {
  const { sendMessage, sendStatus } = prototype;
  prototype.sendMessage = function (this: BaseCall, message, callback): void {
    const stalls = tuningOf(this)?.stalls;
    stalls?.watch(this);
    sendMessage.call(this, message, () => {
      stalls?.clear(this);
      callback();
    });
  };
  prototype.sendStatus = function (this: BaseCall, statusObject): void {
    tuningOf(this)?.stalls.watch(this);
    sendStatus.call(this, statusObject);
  };
}

/**
 * grpc-js sends the status of a unary call once its answer has left; here it goes out with it, in
 * one packet instead of two.
 */
function endUnaryCallsAtOnce(prototype: BaseCall): void {
  const sendMessage = prototype.sendMessage;
  prototype.sendMessage = function (this: BaseCall, message, callback): void {
    if (this.handler.type !== 'unary' || tuningOf(this) === undefined) {
      sendMessage.call(this, message, callback);
    } else {
      sendMessage.call(this, message, () => undefined);
      callback();
    }
  };
}

/**
 * After a status, grpc-js drops what the client goes on sending, without telling it to stop. A
 * client that does not look would push for ever: its stream is closed behind the trailers.
 */
function endStreamsOfEndedCalls(prototype: BaseCall): void {
  const sendStatus = prototype.sendStatus;
  prototype.sendStatus = function (this: BaseCall, statusObject): void {
    sendStatus.call(this, statusObject);
    // Closed on both sides, it ends by itself.
    if (this.receivedHalfClose || tuningOf(this) === undefined) return;
    setImmediate(() => closeBehindStatus(this.stream, () => this.receivedHalfClose));
  };
}

/**
 * Tells a client to stop sending, unless it has. A reset overtakes trailers that still wait to be
 * written, so it waits until they have left.
 */
export function closeBehindStatus(
  stream: Omit<BaseCall['stream'], 'session' | 'once'>,
  hasEnded: () => boolean,
): void {
  if (hasEnded() || stream.closed || stream.destroyed) return;
  if (stream.state.localClose === 1) stream.close(http2.NGHTTP2_NO_ERROR);
  else setTimeout(() => closeBehindStatus(stream, hasEnded), STATUS_LOOK_MS).unref();
}

/**
 * grpc-js ends a call itself, say for a message that is too long, while answers to earlier ones are on
 * their way. Written behind the end of the stream, they would keep the status from ever leaving.
 */
function sendNothingBehindStatus(prototype: BaseCall): void {
  const { sendMessage, sendStatus } = prototype;
  prototype.sendMessage = function (this: BaseCall, message, callback): void {
    if (this.hasStatus) callback();
    else sendMessage.call(this, message, callback);
  };
  prototype.sendStatus = function (this: BaseCall, statusObject): void {
    if (tuningOf(this) !== undefined) this.hasStatus = true;
    // grpc-js makes a status of its own of whatever a decoder throws.
    const { refusal } = this.decoder;
    sendStatus.call(this, refusal === undefined ? statusObject : statusOf(refusal));
  };
}

/** A deadline beyond what a timer can count fails at once in grpc-js; here it is no deadline. */
function ignoreDistantDeadlines(prototype: BaseCall): void {
  const handleTimeoutHeader = prototype.handleTimeoutHeader;
  prototype.handleTimeoutHeader = function (this: BaseCall, header): void {
    const match = /^(\d{1,8})\s*([HMSmun])$/.exec(header.toString());
    const timeoutMs = Number(match?.[1]) * (DEADLINE_UNIT_MS[match?.[2] ?? ''] ?? 0);
    if (timeoutMs > TIMER_MS_MAX) return;
    handleTimeoutHeader.call(this, header);
  };
}

/** The status of a compressed request. */
export const COMPRESSED: GrpcStatus = told(
  {
    code: status.UNIMPLEMENTED,
    details: 'compressed requests are not accepted: send with grpc-encoding identity',
  },
  'ERR_REQUEST',
);

/**
 * Refuses compressed requests: a few tiny ones inflate to gigabytes, and numbers hardly compress.
 */
function refuseCompression(prototype: BaseCall): void {
  const decompressMessage = prototype.decompressMessage;
  prototype.decompressMessage = function (this: BaseCall, message, encoding): unknown {
    if (encoding === 'identity' || tuningOf(this) === undefined) {
      return decompressMessage.call(this, message, encoding);
    }
    return Promise.reject(COMPRESSED);
  };
}

/** The error of a grpc-js that is not built as the pinned one is. */
export function unknownGrpc(): TacetError {
  return new TacetError('ERR_INTERNAL', {
    what: '@grpc/grpc-js is not the version this server was written for',
    fix: 'Install the pinned version: npm ci',
  });
}
