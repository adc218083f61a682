/** Which host keys an sFTP server may present: pinned fingerprints, or those in known_hosts. */
import { createHash, createHmac } from 'node:crypto';
import { TacetError } from '../../../errors.ts';
import { namePattern } from '../name-pattern.ts';

/** A key that a known_hosts file lists for the requested host. */
interface KnownKey {
  readonly revoked: boolean;
  readonly type: string;
  readonly key: string;
}

/** The host keys accepted from one server. */
export interface HostKeyPins {
  readonly fingerprints: readonly string[];
  readonly known: readonly KnownKey[];
}

/** OpenSSH's fingerprint of a host key: `SHA256:` and 43 characters. */
export function fingerprintOf(key: Uint8Array): string {
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return `SHA256:${digest}`;
}

/** The type of a host key, e.g. `ssh-ed25519`: its first field. */
export function keyTypeOf(key: Buffer): string {
  const bytes = key.length >= 4 ? key.readUInt32BE(0) : 0;
  const type = key.toString('latin1', 4, Math.min(4 + bytes, 68));
  return /^[a-z0-9@.-]+$/.test(type) ? type : 'a key of unknown type';
}

/** Refuses anything that is not a fingerprint. Errors: ERR_OPTION. */
export function checkFingerprint(text: string): void {
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) return;
  throw new TacetError('ERR_OPTION', {
    what: 'this is no fingerprint of a host key',
    expected: 'SHA256: and 43 characters, as ssh-keygen -lf prints it',
    where: '--host-key',
  });
}

/** Whether a key that a server offers is pinned; a revoked key never is. */
export function isPinned(pins: HostKeyPins, key: Buffer): boolean {
  const encoded = key.toString('base64');
  const same = pins.known.filter((known) => known.key === encoded);
  if (same.some((known) => known.revoked)) return false;
  const fingerprint = fingerprintOf(key);
  const isNamed = pins.fingerprints.some((pin) => pin.replace(/=$/, '') === fingerprint);
  return isNamed || same.length > 0;
}

/** The types of the pinned keys, as far as known: a fingerprint does not tell its type. */
export function knownTypes({ known }: HostKeyPins): ReadonlySet<string> {
  return new Set(known.filter(({ revoked }) => !revoked).map(({ type }) => type));
}

/** The fingerprints of all pinned keys, for an error. */
export function pinsText({ fingerprints, known }: HostKeyPins): string {
  const shown = known
    .filter(({ revoked }) => !revoked)
    .map(({ key }) => fingerprintOf(Buffer.from(key, 'base64')));
  return [...fingerprints, ...shown].join(' or ') || 'a key that is not revoked';
}

/** The keys a known_hosts file lists for a host; lines that hold no key are skipped. */
export function knownKeysOf(text: string, host: string, port: number): KnownKey[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const keys: KnownKey[] = [];
  for (const line of text.split(/\r?\n/)) {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [hosts, type, key] = fields;
    if (hosts === undefined || type === undefined || key === undefined) continue;
    if (hosts.startsWith('#') || marker === '@cert-authority') continue;
    if (!standsFor(hosts, name.toLowerCase())) continue;
    keys.push({ revoked: marker === '@revoked', type, key });
  }
  return keys;
}

/** Whether the first field of a line matches a host: names, patterns, or a hash. */
function standsFor(hosts: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(hosts) ?? [];
  if (salt !== undefined && hash !== undefined) {
    // SHA-1 is what the file format prescribes; it only obscures names and need not be secure.
    const digest = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
    return digest === hash;
  }
  let found = false;
  for (const entry of hosts.toLowerCase().split(',')) {
    if (entry.startsWith('!')) {
      if (namePattern(entry.slice(1))(name)) return false;
    } else if (namePattern(entry)(name)) found = true;
  }
  return found;
}
