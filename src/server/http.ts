import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Address } from '../options/values.ts';
import { listenOn } from '../rpc/listen.ts';
import type { Readiness } from '../serving/readiness.ts';
import { openPort } from './open-port.ts';

/** What the HTTP endpoint shows. */
interface HttpSources {
  metrics(): Promise<string>;
  readonly metricsContentType: string;
  readiness(): Readiness;
}

/**
 * Probes and scrapes are few and small; a client that needs more connections has the wrong port.
 */
const CONNECTIONS_MAX = 64;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Serves `/metrics`, `/livez` and `/readyz`. Resolves with the server once it listens.
 * Errors: ERR_IO if the address cannot be listened on.
 */
export async function serveHttp(
  address: Address,
  sources: HttpSources,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    respond(request, response, sources).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  const port = await openPort('http', address, () => listenOn(server, address));
  return { port, close: () => close(server) };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  sources: HttpSources,
): Promise<void> {
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
