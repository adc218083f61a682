import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { TacetError } from '../../errors.ts';

/**
 * The only seam to grpc-js: an HTTP/2 server that grpc-js has created and set up. Our server makes
 * it listen, sees its sessions and takes the streams of its own services.
 *
 * grpc-js does not expose such a server. It creates one for injected connections, a public feature,
 * by calling `http2.createServer` before that call returns, so we catch it there. grpc-js attaches
 * one 'session' and one 'stream' listener to it; see `createHttp2Server` and `_setupHandlers` in
 * its server.js.
 */
interface GrpcHttp2Server {
  /** Has no 'stream' listener. */
  readonly server: Http2Server;
  /** Lets grpc-js answer a stream. */
  handOver(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void;
}

/** @param options for `http2.createServer`, besides those of grpc-js */
export function openHttp2Server(grpc: Server, options: object): GrpcHttp2Server {
  const server = catchHttp2Server(options, () => {
    grpc.createConnectionInjector(ServerCredentials.createInsecure());
  });
  const [listener, ...others] = server?.listeners('stream') ?? [];
  if (server === undefined || listener === undefined || others.length > 0) throw unknownGrpc();
  server.removeAllListeners('stream');
  return {
    server,
    handOver: (...stream) => Reflect.apply(listener, server, stream),
  };
}

/** The HTTP/2 server created while `make` runs; undefined unless there is exactly one. */
function catchHttp2Server(options: object, make: () => void): Http2Server | undefined {
  const made: Http2Server[] = [];
  const { createServer } = http2;
  const create = new Proxy(createServer, {
    apply: (target, self, [given]) => {
      const server: Http2Server = Reflect.apply(target, self, [{ ...given, ...options }]);
      made.push(server);
      return server;
    },
  });
  Reflect.set(http2, 'createServer', create);
  try {
    make();
  } finally {
    Reflect.set(http2, 'createServer', createServer);
  }
  return made.length === 1 ? made[0] : undefined;
}

/**
 * Has Node read from a connection although it has stopped. Once nghttp2 has answered a violation of
 * HTTP/2 with GOAWAY, Node reads nothing more (`Http2Session::MaybeStopReading`), and a socket that
 * is not read is never seen to close. Reading it again is harmless: nghttp2 ignores what comes.
 */
export function readAgain({ socket }: ServerHttp2Session): void {
  Reflect.get(socket, '_handle')?.readStart();
}

function unknownGrpc(): TacetError {
  return new TacetError('ERR_INTERNAL', {
    what: '@grpc/grpc-js is not the version this server was written for',
    fix: 'Install the pinned version: npm ci',
  });
}
