/** The private keys of a ledger, as PKCS#8 PEM files that only their owner can read. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { link, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../../disk/directory.ts';
import { writeSecretFile } from '../../disk/small-file.ts';
import { hasCode, ioError, TacetError } from '../../errors.ts';
import { type VerifierKey, verifierKeyOf } from '../format/note.ts';

const KEY_FILE = 'key.pem';
/** Of a rotation: the key before, which signs too as long as it is there, and the next one. */
const OLD_KEY_FILE = 'old-key.pem';
const NEXT_KEY_FILE = 'next-key.pem';
const OTHERS = 0o007;
const PEM = /^-----BEGIN PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\s*$/;

/** A key that signs, and what verifies it. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly verifier: VerifierKey;
}

/** Where the key of a ledger is: in its directory, or in a file of its own. */
interface KeyPlace {
  readonly directory: string;
  readonly keyFile?: string | undefined;
}

/** Reads a private key. Errors: ERR_LEDGER if it is none, or others may read it; ERR_IO. */
async function readKey(path: string): Promise<KeyObject> {
  const { pem, mode } = await contentOf(path);
  if ((mode & OTHERS) !== 0) {
    const fix = `chmod o= ${path}; if others have read it, make a new key`;
    throw new TacetError('ERR_LEDGER', { what: 'everybody may read the key', where: path, fix });
  }
  try {
    // Of a file with more than a key, OpenSSL would take what comes first.
    const key = PEM.test(pem) ? createPrivateKey(pem) : undefined;
    if (key?.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below, without a word of what the file holds.
  }
  const what = 'no Ed25519 key as PKCS#8 PEM, and nothing else';
  throw new TacetError('ERR_LEDGER', { what, where: path });
}

/** Content and mode are of one file, whatever takes its name meanwhile. */
async function contentOf(path: string): Promise<{ readonly pem: string; readonly mode: number }> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode } = await file.stat();
      return { mode, pem: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw ioError(path, 'read the key', cause);
  }
}

/** Makes a key. Errors: ERR_IO, also if there is one. */
async function makeKey(path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    // PEM is exported as a text.
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await writeSecretFile(path, pem);
  } catch (cause) {
    throw ioError(path, 'write the key', cause);
  }
  return privateKey;
}

const fileOf = ({ directory, keyFile }: KeyPlace): string => keyFile ?? join(directory, KEY_FILE);

/** Reads the key of a ledger, or makes it where there is none. Errors: ERR_LEDGER, ERR_IO. */
export async function obtainKey(place: KeyPlace, origin: string): Promise<SigningKey> {
  const path = fileOf(place);
  const privateKey = await readKey(path).catch((error: unknown) => {
    const isMissing = error instanceof TacetError && hasCode(error.detail.cause, 'ENOENT');
    if (!isMissing) throw error;
    return makeKey(path);
  });
  return signingKey(origin, privateKey);
}

/** The keys that sign: the one of today first. Errors: ERR_LEDGER, ERR_IO. */
export async function signingKeys(place: KeyPlace, origin: string): Promise<SigningKey[]> {
  const keys = [signingKey(origin, await readKey(fileOf(place)))];
  const old = join(place.directory, OLD_KEY_FILE);
  if (await stat(old).catch(() => undefined)) keys.push(signingKey(origin, await readKey(old)));
  const [first, second] = keys;
  // Between the two steps of a rotation both names are of one key.
  return first?.verifier.id === second?.verifier.id ? keys.slice(0, 1) : keys;
}

function signingKey(origin: string, privateKey: KeyObject): SigningKey {
  return { privateKey, verifier: verifierKeyOf(origin, privateKey) };
}

/** The key that is to sign next: that of a rotation that was cut short, or a new one. */
export async function nextKey(directory: string, origin: string): Promise<SigningKey> {
  return obtainKey({ directory, keyFile: join(directory, NEXT_KEY_FILE) }, origin);
}

/** Lets the next key sign, and today's beside it. Errors: ERR_IO. */
export async function switchKeys(directory: string): Promise<void> {
  const key = join(directory, KEY_FILE);
  const old = join(directory, OLD_KEY_FILE);
  try {
    await rm(old, { force: true });
    // A second name first: there is a key under the name of today's at any moment.
    await link(key, old);
    await rename(join(directory, NEXT_KEY_FILE), key);
    await syncDirectory(directory);
  } catch (cause) {
    throw ioError(key, 'change the key', cause);
  }
}
