import { timingSafeEqual } from 'node:crypto';
import { TacetError } from '../errors.ts';
import type { Kind, Licence } from './licence.ts';
import { tokenHash } from './token.ts';

/** What a client may be allowed; without the last four: direct marketing by people only. */
export const PERMISSIONS = [
  'check',
  'batch-check',
  'dedupe',
  'lists',
  'dates',
  'receipts',
  'registers',
  'operate',
  'service',
  'automated',
  'sms',
  'fax',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** A company: one that approaches people, or one that does so for others. */
export interface Party {
  readonly id: string;
  /** For people; the id where the file has none. */
  readonly name: string;
  readonly kind: Kind;
  /** Ten digits, checked; undefined = unknown. */
  readonly enterpriseNumber: string | undefined;
  /** How many people work there; undefined = unknown. */
  readonly workers: number | undefined;
  readonly licences: readonly Licence[];
}

/** A token, as the file has it. */
export interface Token {
  /** SHA-256 of its text, 64 lower-case hex digits. */
  readonly sha256: string;
  /** The instant from which it is no longer valid, in Unix milliseconds. */
  readonly expiresMs: number;
}

/** What the file says about a client. */
export interface ClientEntry {
  readonly name: string;
  readonly party: Party;
  /** The advertisers it may act for, by id; `*` = every party of that kind. */
  readonly advertisers: ReadonlySet<string> | '*';
  readonly tokens: readonly Token[];
  /** `dns:NAME` in lower case, or `uri:URI`. */
  readonly certificates: readonly string[];
  readonly permissions: ReadonlySet<Permission>;
  /** Undefined = no budget. */
  readonly numbersPerDayMax: number | undefined;
  readonly checksPerMinuteMax: number | undefined;
}

/** A program that calls us, of one party. */
export class Client {
  readonly name: string;
  /** Private, so that nothing which prints a client prints the hashes of its tokens. */
  readonly #entry: ClientEntry;
  readonly #parties: ReadonlyMap<string, Party>;

  constructor(entry: ClientEntry, parties: ReadonlyMap<string, Party>) {
    this.name = entry.name;
    this.#entry = entry;
    this.#parties = parties;
  }

  /** What the file says about it. */
  get entry(): ClientEntry {
    return this.#entry;
  }

  get party(): Party {
    return this.#entry.party;
  }

  get numbersPerDayMax(): number | undefined {
    return this.#entry.numbersPerDayMax;
  }

  get checksPerMinuteMax(): number | undefined {
    return this.#entry.checksPerMinuteMax;
  }

  allows(permission: Permission): boolean {
    return this.#entry.permissions.has(permission);
  }

  /** Whether it may act for the party with this id, which then is in the file. */
  mayActFor(advertiser: string): boolean {
    const { advertisers } = this.#entry;
    if (advertisers !== '*') return advertisers.has(advertiser);
    return this.#parties.get(advertiser)?.kind === 'advertiser';
  }
}

/** What a call brings to say who it is from. */
interface Credentials {
  /** The text behind `Bearer `; undefined if there is none. */
  readonly token: string | undefined;
  /** Of the verified certificate of the connection, as `dns:NAME` and `uri:URI`; or none. */
  readonly certificateNames: readonly string[];
}

/** Who is calling, and until when that is known. */
export class Caller {
  readonly client: Client;
  /** The instant at which its token ends, in Unix milliseconds; Infinity without a token. */
  readonly untilMs: number;
  /** Private, so that no log prints it. */
  readonly #credentials: HashedCredentials;

  constructor(client: Client, untilMs: number, credentials: HashedCredentials) {
    this.client = client;
    this.untilMs = untilMs;
    this.#credentials = credentials;
  }

  /**
   * The same caller by a version of the file, and by now. Throws ERR_UNAUTHENTICATED if it is no
   * client there, or its token has ended.
   */
  in(access: Access, nowMs: number): Caller {
    const isSame = access.clients.get(this.client.name) === this.client;
    if (isSame && nowMs < this.untilMs) return this;
    return identified(access.identify(this.#credentials, nowMs));
  }
}

/** Throws ERR_UNAUTHENTICATED where nobody is known. */
export function identified(caller: Caller | undefined): Caller {
  if (caller !== undefined) return caller;
  throw new TacetError('ERR_UNAUTHENTICATED', {
    what: 'no valid credentials',
    fix:
      'Send a token or a client certificate that the operator has entered ' +
      'and that has not ended',
  });
}

/** {@link Credentials} without the token itself. */
interface HashedCredentials {
  /** SHA-256 of the token's text; undefined if there is none. */
  readonly tokenHash: Buffer | undefined;
  readonly certificateNames: readonly string[];
}

/** What a token leads to. */
interface TokenHolder {
  readonly client: Client;
  readonly hash: Buffer;
  readonly expiresMs: number;
}

/** Tokens are looked for by so many of the first hex digits of their hashes. */
const BUCKET_DIGITS = 8;

/** Who may call us: one version of the access file. */
export class Access {
  readonly parties: ReadonlyMap<string, Party>;
  readonly clients: ReadonlyMap<string, Client>;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  readonly digest: string;
  /** By the first digits of its hash: several share them by chance alone. */
  readonly #byToken = new Map<string, TokenHolder[]>();
  readonly #byCertificate = new Map<string, Client>();

  constructor(
    parties: ReadonlyMap<string, Party>,
    entries: readonly ClientEntry[],
    digest: string,
  ) {
    this.parties = parties;
    this.digest = digest;
    const clients = new Map<string, Client>();
    for (const entry of entries) {
      const client = new Client(entry, parties);
      clients.set(entry.name, client);
      for (const { sha256, expiresMs } of entry.tokens) {
        const bucket = this.#byToken.get(sha256.slice(0, BUCKET_DIGITS)) ?? [];
        bucket.push({ client, hash: Buffer.from(sha256, 'hex'), expiresMs });
        this.#byToken.set(sha256.slice(0, BUCKET_DIGITS), bucket);
      }
      for (const name of entry.certificates) this.#byCertificate.set(name, client);
    }
    this.clients = clients;
  }

  /**
   * Who is calling. A token that is given must be valid, whatever the certificate says; a
   * certificate that names no client says nothing. Undefined = no valid credentials: none, an
   * unknown or expired token, or names of two clients.
   */
  authenticate({ token, certificateNames }: Credentials, nowMs: number): Caller | undefined {
    const hashed = token === undefined ? undefined : tokenHash(token);
    return this.identify({ tokenHash: hashed, certificateNames }, nowMs);
  }

  /** As {@link authenticate}, with the token hashed. */
  identify(credentials: HashedCredentials, nowMs: number): Caller | undefined {
    const { tokenHash, certificateNames } = credentials;
    const named = new Set<Client | undefined>();
    let untilMs = Number.POSITIVE_INFINITY;
    if (tokenHash !== undefined) {
      const holder = this.#holderOf(tokenHash);
      untilMs = holder?.expiresMs ?? 0;
      named.add(nowMs < untilMs ? holder?.client : undefined);
    }
    for (const name of certificateNames) {
      const client = this.#byCertificate.get(certificateKey(name));
      if (client !== undefined) named.add(client);
    }
    const [client] = named;
    if (client === undefined || named.size > 1) return undefined;
    return new Caller(client, untilMs, credentials);
  }

  /** Whose token it is. The rest of a hash is compared in the same time whatever differs. */
  #holderOf(tokenHash: Buffer): TokenHolder | undefined {
    const bucket = this.#byToken.get(tokenHash.toString('hex', 0, BUCKET_DIGITS / 2));
    return bucket?.find(({ hash }) => timingSafeEqual(hash, tokenHash));
  }
}

/** DNS names are the same in any case, URIs are not. */
export function certificateKey(name: string): string {
  return name.startsWith('dns:') ? name.toLowerCase() : name;
}
