import {
  type ClientEntry,
  certificateKey,
  type Party,
  PERMISSIONS,
  type Token,
} from '../access.ts';
import { expiryMs } from './expiry.ts';
import type { FileValue } from './file-value.ts';

const KEYS = [
  'party',
  'for',
  'tokens',
  'certificates',
  'allow',
  'numbers_per_day_max',
  'checks_per_minute_max',
] as const;

/** Stands for a party that a faulty file does not have. */
const NO_PARTY: Party = {
  ...{ id: '', name: '', kind: 'advertiser', licences: [] },
  ...{ enterpriseNumber: undefined, workers: undefined },
};

/** Reads `clients`. */
export function readClients(
  file: FileValue,
  parties: ReadonlyMap<string, Party>,
): readonly ClientEntry[] {
  const taken = new Map<string, string>();
  return [...file.byId()].map(([name, value]) => {
    const read = value.members(KEYS);
    const party = parties.get(read.party.idOf(parties, 'party') ?? '') ?? NO_PARTY;
    if (read.allow.isAbsent) read.allow.fault('is missing', `Write an array of what it may do`);
    return {
      name,
      party,
      advertisers: readAdvertisers(read.for, party, parties),
      tokens: read.tokens.items().flatMap((item) => readToken(item, name, taken)),
      certificates: read.certificates.items().flatMap((item) => readName(item, name, taken)),
      permissions: new Set(read.allow.items().flatMap((item) => item.choice(PERMISSIONS) ?? [])),
      numbersPerDayMax: positive(read.numbers_per_day_max),
      checksPerMinuteMax: positive(read.checks_per_minute_max),
    };
  });
}

function positive(file: FileValue): number | undefined {
  return file.isAbsent ? undefined : file.count(1);
}

/** `*` or `["*"]` = every advertiser of the file; else ids of advertisers, or the party's own. */
function readAdvertisers(
  file: FileValue,
  own: Party,
  parties: ReadonlyMap<string, Party>,
): ClientEntry['advertisers'] {
  if (file.is('*')) return '*';
  const items = file.items();
  if (items.some((item) => item.is('*'))) {
    if (items.length > 1) file.fault('has * beside ids', 'Leave the ids out: * is all of them');
    return '*';
  }
  const ids = items.flatMap((item) => {
    const id = item.idOf(parties, 'party');
    const isPrincipal = id === own.id || parties.get(id ?? '')?.kind === 'advertiser';
    if (id === undefined || isPrincipal) return id ?? [];
    return (
      item.fault(`${id} is a service provider`, 'Nobody calls on its behalf: name advertisers') ??
      []
    );
  });
  return new Set(ids);
}

function readToken(file: FileValue, client: string, taken: Map<string, string>): Token[] {
  const { sha256, expires } = file.members(['sha256', 'expires']);
  const expected = 'the 64 lower-case hex digits that `tacet access token` prints, never the token';
  const hash = sha256.text(expected, (text) => /^[0-9a-f]{64}$/.test(text), { secret: true });
  const expiresMs = expiryMs(expires);
  if (hash === undefined) return [];
  claim(sha256, hash, { client, taken, what: 'token' });
  return [{ sha256: hash, expiresMs: expiresMs ?? 0 }];
}

const DNS = /^dns:(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i;
/** As RFC 3986 writes one, without what a list of names would be cut at. */
const URI = /^uri:[a-z][a-z0-9+.-]*:[^\s"',<>\\^`{|}\p{C}]{1,2000}$/iu;

function readName(file: FileValue, client: string, taken: Map<string, string>): string[] {
  const expected = 'dns:NAME or uri:URI, a name of its certificate';
  const name = file.text(expected, (text) => DNS.test(text) || URI.test(text));
  if (name === undefined) return [];
  const key = certificateKey(name);
  claim(file, key, { client, taken, what: 'certificate' });
  return [key];
}

/** Refuses what another client has already, and what is there twice. */
function claim(file: FileValue, key: string, { client, taken, what }: Claim): void {
  const owner = taken.get(key);
  taken.set(key, client);
  if (owner === undefined) return;
  const whose = owner === client ? 'is there twice' : `is also that of ${owner}`;
  file.fault(`the ${what} ${whose}`, 'Each belongs to one client: give the other its own');
}

interface Claim {
  readonly client: string;
  readonly taken: Map<string, string>;
  readonly what: string;
}
