/** What an entry of the ledger says: one line of canonical JSON, of one of these types. */
import { randomBytes } from 'node:crypto';
import { parseIsoDay } from '../../calendar/day.ts';
import { TacetError } from '../../errors.ts';
import { JOB_ID, JOB_ID_RULE } from '../../wire/identity.ts';
import { canonicalJson, parseCanonicalJson } from './canonical-json.ts';
import {
  hex,
  integer,
  lines,
  list,
  matching,
  nullable,
  oneOf,
  record,
  text,
  type ValueOf,
} from './fields.ts';

/** An entry of a tile has a length of 16 bits. */
export const LEAF_BYTES_MAX = 65_535;

const TEXT_MAX = 200;
const LISTS_MAX = 32;
const LICENCES_MAX = 32;
const PARTS_MAX = 256;
/** Of one `erase` entry. */
export const ERASED_MAX = 2_000;
/** A signed note: two keys and some witnesses. */
const NOTE_MAX = 8_192;

/** Any later one has a year of five digits, in Brussels at the latest. */
const INSTANT_MAX = Date.UTC(9999, 11, 31);

const hash = hex(64);
/** Milliseconds since 1970-01-01 UTC, by the clock of the machine. */
const instant = integer(INSTANT_MAX);
const day = matching(
  /^\d{4}-\d{2}-\d{2}$/,
  'a date as YYYY-MM-DD',
  (text) => parseIsoDay(text) >= 0,
);
const until = matching(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/,
  'a time as 2026-11-30T23:00:00Z',
  (text) => {
    const unixMs = Date.parse(text);
    const isTime = unixMs >= 0 && unixMs <= INSTANT_MAX;
    return isTime && new Date(unixMs).toISOString() === text.replace('Z', '.000Z');
  },
);
const id = matching(JOB_ID, JOB_ID_RULE);
const origin = matching(/^[!-*,-~]{1,200}$/, '1 to 200 printable ASCII characters but + and space');

const PARTY = record({ id, name: nullable(text(TEXT_MAX)) });
const ENGINE = record({ name: text(64), version: text(64) });

/** A version of a list that was asked; of one that is loaded without a fact, null. */
const LIST = record({
  name: text(TEXT_MAX),
  sha256: hash,
  source_sha256: nullable(hash),
  snapshot_date: day,
  entries: integer(),
  valid_until: until,
  override: nullable(record({ by: text(TEXT_MAX), reason: text(TEXT_MAX), until })),
});

const REGISTER = record({
  name: text(TEXT_MAX),
  revision_first: integer(),
  revision_last: integer(),
});

/** Of numbers, not rows; `opt_in_unreadable` are among the others. */
const COUNTS = record({
  numbers: integer(),
  callable: integer(),
  blocked: integer(),
  callable_opt_in: integer(),
  not_covered: integer(),
  unreadable: integer(),
  not_applicable: integer(),
  opt_in_unreadable: integer(),
});

const OUTPUT = nullable(record({ rows: integer(), tag: hash }));

/** Commitments of rows, see rows/rows.ts; `by` is who computed them: server or client. */
const ROWS = record({
  scheme: oneOf('tacet-rows-v1'),
  count: integer(),
  root: hash,
  by: oneOf('server', 'client'),
});

/** What begins every leaf; `id` has 128 random bits. */
const head = <const Type extends string>(type: Type) => ({
  v: oneOf(1),
  type: oneOf(type),
  id: hex(32),
});

/** Who asked, for whom, of which lists and registers, and what came out. */
const ASKED = {
  provider: nullable(PARTY),
  advertiser: nullable(PARTY),
  client: nullable(text(TEXT_MAX)),
  licences: list(
    record({ kind: text(64), id: text(TEXT_MAX), until: nullable(day) }),
    LICENCES_MAX,
  ),
  purpose: oneOf('direct-marketing', 'service'),
  channel: oneOf('person', 'automated', 'sms', 'fax'),
  lists: list(LIST, LISTS_MAX),
  registers: list(REGISTER, LISTS_MAX),
  counts: COUNTS,
  rows: nullable(ROWS),
  engine: ENGINE,
  started: instant,
  finished: instant,
};

