import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Address } from '../../options/values.ts';
import { listenOn } from '../../rpc/connections/listen.ts';
import type { ServerCertificate } from '../../rpc/tls/server-certificate.ts';
import type { Readiness } from '../../serving/readiness.ts';
import { openPort } from '../open-port.ts';
import { limitConnections } from './http-connections.ts';

/** Limits of the HTTP endpoint. */
interface HttpLimits {
  readonly httpConnectionsMax: number;
  /** For the whole of a request, from the opening of its connection. */
  readonly headerTimeoutMs: number;
}

/** What the HTTP endpoint shows, and whom it tells. */
interface HttpSources {
  metrics(): Promise<string>;
  readonly metricsContentType: string;
  readiness(): Readiness;
  /** A connection was closed to make room for another. */
  connectionClosed(): void;
  /** Encrypts the connections; undefined = they are plain. */
  readonly certificate: ServerCertificate | undefined;
}

/** How long a client may leave its answer unread. */
const UNREAD_MS_MAX = 10_000;

/**
 * Serves `/metrics`, `/livez` and `/readyz`. Resolves with the server once it listens.
 * Errors: ERR_IO if the address cannot be listened on.
 */
export async function serveHttp(
  address: Address,
  { httpConnectionsMax, headerTimeoutMs }: HttpLimits,
  sources: HttpSources,
): Promise<{ port: number; close(): Promise<void> }> {
  const limits = {
    headersTimeout: headerTimeoutMs,
    requestTimeout: headerTimeoutMs,
    connectionsCheckingInterval: Math.min(500, headerTimeoutMs / 2),
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    respond(request, response, sources).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
  // A socket of the file system stays plain.
  const certificate = 'path' in address ? undefined : sources.certificate;
  const server = open(certificate, limits, answer);
  server.timeout = UNREAD_MS_MAX;
  limitConnections(server, {
    max: httpConnectionsMax,
    isEncrypted: certificate !== undefined,
    onClosed: sources.connectionClosed,
  });
  const port = await openPort('http', address, () => listenOn(server, address));
  return { port, close: () => close(server) };
}

function open(
  certificate: ServerCertificate | undefined,
  limits: ServerOptions,
  answer: RequestListener,
): Server {
  if (certificate === undefined) return createServer(limits, answer);
  const handshakeTimeout = limits.headersTimeout;
  const server = createTlsServer({ ...certificate.options, ...limits, handshakeTimeout }, answer);
  certificate.renewOn(server);
  return server;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  sources: HttpSources,
): Promise<void> {
  if (request.socket.destroyed) return;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return send(response, 405, 'text/plain; charset=utf-8', 'only GET and HEAD\n');
  }
  const path = (request.url ?? '').split('?')[0];
  if (path === '/metrics') {
    return send(response, 200, sources.metricsContentType, await sources.metrics());
  }
  if (path === '/livez') return send(response, 200, 'application/json', '{"live":true}\n');
  if (path === '/readyz') {
    const readiness = sources.readiness();
    const body = `${JSON.stringify(readiness)}\n`;
    return send(response, readiness.ready ? 200 : 503, 'application/json', body);
  }
  return send(response, 404, 'text/plain; charset=utf-8', 'try /metrics, /livez or /readyz\n');
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
