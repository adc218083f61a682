import { copyFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { Authority } from '../../bench/tls/certificates.ts';
import { afterTest, smallList, startServer, temporaryFolder, until } from './fixture.ts';

/** A server whose HTTP port is encrypted, and whose gRPC port is a socket. */
async function startHttps(flags: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const authority = new Authority(folder);
  const files = authority.sign('server');
  const socket = `unix:${folder}/tacet.sock`;
  const given = { listen: socket, 'tls-cert': files.cert, 'tls-key': files.key, ...flags };
  const started = await startServer(await smallList(folder), { 'http-tls': 'true', ...given });
  const read = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const peer = {
        host: '127.0.0.1',
        port: started.server.httpPort,
        path,
        agent: false as const,
      };
      const asked = get({ ...peer, servername: 'localhost', ca: authority.ca }, (response) => {
        let body = '';
        response.on('data', (part) => {
          body += part;
        });
        response.on('end', () => resolve(body));
      });
      asked.on('error', reject);
    });
  return { ...started, folder, authority, files, socket, read };
}

it('--http-tls encrypts the probes, and leaves a socket of the file system plain', async () => {
  const { server, socket, read } = await startHttps();
  expect(JSON.parse(await read('/readyz'))).toEqual({ ready: true, reasons: [] });
  expect(await read('/metrics')).toMatch(/^tacet_tls_certificate_expiry_timestamp_seconds \d/m);
  const client = new TacetClient(socket);
  afterTest(() => client.close());
  expect((await client.check({ phoneNumber: '0475123456' })).verdict).toBe(2);
  const plain = connect(server.httpPort, '127.0.0.1', () => plain.write('GET / HTTP/1.1\r\n\r\n'));
  plain.on('error', () => undefined);
  await until('plain text is cut off', () => plain.closed);
});

it('its connections have their limit, handshakes among them', async () => {
  const { server, read } = await startHttps({ 'http-connections-max': '2' });
  const opened = [0, 1, 2].map(() => {
    const socket = connect(server.httpPort, '127.0.0.1');
    socket.on('error', () => undefined);
    afterTest(() => socket.destroy());
    return socket;
  });
  await until('the oldest is closed', () => opened[0]?.closed === true);
  const idle = connectTls({ host: '127.0.0.1', port: server.httpPort, rejectUnauthorized: false });
  idle.on('error', () => undefined);
  await until('the next is closed', () => opened[1]?.closed === true);
  expect(await read('/livez')).toBe('{"live":true}\n');
});

it('a pair that does not fit is told by /readyz, log and metric, until one does', async () => {
  const { server, folder, authority, files, errors, read } = await startHttps();
  copyFileSync(files.cert, `${folder}/good.crt`);
  writeFileSync(files.cert, authority.ca);
  await server.reload();
  const { ready, warnings } = JSON.parse(await read('/readyz'));
  expect([ready, warnings]).toEqual([
    true,
    ['the new certificate is refused, the old one goes on: see the log'],
  ]);
  expect(errors.join('')).toContain(`${files.key}: the key is not that of ${files.cert}`);
  expect(await read('/metrics')).toMatch(/^tacet_tls_reloads_total\{outcome="refused"\} 1$/m);
  copyFileSync(`${folder}/good.crt`, files.cert);
  await server.reload();
  expect(JSON.parse(await read('/readyz')).warnings).toBeUndefined();
  authority.sign('server');
  await server.reload();
  expect(await read('/metrics')).toMatch(/^tacet_tls_reloads_total\{outcome="swapped"\} 1$/m);
});
