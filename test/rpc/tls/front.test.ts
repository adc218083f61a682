import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { Authority, type SignedFiles } from '../../../bench/tls/certificates.ts';
import { afterTest, smallList, startServer, temporaryFolder, until } from '../../server/fixture.ts';
import { ask, counted, openRaw, openTls, startTls } from './fixture.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** A record of a handshake, of which most is missing. */
const HALF_HELLO = Buffer.from('16030102000100', 'hex');

describe('a client over TLS', () => {
  it('is answered, and its bytes are counted as they go over the wire', async () => {
    const scene = await startTls();
    expect(await ask(scene)).toBe(2);
    const { open, received, sent } = await counted(scene);
    expect(open).toBe(1);
    // A certificate is more than all of an answer.
    expect([received, sent].every((bytes) => (bytes ?? 0) > 400)).toBe(true);
  });

  it('agrees on the cheapest cipher, on ChaCha20 where it names that first', async () => {
    const scene = await startTls();
    const agreed = async (options: ConnectionOptions): Promise<string> => {
      const socket = openTls(scene, options);
      await until('the handshake is made', () => socket.getCipher()?.name !== undefined);
      return `${socket.getProtocol()} ${socket.getCipher().standardName}`;
    };
    expect(await agreed({})).toBe('TLSv1.3 TLS_AES_128_GCM_SHA256');
    const chacha = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';
    expect(await agreed({ ciphers: chacha })).toBe('TLSv1.3 TLS_CHACHA20_POLY1305_SHA256');
    const old = await agreed({ maxVersion: 'TLSv1.2' });
    expect(old).toBe('TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
  });
});

/** What Node itself would not offer. */
function old(options: ConnectionOptions): ConnectionOptions {
  return { ...options, ciphers: `${options.ciphers ?? 'ALL'}:@SECLEVEL=0` };
}

const NO_CLIENTS: [what: string, options: ConnectionOptions, reason: string][] = [
  ['TLS 1.1', old({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }), 'version'],
  ['no forward secrecy', old({ ciphers: 'AES128-SHA', maxVersion: 'TLSv1.2' }), 'cipher'],
  ['HTTP/1.1', { ALPNProtocols: ['http/1.1'] }, 'no-http2'],
  ['no protocol', { ALPNProtocols: [] }, 'no-http2'],
];
const PLAIN_TEXTS = [
  PREFACE,
  Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  Buffer.from('\0'.repeat(64)),
  Buffer.alloc(64, 0xff),
];

describe('what cannot be a client', () => {
  it('is cut off at once, and counted by reason, while others are served', async () => {
    const scene = await startTls();
    for (const [what, options, reason] of NO_CLIENTS) {
      const before = (await counted(scene)).failed(reason) ?? Number.NaN;
      const socket = openTls(scene, options);
      await until(`${what} is cut off`, () => socket.closed, 4000);
      expect([what, (await counted(scene)).failed(reason)]).toEqual([what, before + 1]);
      expect(scene.log.join('')).toContain(`"reason":"${reason}"`);
    }
    const plain = PLAIN_TEXTS.map((bytes) => openRaw(scene, bytes));
    await until('plain text is cut off', () => plain.every(({ closed }) => closed), 4000);
    const stranger = openTls(scene, { rejectUnauthorized: true });
    await until('who does not know the authority is gone', () => stranger.closed, 4000);
    await until('nothing is left', async () => (await counted(scene)).open === 0, 4000);
    expect((await counted(scene)).failed('plain-text')).toBe(PLAIN_TEXTS.length);
    expect(await ask(scene)).toBe(2);
  });

  it('over TLS where the port is plain, is cut off at once, and counted', async () => {
    const started = await startServer(await smallList());
    const socket = openTls(started);
    await until('it is closed', () => socket.closed, 4000);
    expect(await counted(started)).toMatchObject({ open: 0, broken: 1 });
  });
});

describe('a handshake', () => {
  it('is ended after --header-timeout, also one that goes on byte by byte', async () => {
    const scene = await startTls({ 'header-timeout': '300ms' });
    const sockets = [Buffer.alloc(0), HALF_HELLO, HALF_HELLO].map((bytes) => openRaw(scene, bytes));
    const drip = setInterval(() => sockets[2]?.write(Buffer.of(0)), 20);
    afterTest(() => clearInterval(drip));
    await until('they are closed', () => sockets.every(({ closed }) => closed), 4000);
    expect(await counted(scene)).toMatchObject({ open: 0, late: 3 });
  });

  it('whose client leaves is gone, and nothing is said of it', async () => {
    const scene = await startTls();
    const sockets = Array.from({ length: 20 }, () => openRaw(scene, HALF_HELLO));
    await until('they are open', async () => (await counted(scene)).open === 20);
    for (const socket of sockets) socket.destroy();
    await until('they are gone', async () => (await counted(scene)).open === 0);
    expect(scene.log.join('')).not.toContain('handshake failed');
  });

  it('is among the connections of --connections-max, and makes room', async () => {
    const scene = await startTls({ 'connections-max': '3' });
    expect(await ask(scene)).toBe(2);
    const oldest = openRaw(scene, HALF_HELLO);
    await until('two are open', async () => (await counted(scene)).open === 2);
    const younger = openRaw(scene, HALF_HELLO);
    await until('three are open', async () => (await counted(scene)).open === 3);
    expect(await ask(scene)).toBe(2);
    await until('the oldest is closed', () => oldest.closed);
    expect(younger.closed).toBe(false);
    expect((await counted(scene)).refused).toBe(1);
  });

  it('does not hold up a server that stops', async () => {
    const scene = await startTls();
    const socket = openRaw(scene, HALF_HELLO);
    await until('it is open', async () => (await counted(scene)).open === 1);
    await scene.server.stop();
    await until('it is closed', () => socket.closed, 1000);
  });
});

describe('--tls-client-ca', () => {
  it('lets in who shows no certificate or a good one, and cuts off all others', async () => {
    const folder = temporaryFolder();
    const clients = new Authority(folder, 'clients');
    const scene = await startTls({ 'tls-client-ca': clients.cert });
    const shown = ({ cert, key }: SignedFiles) => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    });
    expect(await ask(scene)).toBe(2);
    expect(await ask(scene, shown(clients.sign('good')))).toBe(2);
    for (const [files, code] of [
      [new Authority(folder, 'others').sign('stranger'), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      [clients.sign('late', { untilMs: -1000 }), 'CERT_HAS_EXPIRED'],
    ] as const) {
      await expect(ask(scene, shown(files))).rejects.toMatchObject({ code: 'ERR_SERVER' });
      expect(scene.log.join('')).toContain(`"reason":"client-certificate","code":"${code}"`);
    }
    expect((await counted(scene)).failed('client-certificate')).toBeGreaterThanOrEqual(2);
    expect(await ask(scene)).toBe(2);
  });
});
