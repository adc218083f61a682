import { constants as http2, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { Caller } from '../access/access.ts';
import { type CallEvents, callTypeOf } from '../observe/call-events.ts';
import type { ObservedCalls } from '../observe/observed-calls.ts';
import { status } from '../wire/grpc-status.ts';
import { COMPRESSED, HeaderMetadata, type Incoming, stopClient } from './call.ts';
import { readTimeout } from './deadline.ts';
import { refuse } from './router.ts';
import type { StallWatch } from './stall-watch.ts';

/**
 * The most bytes in a message to health or reflection, which contains only a name. grpc-js keeps
 * the whole chunk that each frame was read in until the message is complete.
 */
export const FOREIGN_MESSAGE_BYTES_MAX = 4096;

/** A call that is handed over. */
interface Opening {
  /** Who calls, by its name in the access file. */
  readonly client?: string | undefined;
  events?: CallEvents;
}

/** Calls that grpc-js answers (health and reflection). They are observed just like our own. */
export class ForeignCalls {
  readonly #observer: ObservedCalls;
  readonly #stalls: StallWatch;
  /** The call being handed over; its interceptor runs before the hand-over returns. */
  #opening: Opening = {};

  constructor(parts: { readonly observer: ObservedCalls; readonly stalls: StallWatch }) {
    this.#observer = parts.observer;
    this.#stalls = parts.stalls;
  }

  /** Open calls of callers who are known. */
  readonly #known = new Map<ServerHttp2Stream, Caller>();

  /** Reports each call of an existing method, and its messages. */
  readonly interceptor: ServerInterceptor = (method, call) => {
    let events: CallEvents | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, pass) => {
            const opening = this.#opening;
            const { client } = opening;
            const named = { get: (name: string) => metadata.get(name), client };
            events = this.#observer.started(method.path, callTypeOf(method), named);
            opening.events = events;
            pass(metadata);
          },
          onReceiveMessage: (message, pass) => {
            events?.messageReceived();
            pass(message);
          },
        });
      },
      sendMetadata: (metadata, pass) => {
        metadata.set('grpc-accept-encoding', 'identity');
        pass(metadata);
      },
      sendMessage: (message, pass) => {
        events?.messageSent();
        pass(message);
      },
    });
  };

  /** Ends the calls of callers of whom this throws. */
  reconsider(check: (caller: Caller) => void): void {
    for (const [stream, caller] of this.#known) {
      try {
        check(caller);
      } catch {
        stream.close(http2.NGHTTP2_CANCEL);
      }
    }
  }

  /** Hands a stream over to grpc-js. */
  take({ stream, headers, caller }: Incoming, handOver: () => void): void {
    const encoding = headers['grpc-encoding'];
    if (encoding !== undefined && encoding !== 'identity') return refuse(stream, COMPRESSED);
    dropDistantDeadline(headers);
    const watched = {
      stream,
      metadata: new HeaderMetadata(headers, caller?.client.name),
      isAsked: true,
    };
    this.#stalls.watch(watched);
    if (caller !== undefined) this.#known.set(stream, caller);
    stream.once('finish', () => stopClient(stream));
    const opening: Opening = { client: caller?.client.name };
    this.#opening = opening;
    handOver();
    stream.once('close', () => {
      this.#stalls.clear(watched);
      this.#known.delete(stream);
      opening.events?.ended({ code: codeOf(stream), details: '' });
    });
  }
}

/** grpc-js fails a call at once if a timer cannot count its deadline; here it has no deadline. */
function dropDistantDeadline(headers: IncomingHttpHeaders): void {
  if (readTimeout(headers['grpc-timeout']) === Number.POSITIVE_INFINITY) {
    delete headers['grpc-timeout'];
  }
}

/** The status that was sent on a stream, CANCELLED if none was. */
function codeOf({ sentHeaders, sentTrailers }: ServerHttp2Stream): number {
  const sent = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
  return sent === undefined ? status.CANCELLED : Number(sent);
}
