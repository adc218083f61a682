import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ServerCertificate } from '#tacet/rpc/tls/server-certificate.js';
import { Authority } from '../../../bench/tls/certificates.ts';
import { afterTest, temporaryFolder, until } from '../../server/fixture.ts';

/** A certificate that is looked at only when a test says so, or every few ms. */
async function serve({ pollMs = 3_600_000 } = {}) {
  const folder = temporaryFolder();
  const authority = new Authority(folder);
  const clients = new Authority(folder, 'clients');
  const paths = { ...authority.sign('server'), clientCa: clients.cert };
  const outcomes: string[] = [];
  const errors: unknown[] = [];
  const log = {
    info: () => undefined,
    error: (fields: { err?: unknown }) => void errors.push(fields.err),
  };
  const onReload = (outcome: string): void => void outcomes.push(outcome);
  const certificate = await ServerCertificate.open(paths, { log, pollMs, onReload });
  certificate.start();
  afterTest(() => certificate.stop());
  return { folder, authority, clients, paths, certificate, outcomes, errors };
}

const serialOf = (path: string): string => new X509Certificate(readFileSync(path)).serialNumber;

describe('files in place of those served', () => {
  it('are served from the next look on, without a word where they are the same', async () => {
    const { authority, paths, certificate, outcomes } = await serve();
    copyFileSync(paths.cert, `${paths.cert}.copy`);
    copyFileSync(`${paths.cert}.copy`, paths.cert);
    await certificate.look();
    expect(outcomes).toEqual([]);
    authority.sign('server', { untilMs: 90 * 3_600_000 });
    await certificate.look();
    expect(outcomes).toEqual(['swapped']);
    expect(certificate.options.cert).toEqual(readFileSync(paths.cert));
    expect(certificate.expiresMs).toBeGreaterThan(Date.now() + 89 * 3_600_000);
  });

  it('are waited for while only half of them is there', async () => {
    const { authority, paths, certificate, outcomes, errors } = await serve();
    const old = readFileSync(paths.cert);
    authority.sign('server');
    const renewed = readFileSync(paths.cert);
    writeFileSync(paths.cert, old);
    await certificate.look();
    expect([outcomes, errors, certificate.refusal]).toEqual([[], [], undefined]);
    writeFileSync(paths.cert, renewed);
    await certificate.look();
    expect(outcomes).toEqual(['swapped']);
  });

  it('are refused at the second look, and told once, while the old ones go on', async () => {
    const { folder, paths, certificate, outcomes, errors } = await serve();
    const old = readFileSync(paths.cert);
    writeFileSync(paths.cert, readFileSync(new Authority(folder, 'other').cert));
    for (let look = 0; look < 4; look++) await certificate.look();
    expect(outcomes).toEqual(['refused']);
    expect(errors).toHaveLength(1);
    expect(certificate.refusal?.message).toContain(
      `${paths.key}: the key is not that of ${paths.cert}`,
    );
    expect(certificate.options.cert).toEqual(old);
    writeFileSync(paths.cert, old);
    await certificate.look();
    expect(certificate.refusal).toBeUndefined();
  });

  it('are refused at once where somebody says that they are whole', async () => {
    const { paths, certificate, outcomes } = await serve();
    rmSync(paths.key);
    await certificate.look({ isWhole: true });
    expect(outcomes).toEqual(['refused']);
    expect(certificate.refusal?.message).toContain('no such file');
  });

  it('are seen by themselves, authorities of clients too', async () => {
    const { folder, paths, certificate, outcomes } = await serve({ pollMs: 20 });
    const others = new Authority(folder, 'others');
    copyFileSync(others.cert, paths.clientCa);
    await until('they are seen', () => outcomes.length === 1);
    expect(certificate.options.ca).toEqual(readFileSync(others.cert));
  });
});

describe('a TLS server that follows them', () => {
  it('shows new connections the new one, and leaves the open ones alone', async () => {
    const { authority, paths, certificate } = await serve();
    const server = createServer({ ...certificate.options }, (socket) => socket.pipe(socket));
    certificate.renewOn(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    afterTest(() => server.close());
    // It listens on a port.
    const { port } = server.address() as AddressInfo;
    const open = async () => {
      const socket = connect({ socket: connectTcp(port, '127.0.0.1'), ca: authority.ca });
      await once(socket, 'secureConnect');
      afterTest(() => socket.destroy());
      return socket;
    };
    const first = await open();
    const old = serialOf(paths.cert);
    expect(first.getPeerX509Certificate()?.serialNumber).toBe(old);
    authority.sign('server');
    await certificate.look();
    expect((await open()).getPeerX509Certificate()?.serialNumber).toBe(serialOf(paths.cert));
    expect(serialOf(paths.cert)).not.toBe(old);
    first.write('still here');
    expect(String((await once(first, 'data'))[0])).toBe('still here');
  });
});
