/** Signed notes: c2sp.org/signed-note, and c2sp.org/tlog-cosignature for those of witnesses. */
import {
  createHash,
  createPublicKey,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from 'node:crypto';
import { TacetError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** What a key signs: the text of a note, or a time and that text, as a witness does. */
export type SignatureType = 'ed25519' | 'cosignature';

const TYPE_BYTES = { ed25519: 1, cosignature: 4 } as const;
const ID_BYTES = 4;
const TIME_BYTES = 8;
/** Of a cosignature: the end of the year 9999. */
const TIME_UNIX_MAX = 253_402_214_400n;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** A note of ours has two at most, and one for each witness. */
const SIGNATURES_MAX = 100;
/** Go's `unicode.IsSpace` has U+0085, which `\s` has not. */
const NAME = /^[^\s+\u0085]+$/u;

/** A public key under the name that its signatures bear. */
export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. */
  readonly id: string;
  readonly type: SignatureType;
  /** As contracts, sites and policies have it: `NAME+HEX_ID+BASE64`. */
  readonly text: string;
  readonly key: KeyObject;
}

/** A line below a note. */
interface NoteSignature {
  readonly name: string;
  readonly id: string;
  /** Without the key ID. */
  readonly bytes: Buffer;
  /** As it stands in the note, without its line end. */
  readonly line: string;
}

/** A note as read: nothing is verified yet. */
export interface Note {
  /** What is signed, with its last line end. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A signature that was verified. */
interface VerifiedSignature {
  readonly key: VerifierKey;
  /** Of a cosignature: when the witness signed, by its clock, seconds since 1970-01-01 UTC. */
  readonly timeUnix: number | undefined;
}

/** The verifier key of a raw Ed25519 key of 32 bytes. Errors: ERR_PROOF. */
function verifierKey(name: string, type: SignatureType, raw: Uint8Array): VerifierKey {
  if (!NAME.test(name)) throw malformed('the name of a key is empty, or has a space or a plus');
  const typed = Buffer.concat([Buffer.of(TYPE_BYTES[type]), raw]);
  const hash = createHash('sha256').update(`${name}\n`).update(typed).digest('hex');
  const id = hash.slice(0, 2 * ID_BYTES);
  const x = Buffer.from(raw).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return { name, id, type, text: `${name}+${id}+${encodeBase64(typed)}`, key };
}

/**
 * The key that verifies what a private or public Ed25519 key signs. Errors: ERR_PROOF for another
 * kind of key, or a name that is empty or has a space or a plus.
 */
export function verifierKeyOf(
  name: string,
  key: KeyObject,
  type: SignatureType = 'ed25519',
): VerifierKey {
  if (key.asymmetricKeyType !== 'ed25519') throw malformed('the key is no Ed25519 key');
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' });
  return verifierKey(name, type, Buffer.from(x, 'base64url'));
}

/** Reads `NAME+HEX_ID+BASE64`. Errors: ERR_PROOF, also if the ID is not that of the key. */
export function parseVerifierKey(text: string): VerifierKey {
  // The base64 may have a plus of its own.
  const [, name = '', id = '', base64] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(text) ?? [];
  if (base64 === undefined) throw malformed('a verifier key is not NAME+ID+KEY');
  const typed = decodeBase64(base64, 'a verifier key', 1 + KEY_BYTES);
  const type = typed[0] === TYPE_BYTES.ed25519 ? 'ed25519' : 'cosignature';
  if (typed[0] !== TYPE_BYTES[type]) throw malformed('a verifier key is of an unknown type');
  const key = verifierKey(name, type, typed.subarray(1));
  if (key.id !== id) throw malformed('a verifier key has the ID of another');
  return key;
}

/** The signature line of a note, without its line end. */
export function signatureLine(text: string, { name, id }: VerifierKey, key: KeyObject): string {
  const signature = signWith(null, Buffer.from(text), key);
  return `— ${name} ${encodeBase64(Buffer.concat([Buffer.from(id, 'hex'), signature]))}`;
}

export function noteText(text: string, signatureLines: readonly string[]): string {
  return `${text}\n${signatureLines.map((line) => `${line}\n`).join('')}`;
}

/** Reads a note; its signatures are not verified. Errors: ERR_PROOF. */
export function parseNote(note: string): Note {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that a note must not have.
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) throw malformed('a note has control characters');
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw malformed('a note has no signatures below its text');
  const lines = note.slice(end + 2, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) {
    throw malformed(`a note has more than ${SIGNATURES_MAX} signatures`);
  }
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', base64] = /^— ([^ ]+) ([^ ]+)$/u.exec(line) ?? [];
  if (base64 === undefined || !NAME.test(name)) throw malformed('a signature line is malformed');
  const bytes = decodeBase64(base64, 'a signature');
  if (bytes.length <= ID_BYTES) throw malformed('a signature is too short');
  const id = bytes.toString('hex', 0, ID_BYTES);
  return { name, id, bytes: bytes.subarray(ID_BYTES), line };
}

/**
 * Verifies the signatures of known keys; those of others are ignored. Returns what is verified,
 * perhaps nothing. Errors: ERR_PROOF if a signature of a known key does not verify, or is there
 * twice.
 */
export function verifyNote(note: Note, keys: readonly VerifierKey[]): VerifiedSignature[] {
  const verified = new Map<VerifierKey, VerifiedSignature>();
  for (const signature of note.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && id === signature.id);
    if (key === undefined) continue;
    if (verified.has(key)) throw malformed(`a note is signed twice by ${key.name}`);
    verified.set(key, { key, timeUnix: verifySignature(note.text, signature, key) });
  }
  return [...verified.values()];
}

function verifySignature(text: string, { bytes }: NoteSignature, key: VerifierKey) {
  const isTimed = key.type === 'cosignature';
  const timeBytes = isTimed ? TIME_BYTES : 0;
  const time = isTimed && bytes.length > TIME_BYTES ? bytes.readBigUInt64BE(0) : 0n;
  const message = isTimed ? `cosignature/v1\ntime ${time}\n${text}` : text;
  const signature = bytes.subarray(timeBytes);
  const isGood =
    signature.length === SIGNATURE_BYTES &&
    time <= TIME_UNIX_MAX &&
    verifyWith(null, Buffer.from(message), key.key, signature);
  if (!isGood) throw malformed(`the signature of ${key.name} does not verify`);
  return isTimed ? Number(time) : undefined;
}

function malformed(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what });
}
