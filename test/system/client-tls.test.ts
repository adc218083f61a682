import { execFileSync } from 'node:child_process';
import { connect, type Server as TcpServer } from 'node:net';
import { createServer, type TlsOptions as ServerTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient, type TlsOptions } from '#tacet/client/index.js';
import { Folder } from '../cli/commands.ts';
import { afterTest, smallList, startServer } from '../server/fixture.ts';

/** The client in front of what ends TLS: certificates are made by openssl. */
const folder = new Folder();
const pem = (name: string): Buffer => folder.read(name);

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder.path, stdio: 'pipe' });
}

beforeAll(() => {
  const authority = ['-subj', '/CN=authority', '-days', '2'];
  for (const name of ['ca', 'other-ca']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.crt`];
    openssl('req', '-x509', '-newkey', 'ed25519', '-nodes', ...files, ...authority);
  }
  for (const [name, host] of [
    ['server', 'tacet.example'],
    ['client', 'dialler.example'],
  ] as const) {
    folder.write(`${name}.ext`, `subjectAltName=DNS:${host}\n`);
    const request = ['-newkey', 'ed25519', '-nodes', '-subj', `/CN=${host}`];
    openssl('req', ...request, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-extfile', `${name}.ext`, '-days', '2'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
  }
});
afterAll(() => folder.remove());

/** Ends TLS in front of a server; resolves with its port. */
async function serveTls(options: ServerTls = {}): Promise<number> {
  const { server } = await startServer(await smallList());
  const given = { cert: pem('server.crt'), key: pem('server.key'), ALPNProtocols: ['h2'] };
  const front: TcpServer = createServer({ ...given, ...options }, (socket) => {
    const back = connect(server.grpcPort, '127.0.0.1');
    for (const end of [socket, back]) end.on('error', () => undefined);
    socket.pipe(back).pipe(socket);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  afterTest(() => front.close());
  // It listens on a port.
  return (front.address() as { port: number }).port;
}

async function check(port: number, tls: TlsOptions): Promise<number> {
  const client = new TacetClient(`127.0.0.1:${port}`, { tls, retriesMax: 0, timeoutMs: 2000 });
  afterTest(() => client.close());
  return (await client.check({ phoneNumber: '0475123456' })).verdict;
}

describe('a client over TLS', () => {
  const serverName = 'tacet.example';

  it('asks a server whose authority it knows', async () => {
    const port = await serveTls();
    expect(await check(port, { ca: pem('ca.crt'), serverName })).toBe(2);
    expect(await check(port, { ca: pem('ca.crt').toString(), serverName })).toBe(2);
  });

  it.each([
    ['another authority', () => ({ ca: pem('other-ca.crt'), serverName })],
    ['no authority', () => ({ serverName })],
    ['another name', () => ({ ca: pem('ca.crt'), serverName: 'other.example' })],
  ])('does not ask one with %s', async (_what, tls) => {
    await expect(check(await serveTls(), tls())).rejects.toMatchObject({ code: 'ERR_SERVER' });
  });

  it('shows its certificate where one is asked for', async () => {
    const wanted = { ca: pem('ca.crt'), requestCert: true, rejectUnauthorized: true };
    const port = await serveTls(wanted);
    const ca = pem('ca.crt');
    const own = { cert: pem('client.crt'), key: pem('client.key') };
    expect(await check(port, { ca, serverName, ...own })).toBe(2);
    await expect(check(port, { ca, serverName })).rejects.toMatchObject({ code: 'ERR_SERVER' });
  });
});
