import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { TacetClient, type TlsOptions } from '#tacet/client/index.js';
import { Authority } from '../../../bench/tls/certificates.ts';
import { metricsOf, sampleValue } from '../../observe/exposition.ts';
import {
  afterTest,
  type StartedServer,
  smallList,
  startServer,
  temporaryFolder,
} from '../../server/fixture.ts';

/** A server over TLS, with what it and its clients need. */
export interface TlsScene extends StartedServer {
  readonly folder: string;
  readonly authority: Authority;
  /** The flags of its certificate. */
  readonly flags: Readonly<Record<string, string>>;
}

export async function startTls(flags: Readonly<Record<string, string>> = {}): Promise<TlsScene> {
  const folder = temporaryFolder();
  const authority = new Authority(folder);
  const { cert, key } = authority.sign('server');
  const given = { 'tls-cert': cert, 'tls-key': key, ...flags };
  const started = await startServer(await smallList(folder), given);
  return { ...started, folder, authority, flags: given };
}

/** A plain connection that sends `bytes` and takes whatever comes. */
export function openRaw({ server }: StartedServer, bytes: Uint8Array): Socket {
  const socket = connectTcp(server.grpcPort, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => undefined);
  socket.resume();
  afterTest(() => socket.destroy());
  return socket;
}

/** A connection of TLS, whatever the server shows. */
export function openTls({ server }: StartedServer, options: ConnectionOptions = {}): TLSSocket {
  const peer = { host: '127.0.0.1', port: server.grpcPort, servername: 'localhost' };
  const given = { ...peer, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
  const socket = connect({ ...given, ...options });
  socket.on('error', () => undefined);
  socket.resume();
  afterTest(() => socket.destroy());
  return socket;
}

/** The verdict of a listed number, 2, by a client that trusts the authority. */
export async function ask({ server, authority }: TlsScene, tls: TlsOptions = {}): Promise<number> {
  const client = new TacetClient(`localhost:${server.grpcPort}`, {
    tls: { ca: authority.ca, ...tls },
    retriesMax: 0,
    timeoutMs: 5000,
  });
  afterTest(() => client.close());
  return (await client.check({ phoneNumber: '0475123456' })).verdict;
}

/** What the server counted. */
export async function counted({ server }: StartedServer) {
  const { samples } = await metricsOf(server.httpPort);
  const failed = (reason: string) =>
    sampleValue(samples, 'tacet_tls_handshake_failures_total', { reason });
  const limit = (reason: string) => sampleValue(samples, 'tacet_limits_reached_total', { reason });
  return {
    open: sampleValue(samples, 'tacet_connections'),
    received: sampleValue(samples, 'tacet_received_bytes_total'),
    sent: sampleValue(samples, 'tacet_sent_bytes_total'),
    broken: sampleValue(samples, 'tacet_protocol_errors_total'),
    late: limit('header-timeout'),
    refused: limit('connections'),
    failed,
  };
}
