import { hash, randomBytes } from 'node:crypto';

/** Searches for secrets in repositories and logs know it by this. */
const PREFIX = 'tacet_';
const RANDOM_BYTES = 32;

/** A new token, and what the access file has of it. */
interface NewToken {
  /** `tacet_` and 256 random bits as base64url. */
  readonly token: string;
  readonly sha256: string;
}

export function makeToken(): NewToken {
  const token = `${PREFIX}${randomBytes(RANDOM_BYTES).toString('base64url')}`;
  return { token, sha256: tokenHash(token).toString('hex') };
}

/** What a token is known by: SHA-256 of its text. */
export function tokenHash(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}