const JOB = {
  ...ASKED,
  job_id: nullable(id),
  region: matching(/^[A-Z]{2}$/, 'two capital letters'),
  input: nullable(record({ bytes: integer(), rows: integer(), tag: hash })),
  outputs: nullable(record({ callable: OUTPUT, blocked: OUTPUT, undecided: OUTPUT })),
  parts: nullable(list(record({ index: integer(), origin }), PARTS_MAX)),
};

const LEAVES = {
  /** One dedupe. */
  dedupe: record({ ...head('dedupe'), ...JOB }),
  /** What a stream had answered when the server ended it; the job's last leaf names it. */
  part: record({ ...head('part'), ...JOB }),
  /** The single checks of one client and advertiser within a minute. */
  checks: record({ ...head('checks'), ...ASKED }),
  /** Entry 0: the log's key, and the head of the log that it continues. */
  open: record({
    ...head('open'),
    verifier_key: text(TEXT_MAX + 100),
    previous: nullable(lines(NOTE_MAX)),
    engine: ENGINE,
    at: instant,
  }),
  /** A version begins to serve. */
  list: record({ ...head('list'), list: LIST, at: instant }),
  /** Leave to consult a stale list, or its end: then `until` is null. */
  override: record({
    ...head('override'),
    list: text(TEXT_MAX),
    by: text(TEXT_MAX),
    reason: text(TEXT_MAX),
    until: nullable(until),
    at: instant,
  }),
  /** The key that signs from here on; the one before it signs too, for a while. */
  key: record({
    ...head('key'),
    verifier_key: text(TEXT_MAX + 100),
    previous_key: text(TEXT_MAX + 100),
    at: instant,
  }),
  /** Leaves that were dropped; their hashes stay. */
  erase: record({
    ...head('erase'),
    entries: list(integer(), ERASED_MAX),
    by: text(TEXT_MAX),
    reason: text(TEXT_MAX),
    at: instant,
  }),
};

type Leaves = { readonly [Type in keyof typeof LEAVES]: ValueOf<(typeof LEAVES)[Type]> };

/** An entry of the ledger, with the fields as they are written. */
export type Leaf = Leaves[keyof Leaves];

/** The leaf of a dedupe, or of a part of one. */
export type JobLeaf = Leaves['dedupe'] | Leaves['part'];

/** The leaf of whatever asked lists and got verdicts. */
export type AskedLeaf = JobLeaf | Leaves['checks'];

/** What every leaf begins with. */
export function leafHead<const Type extends Leaf['type']>(type: Type) {
  return { v: 1 as const, type, id: randomBytes(16).toString('hex') };
}

function checked(value: unknown): Leaf {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : '';
  const known = typeof type === 'string' && Object.hasOwn(LEAVES, type);
  if (!known) throw bad('the leaf is of an unknown type');
  // One of the names: looked up above.
  const leaf = LEAVES[type as keyof Leaves](value, 'leaf');
  if ('counts' in leaf) checkCounts(leaf);
  return leaf;
}

/** A leaf whose counts do not add up proves nothing, whoever signed it. */
function checkCounts({ counts, rows, started, finished }: AskedLeaf): void {
  const { numbers, opt_in_unreadable: unreadable, ...verdicts } = counts;
  const sum = Object.values(verdicts).reduce((total, count) => total + count, 0);
  if (sum !== numbers || unreadable > numbers) {
    throw bad('the verdicts of the leaf do not add up to its numbers');
  }
  if (rows !== null && rows.count !== numbers) throw bad('the leaf commits to other rows');
  if (finished < started) throw bad('the leaf ends before it begins');
}

/** The bytes of a leaf. Errors: ERR_PROOF if it is not one, or longer than a leaf may be. */
export function leafBytes(leaf: Leaf): Buffer {
  const bytes = Buffer.from(canonicalJson(checked(leaf)));
  if (bytes.length > LEAF_BYTES_MAX) throw bad(`the leaf is over ${LEAF_BYTES_MAX} bytes`);
  return bytes;
}

/** Reads a leaf. Errors: ERR_PROOF unless the bytes are the one way to write it. */
export function parseLeaf(bytes: Uint8Array): Leaf {
  if (bytes.length > LEAF_BYTES_MAX) throw bad(`the leaf is over ${LEAF_BYTES_MAX} bytes`);
  return checked(parseCanonicalJson(bytes, 'the leaf'));
}

function bad(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what });
}
