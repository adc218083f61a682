import type { Http2Server } from 'node:http2';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { HandshakeFailure } from '../../observe/metrics/connections.ts';
import type { ObservedCalls } from '../../observe/observed-calls.ts';
import type { ServerCertificate } from '../tls/server-certificate.ts';
import type { Connections } from './connections.ts';

/** What of a server's connections a front has to know, and to tell. */
interface FrontParts {
  readonly certificate: ServerCertificate;
  readonly connections: Connections;
  readonly observer: ObservedCalls;
}

/** What OpenSSL says of a handshake that failed, and what it means; anything else is 'other'. */
const FAILURES: readonly [code: RegExp, failure: HandshakeFailure][] = [
  [/^ERR_SSL_(HTTP_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/, 'plain-text'],
  [/^ERR_SSL_(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|UNKNOWN_PROTOCOL)$/, 'version'],
  [/^ERR_SSL_NO_SHARED_CIPHER$/, 'cipher'],
  [/^ERR_SSL_NO_APPLICATION_PROTOCOL$/, 'no-http2'],
  // The client has said that it does not take our certificate.
  [/^ERR_SSL_.*_ALERT_(UNKNOWN_CA|(BAD_|UNSUPPORTED_)?CERTIFICATE.*)$/, 'refused-by-client'],
  [/^ERR_SSL_/, 'other'],
];

/**
 * A TLS server in front of one of HTTP/2: what has made its handshake goes on there. TLS of Node's
 * own HTTP/2 server would cost the same, but hides the handshakes, which have no limit there.
 */
export function tlsFront(http2: Http2Server, parts: FrontParts): Server {
  const { certificate, connections, observer } = parts;
  const front = createServer({
    ...certificate.options,
    ALPNProtocols: ['h2'],
    requestCert: certificate.asksClients,
    // Those that show none are let in; what does not verify is refused below.
    rejectUnauthorized: false,
  });
  certificate.renewOn(front);
  front.on('connection', (socket) => {
    observer.connectionOpened(socket);
    connections.handshakeBegan(socket);
  });
  front.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    connections.handshakeEnded(socket);
    socket.destroy();
    const { code = '' } = error;
    const [, failure] = FAILURES.find(([codes]) => codes.test(code)) ?? [];
    // Who just leaves has not failed.
    if (failure !== undefined) observer.handshakeFailed(failure, code);
  });
  front.on('secureConnection', (socket) => {
    connections.handshakeEnded(socket);
    if (socket.alpnProtocol !== 'h2') {
      observer.handshakeFailed('no-http2');
      return refuse(socket);
    }
    // Node's types have an Error here; it is the code of OpenSSL's verification.
    const why = String(socket.authorizationError);
    if (certificate.asksClients && !socket.authorized && socket.getPeerX509Certificate()) {
      observer.handshakeFailed('client-certificate', why);
      return refuse(socket);
    }
    http2.emit('connection', socket);
  });
  return front;
}

/** Ends a connection that has made its handshake and may go no further. */
function refuse(socket: TLSSocket): void {
  socket.on('error', () => undefined);
  socket.destroySoon();
}
