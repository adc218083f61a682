import { utils } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { serverWith } from './fixture.ts';
import { HOST_KEY, makeServerKey } from './sftp-server.ts';

/** Servers with several host keys, and servers with old algorithms. */

const RSA = makeServerKey('rsa');

describe('a server with several host keys', () => {
  const hostKeys = [HOST_KEY, RSA];

  it.each([
    ['RSA', RSA, 2],
    ['Ed25519', HOST_KEY, 1],
  ])('is the right one where its %s key is pinned', async (_, { fingerprint }, connections) => {
    const { server, sync } = await serverWith({ hostKeys });
    expect(await sync({ hostKeys: [fingerprint] })).toMatchObject({ result: 'switched' });
    expect(server.connections).toBe(connections);
    expect(server.tried).toEqual(['password']);
  });

  it('is the right one where known_hosts has its RSA key alone', async () => {
    const { server, place, sync } = await serverWith({ hostKeys });
    const key = utils.parseKey(RSA.privateKey);
    if (key instanceof Error) throw key;
    const line = `[127.0.0.1]:${server.port} ssh-rsa ${key.getPublicSSH().toString('base64')}\n`;
    const knownHostsFile = place.write('known_hosts', line);
    expect(await sync({ hostKeys: [], knownHostsFile })).toMatchObject({ result: 'switched' });
    expect(server.connections).toBe(1);
  });

  it('of which none is pinned is the wrong one: all are shown, and nothing is sent', async () => {
    const { server, sync } = await serverWith({ hostKeys });
    const other = makeServerKey('rsa').fingerprint;
    const { message, error } = await sync({ hostKeys: [other] });
    expect(error?.code).toBe('ERR_FETCH');
    expect(message).toContain(`the host key is not the one pinned, expected ${other}`);
    expect(message).toContain(`ssh-ed25519 ${HOST_KEY.fingerprint} and ssh-rsa ${RSA.fingerprint}`);
    expect(message).toContain('Nothing was sent');
    // Once for each of its keys, and no more.
    expect(server.connections).toBe(2);
    expect(server.tried).toEqual([]);
  });

  it('is asked once where no key is pinned at all', async () => {
    const { server, sync } = await serverWith({ hostKeys });
    const { message } = await sync({ hostKeys: [] });
    expect(message).toContain('no key of this host is pinned');
    expect(message).toContain(`--host-key ${HOST_KEY.fingerprint}`);
    expect([server.connections, server.tried]).toEqual([1, []]);
  });
});

describe('a server with old algorithms', () => {
  it.each([
    [
      'signs with ssh-rsa only',
      { hostKeys: [RSA], algorithms: { serverHostKey: ['ssh-rsa' as const] } },
      ['the server offers no host key algorithm that is safe to use', 'got ssh-rsa. '],
    ],
    [
      'exchanges keys with SHA-1 only',
      { hostKeys: [RSA], algorithms: { kex: ['diffie-hellman-group14-sha1' as const] } },
      [
        'the server offers no key exchange that is safe to use',
        'got diffie-hellman-group14-sha1. ',
      ],
    ],
  ])('%s: refused with what it offers, and let in when asked to', async (_, quirks, says) => {
    const { server, sync } = await serverWith(quirks);
    const hostKeys = [RSA.fingerprint];
    const { message, error } = await sync({ hostKeys });
    expect(error?.code).toBe('ERR_FETCH');
    for (const part of [...says, 'Ask its operator', '--legacy-algorithms']) {
      expect(message).toContain(part);
    }
    expect(server.tried).toEqual([]);
    expect(await sync({ hostKeys, legacyAlgorithms: true })).toMatchObject({ result: 'switched' });
  });

  it.each([
    [{ kex: ['diffie-hellman-group1-sha1' as const] }, 'no key exchange', 'group1-sha1'],
    [{ cipher: ['aes256-cbc' as const] }, 'no cipher', 'aes256-cbc'],
    [{ hmac: ['hmac-md5' as const], cipher: ['aes128-ctr' as const] }, 'no MAC', 'hmac-md5'],
  ])('that can be broken is refused even so: %j', async (algorithms, what, got) => {
    const { sync } = await serverWith({ algorithms });
    const { message } = await sync({ legacyAlgorithms: true });
    expect(message).toContain(`the server offers ${what} that is safe to use`);
    expect(message).toContain(got);
    expect(message).not.toContain('--legacy-algorithms');
  });

  it('is told apart from one whose other key is pinned', async () => {
    const quirks = {
      hostKeys: [HOST_KEY, RSA],
      algorithms: { serverHostKey: ['ssh-ed25519' as const, 'ssh-rsa' as const] },
    };
    const { sync } = await serverWith(quirks);
    const { message } = await sync({ hostKeys: [RSA.fingerprint] });
    expect(message).toContain('Its RSA key was not looked at: it signs with SHA-1');
    const outcome = await sync({ hostKeys: [RSA.fingerprint], legacyAlgorithms: true });
    expect(outcome).toMatchObject({ result: 'switched' });
  });
});
