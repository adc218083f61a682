import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { proxyFor } from '#tacet/client/channel/proxy.js';
import { TacetClient } from '#tacet/client/index.js';
import { tacet } from '../cli/commands.ts';
import { afterTest, smallList, startServer } from '../server/fixture.ts';

/** A name that only the proxy knows. */
const REMOTE = 'tacet.example:50051';
/** Nothing listens there. */
const DEAD = 'http://127.0.0.1:9';

interface Connect {
  readonly target: string | undefined;
  readonly credentials: string | undefined;
}

/** An HTTP proxy that connects to `port` of this machine, whatever it is asked for. */
async function startProxy(port: number, refusal?: string) {
  const asked: Connect[] = [];
  const proxy: Server = createServer();
  proxy.on('connect', (request, socket) => {
    const credentials = request.headers['proxy-authorization'];
    asked.push({ target: request.url, credentials });
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      return;
    }
    const server = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      server.pipe(socket).pipe(server);
    });
    for (const end of [server, socket]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  afterTest(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  // It listens on a port.
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

describe('a proxy of the environment', () => {
  it.each(['127.0.0.1', 'localhost'])('is never asked for %s', async (host) => {
    const { server } = await startServer(await smallList());
    const address = `${host}:${server.grpcPort}`;
    for (const variable of ['http_proxy', 'https_proxy', 'grpc_proxy']) {
      const env = { [variable]: DEAD };
      expect(await tacet(['health', '--server', address], { env })).toMatchObject({ code: 0 });
      const checked = await tacet(['check', '0475123456', '--server', address], { env });
      expect(checked).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('is asked for other machines, and named in the error', async () => {
    const { server } = await startServer(await smallList());
    const { url, asked } = await startProxy(server.grpcPort);
    const env = { https_proxy: url.replace('//', '//me:secret@') };
    const checked = await tacet(['check', '0475123456', '--server', REMOTE], { env });
    expect(checked).toMatchObject({ code: 0, stderr: '' });
    const credentials = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    expect(asked[0]).toEqual({ target: REMOTE, credentials });

    const failed = await tacet(['health', '--server', REMOTE], { env: { https_proxy: DEAD } });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('through the proxy 127.0.0.1:9 of https_proxy');
    expect(failed.stderr).not.toMatch(/undefined|^E |Resolution note/m);
  });

  it('that refuses is named, and its password is not', async () => {
    const { url } = await startProxy(0, '403 Forbidden');
    const env = { http_proxy: url.replace('//', '//me:secret@') };
    const failed = await tacet(['health', '--server', REMOTE], { env });
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`through the proxy ${url.slice(7)} of http_proxy`);
    expect(failed.stderr).not.toContain('secret');
  });
});

describe('--proxy, and the option of the client', () => {
  it('wins over the environment', async () => {
    const { server } = await startServer(await smallList());
    const { url, asked } = await startProxy(server.grpcPort);
    const flags = ['--server', REMOTE, '--proxy', url];
    const env = { http_proxy: DEAD };
    expect(await tacet(['health', ...flags], { env })).toMatchObject({ code: 0 });
    const client = new TacetClient(REMOTE, { proxy: url });
    afterTest(() => client.close());
    expect(await client.check({ phoneNumber: '0475123456' })).toMatchObject({ verdict: 2 });
    expect(asked.map(({ target }) => target)).toEqual([REMOTE, REMOTE]);
  });

  it.each(['https://proxy.example', 'socks5://proxy.example', 'proxy.example:3128'])(
    'refuses %s',
    async (proxy) => {
      const failed = await tacet(['health', '--server', REMOTE, '--proxy', proxy]);
      expect(failed.code).toBe(2);
      expect(failed.stderr).toContain('expected http://HOST:PORT');
    },
  );
});

describe('the proxy for an address', () => {
  const environment = { http_proxy: 'http://proxy.example:3128' };
  const none = { ...environment, no_proxy: ' .example, 10.0.0.0/8,tacet,*.test,' };

  it.each([
    ['tacet.test:50051', environment, 'proxy.example:3128'],
    ['dns:///tacet.test:50051', environment, 'proxy.example:3128'],
    ['[2001:db8::1]:50051', environment, 'proxy.example:3128'],
    ['192.0.2.1:50051', { grpc_proxy: 'http://a.example', ...environment }, 'a.example:80'],
    ['192.0.2.1:50051', none, 'proxy.example:3128'],
    ['nottacet:50051', none, 'proxy.example:3128'],
    ['10.1.2.3:50051', none, undefined],
    ['tacet:50051', none, undefined],
    ['a.tacet:50051', none, undefined],
    ['a.EXAMPLE:50051', none, undefined],
    ['a.b.test:50051', none, undefined],
    ['a.test:50051', { ...none, no_grpc_proxy: 'b.test' }, 'proxy.example:3128'],
    ['a.test:50051', { ...environment, no_proxy: '*' }, undefined],
    ['a.test:50051', {}, undefined],
    ['127.8.9.1:50051', environment, undefined],
    ['[::1]:50051', environment, undefined],
    ['localhost:50051', environment, undefined],
    ['unix:/run/tacet.sock', environment, undefined],
    ['ipv4:192.0.2.1:50051,192.0.2.2:50051', environment, undefined],
  ])('%s of %o is %s', (address, variables, proxy) => {
    expect(proxyFor(address, undefined, variables)?.address).toBe(proxy);
  });

  it('is none if it is empty, whatever the environment says', () => {
    expect(proxyFor('a.test:1', '', environment)).toBe(undefined);
  });

  it.each([
    ['ipv4:192.0.2.1:50051,192.0.2.2:50051', 'http://proxy.example', 'one server only'],
    ['unix:/run/tacet.sock', 'http://proxy.example', 'one server only'],
    ['a.test:1', 'ftp://proxy.example', 'expected http://HOST:PORT'],
  ])('%s through %s fails', (address, given, text) => {
    expect(() => proxyFor(address, given, {})).toThrow(text);
  });
});
