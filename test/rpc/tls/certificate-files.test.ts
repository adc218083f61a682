import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { judge } from '#tacet/rpc/tls/certificate-files.js';
import { Authority } from '../../../bench/tls/certificates.ts';
import { temporaryFolder } from '../../server/fixture.ts';

const HOUR_MS = 3_600_000;
const PATHS = { cert: 'the.crt', key: 'the.key', clientCa: 'the-ca.crt' };
const PASSPHRASE = { cipher: 'aes-256-cbc', passphrase: 'secret' };

/** An authority below another, a certificate of it, and its key. */
function scene() {
  const folder = temporaryFolder();
  const root = new Authority(folder);
  const middle = new Authority(folder, 'middle', root);
  const { cert, key } = middle.sign('server');
  const [own, above] = [readFileSync(cert, 'utf8'), readFileSync(middle.cert, 'utf8')];
  return { folder, root, middle, own, above, key: createPrivateKey(readFileSync(key)) };
}

function pem(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8', more = {}): string {
  return String(key.export({ format: 'pem', type, ...more }));
}

function judged(cert: string, key: string, { clientCa = '', atMs = Date.now() } = {}) {
  const contents = [cert, key, ...(clientCa === '' ? [] : [clientCa])].map((pem) =>
    Buffer.from(pem),
  );
  return judge(contents, PATHS, atMs);
}

it('a chain with its key is good, until the first of it expires', () => {
  const { folder, root, own, above, key } = scene();
  expect(judged(own, pem(key)).expiresMs).toBeGreaterThan(Date.now() + 47 * HOUR_MS);
  expect(judged(own + above, pem(key)).expiresMs).toBeGreaterThan(Date.now() + 47 * HOUR_MS);
  const short = new Authority(folder, 'short', root);
  const files = short.sign('soon', { untilMs: HOUR_MS });
  const soon = readFileSync(files.cert, 'utf8') + readFileSync(short.cert, 'utf8');
  const { expiresMs } = judged(soon, readFileSync(files.key, 'utf8'));
  expect(expiresMs).toBeLessThanOrEqual(Date.now() + HOUR_MS);
});

it('a key may be PKCS#8 or SEC1, with what openssl writes before it', () => {
  const { own, key } = scene();
  const parameters =
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
  expect(() => judged(own, pem(key))).not.toThrow();
  expect(() => judged(own, pem(key, 'sec1'))).not.toThrow();
  expect(() => judged(own, parameters + pem(key, 'sec1'))).not.toThrow();
});

it('a key that needs a passphrase is refused for that, whatever its form', () => {
  const { own, key } = scene();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  for (const text of [
    pem(key, 'pkcs8', PASSPHRASE),
    pem(key, 'sec1', PASSPHRASE),
    pem(rsa, 'pkcs1', PASSPHRASE),
  ]) {
    expect(() => judged(own, text)).toThrow(/^the\.key: the key is encrypted/);
  }
  // Not encrypted, it is read, and is another's.
  expect(() => judged(own, pem(rsa, 'pkcs1'))).toThrow(/the key is not that of the\.crt/);
});

it.each<[string, (of: ReturnType<typeof scene>) => unknown, string]>([
  [
    'the key of another',
    ({ own }) => judged(own, pem(generateKeyPairSync('ed25519').privateKey)),
    'the.key: the key is not that of the.crt',
  ],
  [
    'its authority first',
    ({ own, above, key }) => judged(above + own, pem(key)),
    "the.crt: the server's own certificate is not the first",
  ],
  [
    'another authority behind it',
    ({ folder, own, key }) => {
      return judged(own + readFileSync(new Authority(folder, 'middle').cert, 'utf8'), pem(key));
    },
    'the.crt: certificate 1 was not issued by the one that follows it',
  ],
  ['no certificate', ({ key }) => judged('', pem(key)), 'the.crt: there is no certificate in it'],
  [
    'half a certificate',
    ({ own, key }) => judged(own.slice(0, 300), pem(key)),
    'the.crt: there is no certificate in it',
  ],
  [
    'a damaged one',
    ({ own, key }) => judged(own.replace(/MII/, 'AII'), pem(key)),
    'the.crt: a certificate is damaged',
  ],
  ['no key', ({ own }) => judged(own, own), 'the.key: there is no private key in it'],
  [
    'no authorities of clients',
    ({ own, key }) => judged(own, pem(key), { clientCa: 'none' }),
    'the-ca.crt: there is no certificate in it',
  ],
  [
    'two days later',
    ({ own, key }) => judged(own, pem(key), { atMs: Date.now() + 49 * HOUR_MS }),
    'the.crt: the certificate expired at ',
  ],
  [
    'two hours before',
    ({ own, key }) => judged(own, pem(key), { atMs: Date.now() - 2 * HOUR_MS }),
    'the.crt: the certificate is not valid before ',
  ],
])('%s is refused, and told', (_, judgement, text) => {
  expect(() => judgement(scene())).toThrow(
    expect.objectContaining({ code: 'ERR_TLS', message: expect.stringContaining(text) }),
  );
});
