import { timingSafeEqual } from 'node:crypto';
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
  readonly party: Party;
  readonly numbersPerDayMax: number | undefined;
  readonly checksPerMinuteMax: number | undefined;
  readonly #permissions: ReadonlySet<Permission>;
  readonly #advertisers: ReadonlySet<string> | '*';
  readonly #parties: ReadonlyMap<string, Party>;

  constructor(entry: ClientEntry, parties: ReadonlyMap<string, Party>) {
    this.name = entry.name;
    this.party = entry.party;
    this.numbersPerDayMax = entry.numbersPerDayMax;
    this.checksPerMinuteMax = entry.checksPerMinuteMax;
    this.#permissions = entry.permissions;
    this.#advertisers = entry.advertisers;
    this.#parties = parties;
  }

  allows(permission: Permission): boolean {
    return this.#permissions.has(permission);
  }

  /** Whether it may act for the party with this id, which then is in the file. */
  mayActFor(advertiser: string): boolean {
    if (this.#advertisers !== '*') return this.#advertisers.has(advertiser);
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

  /** The same caller by another version of the file; undefined if it is no client there. */
  in(access: Access, nowMs: number): Caller | undefined {
    return access.identify(this.#credentials, nowMs);
  }
}

/** {@link Credentials} without the token itself. */
interface HashedCredentials {
  /** SHA-256 of the token's text; undefined if there is none. */
  readonly tokenHash: Buffer | undefined;
  readonly certificateNames: readonly string[];
}

/** What a token leads to. */
interface TokenHolder {
  readonly client: Client | undefined;
  readonly hash: Buffer;
  readonly expiresMs: number;
}

/** Stands for the holder of a token that nobody has. */
const NOBODY: TokenHolder = { client: undefined, hash: Buffer.alloc(32), expiresMs: 0 };

/** Who may call us: one version of the access file. */
export class Access {
  readonly parties: ReadonlyMap<string, Party>;
  readonly clients: ReadonlyMap<string, Client>;
  /** What each client was made from, by name. */
  readonly entries: ReadonlyMap<string, ClientEntry>;
  /** SHA-256 of the file, 64 lower-case hex digits. */
  readonly digest: string;
  /** By SHA-256 in hex. */
  readonly #byToken = new Map<string, TokenHolder>();
  readonly #byCertificate = new Map<string, Client>();

  constructor(
    parties: ReadonlyMap<string, Party>,
    entries: readonly ClientEntry[],
    digest: string,
  ) {
    this.parties = parties;
    this.entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.digest = digest;
    const clients = new Map<string, Client>();
    for (const entry of entries) {
      const client = new Client(entry, parties);
      clients.set(entry.name, client);
      for (const { sha256, expiresMs } of entry.tokens) {
        this.#byToken.set(sha256, { client, hash: Buffer.from(sha256, 'hex'), expiresMs });
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
      untilMs = holder.expiresMs;
      named.add(nowMs < untilMs ? holder.client : undefined);
    }
    for (const name of certificateNames) {
      const client = this.#byCertificate.get(certificateKey(name));
      if (client !== undefined) named.add(client);
    }
    const [client] = named;
    if (client === undefined || named.size > 1) return undefined;
    return new Caller(client, untilMs, credentials);
  }

  /**
   * Whose token it is. Where the map looks is decided by the SHA-256 of what was sent, which nobody
   * can aim; the comparison that counts takes the same time whatever differs.
   */
  #holderOf(tokenHash: Buffer): TokenHolder {
    const holder = this.#byToken.get(tokenHash.toString('hex')) ?? NOBODY;
    return timingSafeEqual(holder.hash, tokenHash) ? holder : NOBODY;
  }
}

/** DNS names are the same in any case, URIs are not. */
export function certificateKey(name: string): string {
  return name.startsWith('dns:') ? name.toLowerCase() : name;
}
