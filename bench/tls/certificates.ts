/** Certificates for tests and benches, written in DER: Node reads them, but makes none. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** PEM files. */
export interface SignedFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says besides its subject. */
interface Said {
  /** `DNS:`, `URI:` or `IP:` before each. Default this machine. */
  readonly names?: readonly string[];
  /** ms from now; default an hour ago, and in two days. */
  readonly fromMs?: number;
  readonly untilMs?: number;
}

const HOUR_MS = 3_600_000;
const THIS_MACHINE = ['DNS:localhost', 'IP:127.0.0.1'];
/** Object identifiers, in DER. */
const ECDSA_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const ALTERNATIVE_NAMES = Buffer.from('0603551d11', 'hex');
/** Tags of the kinds of an alternative name. */
const NAME_TAGS: Readonly<Record<string, number>> = { DNS: 0x82, URI: 0x86, IP: 0x87 };

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);

const TRUE = der(0x01, Buffer.of(0xff));

function utcTime(unixMs: number): Buffer {
  const digits = new Date(unixMs).toISOString().replace(/\D/g, '');
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));
}

function alternativeName(text: string): Buffer {
  const [, kind = '', value = ''] = /^(\w+):(.*)$/s.exec(text) ?? [];
  const bytes = kind === 'IP' ? Buffer.from(value.split('.').map(Number)) : Buffer.from(value);
  return der(NAME_TAGS[kind] ?? 0, bytes);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** An authority in a folder, with whatever it signs; every key is of P-256. */
export class Authority {
  /** Its certificate, and those above it. */
  readonly cert: string;
  readonly #folder: string;
  readonly #name: string;
  readonly #key: KeyObject;

  /** @param above signs it; default it signs itself */
  constructor(folder: string, name = 'ca', above?: Authority) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#folder = folder;
    this.#name = name;
    this.#key = privateKey;
    this.cert = `${folder}/${name}.crt`;
    const signer = above ?? this;
    const own = signer.#certify(name, publicKey, { names: [] }, true);
    writeFileSync(this.cert, above === undefined ? own : own + readFileSync(above.cert, 'utf8'));
  }

  /** What clients trust, as their option `tls` takes it. */
  get ca(): Buffer {
    return readFileSync(this.cert);
  }

  /** Signs a new key. Files of that name are replaced by a rename each, the key first. */
  sign(name: string, said: Said = {}): SignedFiles {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const [cert, key] = [`${this.#folder}/${name}.crt`, `${this.#folder}/${name}.key`];
    writeFileSync(`${key}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(`${cert}.new`, this.#certify(name, publicKey, said, false));
    renameSync(`${key}.new`, key);
    renameSync(`${cert}.new`, cert);
    return { cert, key };
  }

  #certify(subject: string, publicKey: KeyObject, said: Said, isAuthority: boolean): string {
    const { names = THIS_MACHINE, fromMs = -HOUR_MS, untilMs = 48 * HOUR_MS } = said;
    const nowMs = Date.now();
    const extensions = [
      ...(isAuthority ? [sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, sequence(TRUE)))] : []),
      ...(names.length > 0
        ? [sequence(ALTERNATIVE_NAMES, der(0x04, sequence(...names.map(alternativeName))))]
        : []),
    ];
    const algorithm = sequence(ECDSA_SHA256);
    const signed = sequence(
      der(0xa0, der(0x02, Buffer.of(2))),
      // Positive, and of no leading zero.
      der(0x02, Buffer.of(0x40), randomBytes(8)),
      algorithm,
      nameOf(this.#name),
      sequence(utcTime(nowMs + fromMs), utcTime(nowMs + untilMs)),
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, sequence(...extensions)),
    );
    const signature = der(0x03, Buffer.of(0), sign('sha256', signed, this.#key));
    return pem(sequence(signed, algorithm, signature));
  }
}
