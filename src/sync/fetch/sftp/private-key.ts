/** Reads private keys as tools write them: what ssh2 does not take becomes a key of OpenSSH. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { fetchError } from '../fetch.ts';
import { type KeyNumbers, mpint, opensshKey } from './openssh-key.ts';
import { isPuttyKey, puttyNumbers } from './putty-key.ts';

/** A key as OpenSSL writes it, whatever stands before or behind. */
const OPENSSL = /-----BEGIN ((?:ENCRYPTED |RSA |EC )?PRIVATE KEY)-----[\s\S]+?-----END \1-----/;

const CURVES: ReadonlyMap<string, string> = new Map([
  ['P-256', 'nistp256'],
  ['P-384', 'nistp384'],
  ['P-521', 'nistp521'],
]);

/** A private key, and where it is from. */
interface GivenKey {
  readonly bytes: Buffer;
  readonly passphrase: string | undefined;
  /** A file, or a variable. */
  readonly where: string;
}

/**
 * A private key in a form that ssh2 parses. Takes PKCS#8, PKCS#1, SEC1 and PuTTY's keys of version
 * 2 and 3; with a passphrase, but for those of PuTTY 3. Line ends may stand as `\n`, and the whole
 * in quotes, as variables get them. Keys of OpenSSH, and what is no key, are returned as they are.
 * Errors: ERR_FETCH, which never holds a part of the key.
 */
export function readPrivateKey(given: GivenKey): string {
  const text = unescaped(given.bytes.toString('latin1'));
  if (isPuttyKey(text)) return opensshKey(puttyNumbers(text, given));
  const [openssl] = OPENSSL.exec(text) ?? [];
  return openssl === undefined ? text : opensshKey(numbersOf(opensslKey(openssl, given), given));
}

/** Undoes what shells and files of variables do to a text of several lines. */
function unescaped(text: string): string {
  const [, , inner = text] = /^\s*(["'])([\s\S]*)\1\s*$/.exec(text) ?? [];
  return /\n(?!\s*$)/.test(inner) ? inner : inner.replace(/(?:\\r)?\\n/g, '\n');
}

function opensslKey(key: string, { passphrase, where }: GivenKey): KeyObject {
  try {
    return createPrivateKey({ key, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    // Without the cause: what OpenSSL says of a key is not ours to judge.
    throw fetchError('the key cannot be used: it is damaged, or has another passphrase', {
      where,
      fix: 'Check the key and --passphrase-file with openssl pkey -noout -in KEY',
    });
  }
}

function numbersOf(key: KeyObject, { where }: GivenKey): KeyNumbers {
  const type = key.asymmetricKeyType ?? '';
  if (type === 'rsa' || type === 'ec' || type === 'ed25519') {
    const { crv = '', ...jwk } = key.export({ format: 'jwk' });
    const field = (name: keyof typeof jwk): Buffer => Buffer.from(String(jwk[name]), 'base64url');
    if (type === 'ed25519') {
      const point = field('x');
      const privateFields = [point, Buffer.concat([field('d'), point])];
      return { type: 'ssh-ed25519', publicFields: [point], privateFields };
    }
    if (type === 'rsa') {
      const [n, e, d, qi, p, q] = (['n', 'e', 'd', 'qi', 'p', 'q'] as const).map((name) =>
        mpint(field(name)),
      ) as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]; // As many as there are names.
      return { type: 'ssh-rsa', publicFields: [e, n], privateFields: [n, e, d, qi, p, q] };
    }
    const curve = CURVES.get(crv);
    if (curve !== undefined) {
      const name = Buffer.from(curve);
      const point = Buffer.concat([Buffer.from([4]), field('x'), field('y')]);
      const privateFields = [name, point, mpint(field('d'))];
      return { type: `ecdsa-sha2-${curve}`, publicFields: [name, point], privateFields };
    }
  }
  throw fetchError('SSH has no keys of this type', {
    where,
    expected: 'RSA, Ed25519, or ECDSA of P-256, P-384 or P-521',
    got: type,
    fix: 'Make one with ssh-keygen -t ed25519, and have its public key put on the server',
  });
}
