import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { status } from '../wire/grpc-status.ts';
import { ANSWER_HEADERS, type CallParts, type Incoming, type Method, stopClient } from './call.ts';
import { type GrpcStatus, statusHeaders, told } from './status.ts';

const NO_METHOD = told(status.UNIMPLEMENTED, 'ERR_REQUEST', 'the service has no such method');

/** Finds the method that a stream calls, if it is one of ours. */
export class Router {
  readonly #parts: CallParts;
  readonly #methods: ReadonlyMap<string, Method>;
  /** The prefixes of our services: `/package.Service/`. */
  readonly #services: ReadonlySet<string>;

  constructor(methods: readonly Method[], parts: CallParts) {
    this.#parts = parts;
    this.#methods = new Map(methods.map((method) => [method.path, method]));
    this.#services = new Set(methods.map(({ path }) => serviceOf(path)));
  }

  /** Whether a path is that of one of our methods. */
  has(path: string): boolean {
    return this.#methods.has(path);
  }

  /** Answers a call of one of our services; returns false for any other call. */
  take(incoming: Incoming): boolean {
    const { headers, stream } = incoming;
    const path = headers[':path'] ?? '';
    const method = this.#methods.get(path);
    if (method === undefined && !this.#services.has(serviceOf(path))) return false;
    if (headers[':method'] !== 'POST') {
      answerAlone(stream, { ':status': 405, allow: 'POST' });
    } else if (!isGrpc(headers['content-type'])) {
      answerAlone(stream, { ':status': 415 });
    } else if (method === undefined) {
      refuse(stream, NO_METHOD);
    } else {
      method.open(incoming, this.#parts);
    }
    return true;
  }
}

function serviceOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:$|[+;])/.test(contentType);
}

/** Answers a stream with only a status, without creating a call. */
export function refuse(stream: ServerHttp2Stream, refusal: GrpcStatus): void {
  answerAlone(stream, { ...ANSWER_HEADERS, ...statusHeaders(refusal) });
}

function answerAlone(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders): void {
  // An error also closes the stream, so there is nothing to do.
  stream.on('error', () => undefined);
  stream.respond(headers, { endStream: true });
  stopClient(stream);
}
