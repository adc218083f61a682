import { execFile, execFileSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { Folder, packSource, type Serving, serve, stop, until } from '../../cli/commands.ts';

/** A server over TLS as OpenSSL's own client sees it; certificates are made by openssl, too. */
const folder = new Folder();
const pem = (name: string): Buffer => folder.read(name);
let server: Serving;
let port = '';

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder.path, stdio: 'pipe' });
}

const KEY = ['-newkey', 'rsa:2048', '-nodes'];

function authority(name: string): void {
  const said = ['-keyout', `${name}.key`, '-out', `${name}.crt`, '-subj', `/CN=${name}`];
  openssl('req', '-x509', ...KEY, ...said, '-days', '2');
}

function sign(name: string, { by = 'ca', host = name, days = '2' } = {}): void {
  folder.write(`${name}.ext`, `subjectAltName=DNS:${host}\n`);
  openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  const signed = ['-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-days', days];
  const files = ['-extfile', `${name}.ext`, '-out', `${name}.crt`];
  openssl('x509', '-req', '-in', `${name}.csr`, ...signed, ...files);
}

beforeAll(async () => {
  for (const name of ['ca', 'other-ca']) authority(name);
  sign('server', { host: 'localhost' });
  sign('client');
  sign('expired', { days: '-1' });
  sign('stranger', { by: 'other-ca' });
  // As openssl 1 wrote RSA keys.
  openssl('rsa', '-in', 'server.key', '-traditional', '-out', 'server-pkcs1.key');
  const file = (name: string): string => folder.file(name);
  const flags = ['--tls-cert', file('server.crt'), '--tls-key', file('server-pkcs1.key')];
  const asking = ['--tls-client-ca', file('ca.crt')];
  server = await serve(await packSource(folder), [...flags, ...asking]);
  port = server.address.split(':').at(-1) ?? '';
});
afterAll(async () => {
  expect((await stop(server)).code).toBe(0);
  folder.remove();
});

/** What s_client prints, and how it ends. */
function sClient(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const given = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', 'ca.crt', ...args];
  return new Promise((resolve) => {
    const options = { cwd: folder.path, timeout: 10_000 };
    execFile('openssl', given, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, said: stdout + stderr });
    });
  });
}

async function ask(): Promise<number> {
  const client = new TacetClient(`localhost:${port}`, { tls: { ca: pem('ca.crt') } });
  try {
    return (await client.check({ phoneNumber: '0475123456' })).verdict;
  } finally {
    client.close();
  }
}

describe('openssl s_client', () => {
  it.each([
    ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], /alert protocol version/],
    ['TLS 1.0', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], /alert protocol version/],
    ['RSA key exchange', ['-tls1_2', '-cipher', 'AES256-SHA'], /alert handshake failure/],
    ['CBC', ['-tls1_2', '-cipher', 'ECDHE-RSA-AES128-SHA256'], /alert handshake failure/],
    ['no HTTP/2', ['-alpn', 'http/1.1'], /alert no application protocol/],
  ])('with %s is refused by an alert', async (_, args, alert) => {
    const { code, said } = await sClient('-alpn', 'h2', ...args);
    expect([code, said]).toEqual([1, expect.stringMatching(alert)]);
    expect(await ask()).toBe(2);
  });

  it.each([
    ['of another authority', 'stranger', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['that has expired', 'expired', 'CERT_HAS_EXPIRED'],
  ])('with a certificate %s is let go at once, and the log says why', async (_, name, why) => {
    const { said } = await sClient('-alpn', 'h2', '-cert', `${name}.crt`, '-key', `${name}.key`);
    expect(said).toContain('Verify return code: 0 (ok)');
    await until('the log says so', () => server.stderr().includes(`"code":"${why}"`));
    expect(await ask()).toBe(2);
  });

  it('finds the name wrong, and the authority, where they are', async () => {
    const strict = ['-alpn', 'h2', '-verify_return_error'];
    const name = await sClient(...strict, '-verify_hostname', 'other.example');
    expect([name.code, name.said]).toEqual([1, expect.stringContaining('hostname mismatch')]);
    const unknown = await sClient(...strict, '-CAfile', 'other-ca.crt');
    expect([unknown.code, unknown.said]).toEqual([1, expect.stringContaining('self-signed')]);
    await until('the log says so', () => server.stderr().includes('"refused-by-client"'));
    expect(await ask()).toBe(2);
  });
});

describe('a thousand connections', () => {
  it.each([
    ['that begin a handshake and leave', '1603010200010001fc0303'],
    ['that are plain text', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n').toString('hex')],
    ['that say nothing', ''],
  ])('%s leave nothing, and a good client is served meanwhile', async (_, hex) => {
    const client = new TacetClient(`localhost:${port}`, { tls: { ca: pem('ca.crt') } });
    const sockets: Socket[] = [];
    for (let made = 0; made < 1000; made++) {
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(Buffer.from(hex, 'hex')),
      );
      socket.on('error', () => undefined);
      socket.resume();
      sockets.push(socket);
      if (made % 50 === 0)
        expect((await client.check({ phoneNumber: '0475123456' })).verdict).toBe(2);
    }
    for (const socket of sockets) socket.destroy();
    await until('only the good client is left', async () => {
      const metrics = await (await fetch(`http://${server.http}/metrics`)).text();
      return /^tacet_connections 1$/m.test(metrics);
    });
    expect((await client.check({ phoneNumber: '0475123456' })).verdict).toBe(2);
    client.close();
    expect(server.child.exitCode).toBeNull();
  });
});
