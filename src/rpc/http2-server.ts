import http2, {
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { TacetError } from '../errors.ts';

/**
 * The seam to grpc-js, the only one: an HTTP/2 server that grpc-js has made and set up, of which
 * this server listens, sees the sessions, and takes the streams of its own services.
 *
 * grpc-js gives such a server to nobody. It makes one for connections that are injected, which is
 * public, and does so by `http2.createServer` before that call returns: that is where it is had.
 * What it hangs on it are one listener of 'session' and one of 'stream'; see `createHttp2Server`
 * and `_setupHandlers` in its server.js.
 */
interface GrpcHttp2Server {
  /** Without a listener of 'stream'. */
  readonly server: Http2Server;
  /** Lets grpc-js answer a stream. */
  handOver(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): void;
}

export function openHttp2Server(grpc: Server): GrpcHttp2Server {
  const server = catchHttp2Server(() => {
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

/** The only HTTP/2 server that is made while `make` runs. */
function catchHttp2Server(make: () => void): Http2Server | undefined {
  const made: Http2Server[] = [];
  const { createServer } = http2;
  const create = new Proxy(createServer, {
    apply: (target, self, parts) => {
      const server: Http2Server = Reflect.apply(target, self, parts);
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

function unknownGrpc(): TacetError {
  return new TacetError('ERR_INTERNAL', {
    what: '@grpc/grpc-js is not the version this server was written for',
    fix: 'Install the pinned version: npm ci',
  });
}
