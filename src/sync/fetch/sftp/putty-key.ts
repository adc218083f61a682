/** Reads the private keys of PuTTY, version 2 and 3 (PuTTY's manual, appendix C). */
import { createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { TacetError } from '../../../errors.ts';
import { fetchError } from '../fetch.ts';
import { type KeyNumbers, sshString } from './openssh-key.ts';

const HEAD = 'PuTTY-User-Key-File-';
/** A key of 16,384 bits has 200. */
const LINES_MAX = 1_000;
const ED25519_BYTES = 32;

/** The parts of a key file; the private one is decrypted. */
interface PuttyFile {
  readonly version: '2' | '3';
  readonly type: string;
  readonly encryption: string;
  readonly comment: string;
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
  readonly mac: string;
}

interface Given {
  readonly passphrase: string | undefined;
  /** A file, or a variable. */
  readonly where: string;
}

export function isPuttyKey(text: string): boolean {
  return text.trimStart().startsWith(HEAD);
}

/**
 * The numbers of a private key. A key of version 3 with a passphrase is refused: its Argon2 is not
 * in Node 20. Errors: ERR_FETCH, which never holds a part of the key.
 *
 * @param text a byte per character
 */
export function puttyNumbers(text: string, given: Given): KeyNumbers {
  const file = decrypted(parse(text, given.where), given);
  const macKey =
    file.version === '3'
      ? createHmac('sha256', '')
      : createHmac('sha1', sha1('putty-private-key-file-mac-key', given.passphrase ?? ''));
  const { type, encryption, comment, publicKey, privateKey } = file;
  for (const part of [type, encryption, latin1(comment), publicKey, privateKey]) {
    macKey.update(sshString(part));
  }
  const mac = macKey.digest();
  const told = Buffer.from(file.mac, 'hex');
  const isWhole = told.length === mac.length && timingSafeEqual(told, mac);
  if (!isWhole) throw unusable('it is damaged, or has another passphrase', given.where);
  return numbersOf(file, given.where);
}

function parse(text: string, where: string): PuttyFile {
  const lines = text.trim().split(/\r\n|\n|\r/);
  const values = new Map<string, string>();
  for (let at = 0; at < lines.length; ) {
    const [, name = '', value = ''] = /^([\w-]+): ?(.*)$/.exec(lines[at++] ?? '') ?? [];
    if (!name.endsWith('-Lines')) {
      values.set(name, value);
      continue;
    }
    const count = Math.min(Number(value) || 0, LINES_MAX);
    values.set(name, lines.slice(at, at + count).join(''));
    at += count;
  }
  const field = (name: string): string => values.get(name) ?? '';
  const version = values.has(`${HEAD}3`) ? '3' : '2';
  const type = field(`${HEAD}${version}`);
  if (type === '') throw unusable('its format is neither version 2 nor 3', where);
  return {
    version,
    type,
    encryption: field('Encryption'),
    comment: field('Comment'),
    publicKey: Buffer.from(field('Public-Lines'), 'base64'),
    privateKey: Buffer.from(field('Private-Lines'), 'base64'),
    mac: field('Private-MAC'),
  };
}

function decrypted(file: PuttyFile, { passphrase, where }: Given): PuttyFile {
  if (file.encryption === 'none') return file;
  if (file.version === '3' || file.encryption !== 'aes256-cbc') {
    throw unusable('a PuTTY key of version 3 with a passphrase is not read here', where);
  }
  if (passphrase === undefined) throw unusable('it has a passphrase', where);
  const [zero, one] = [Buffer.from([0, 0, 0, 0]), Buffer.from([0, 0, 0, 1])];
  const key = Buffer.concat([sha1(zero, passphrase), sha1(one, passphrase)]).subarray(0, 32);
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  try {
    const privateKey = Buffer.concat([decipher.update(file.privateKey), decipher.final()]);
    return { ...file, privateKey };
  } catch {
    throw unusable('it is damaged', where);
  }
}

function numbersOf({ type, publicKey, privateKey }: PuttyFile, where: string): KeyNumbers {
  const [, ...publicFields] = fieldsOf(publicKey);
  const secrets = fieldsOf(privateKey);
  const [first, second] = publicFields;
  const [secret, p, q, inverse] = secrets;
  if (first !== undefined && secret !== undefined) {
    if (type === 'ssh-ed25519' && secret.length <= ED25519_BYTES) {
      // A number, the lowest byte first and zeros left out.
      const seed = Buffer.concat([secret, Buffer.alloc(ED25519_BYTES - secret.length)]);
      return { type, publicFields, privateFields: [first, Buffer.concat([seed, first])] };
    }
    if (type.startsWith('ecdsa-sha2-') && second !== undefined) {
      return { type, publicFields, privateFields: [first, second, secret] };
    }
    const isRsa = type === 'ssh-rsa' && second !== undefined;
    if (isRsa && p !== undefined && q !== undefined && inverse !== undefined) {
      return { type, publicFields, privateFields: [second, first, secret, inverse, p, q] };
    }
  }
  throw unusable('it is of a type that is not read here', where);
}

/** Strings behind their lengths; zeros that pad the last block give empty ones. */
function fieldsOf(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

function sha1(...parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHash('sha1');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function unusable(why: string, where: string): TacetError {
  return fetchError(`the key cannot be used: ${why}`, {
    where,
    fix: 'Convert it with puttygen key.ppk -O private-openssh -o KEY',
  });
}
