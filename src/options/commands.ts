/** The options of the commands that have only a few. */
import { CHANNELS, PURPOSES } from '../verdict/approach.ts';
import { ACCESS_BYTES, BAD_LINES_MAX, SOURCE_BYTES } from './limits.ts';
import {
  choice,
  count,
  day,
  duration,
  flag,
  type Option,
  optional,
  QUIET,
  region,
  several,
  size,
  text,
} from './option.ts';
import { SYNC_OPTIONS } from './sync.ts';

/** Whether a text is the address of a server to ask: a name alone, or port 0, is not. */
function isServer(given: string): boolean {
  if (/^unix:\/./.test(given)) return true;
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(given)?.[1];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

export function serverOption(help: string, initial?: string): Option<string> {
  return text('server', 'HOST:PORT|unix:PATH', help, {
    initial,
    expected: 'HOST:PORT such as 127.0.0.1:50051, or unix:/run/tacet/tacet.sock',
    accepts: isServer,
  });
}

const PROXY = optional(
  text(
    'proxy',
    'URL',
    'HTTP proxy to the server (default: that of https_proxy or http_proxy, ' +
      'except for this machine and what no_proxy names)',
    { expected: 'http://HOST:PORT', accepts: (given) => given.startsWith('http://') },
  ),
);

/** How the commands that ask a server reach it. */
export const CONNECTION_OPTIONS = {
  proxy: PROXY,
  tlsCaFile: optional(
    text('tls-ca', 'FILE', 'connect over TLS: the authorities of the server, PEM'),
  ),
  tlsCertFile: optional(
    text('tls-cert', 'FILE', 'with --tls-ca: certificate to show to the server, PEM'),
  ),
  tlsKeyFile: optional(text('tls-key', 'FILE', 'its private key, not encrypted, PEM')),
  tlsServerName: optional(
    text(
      'tls-server-name',
      'NAME',
      "connect over TLS: the name in the server's certificate (default: its host); without " +
        '--tls-ca of the authorities that Node knows',
    ),
  ),
  tokenFile: optional(
    text('token-file', 'FILE', 'token of the client, one line; beyond this machine with TLS only'),
  ),
};

export const JSON_OPTION = { json: flag('json', 'print one JSON object') };

/** Which engine answers `check` and `dedupe`. */
export const ENGINE_OPTIONS = {
  server: { ...optional(serverOption('ask a server')), alternative: 'list' },
  ...CONNECTION_OPTIONS,
  lists: {
    ...optional(
      several(text('list', 'LIST.tacet', 'ask a list file or a store, no server needed'), ':'),
    ),
    alternative: 'server',
  },
  state: optional(
    text(
      'state',
      'DIR|URL',
      'with --list: apply the registers kept there, in a directory or at postgres://...; a ' +
        'server applies its own',
    ),
  ),
};

/** For whom and for what verdicts are asked. */
export const APPROACH_OPTIONS = {
  advertiser: optional(
    text('advertiser', 'ID', 'on whose behalf; where the server has --access, its id there'),
  ),
  purpose: choice(
    'purpose',
    PURPOSES,
    'why they are called. To a service call (appointment, product fault, delivery, technical ' +
      'help) the list does not apply, on your word',
  ),
  channel: choice(
    'channel',
    CHANNELS,
    'how: direct marketing by automated calls, SMS or fax needs an opt-in',
  ),
};

export const CHECK_OPTIONS = {
  ...ENGINE_OPTIONS,
  ...APPROACH_OPTIONS,
  optInDay: optional(day('opt-in', 'the day these numbers opted in to this advertiser')),
  region: region('BE'),
  json: flag('json', 'one JSON object a line, keys as in the proto'),
};

export const HEALTH_OPTIONS = {
  server: serverOption('the server to ask', '127.0.0.1:50051'),
  ...CONNECTION_OPTIONS,
  ...JSON_OPTION,
};

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const;

export const INSPECT_OPTIONS = JSON_OPTION;

export const VERIFY_OPTIONS = JSON_OPTION;

export const LIST_VERIFY_OPTIONS = { json: flag('json', 'print one JSON array'), ...QUIET };

export const PACK_OPTIONS = {
  out: text('out', 'LIST.tacet', 'the list file to write'),
  name: SYNC_OPTIONS.name,
  snapshotDay: optional(
    day(
      'snapshot',
      'the day at whose end the source was built (default: the newest registration in ' +
        'it; required where the source has no dates)',
    ),
  ),
  layout: text(
    'layout',
    'auto|FILE',
    'layout of the source: detected, or a profile as inspect --json shows it under "layout"',
    { initial: 'auto' },
  ),
  badLinesMax: count('bad-lines-max', 'how many malformed lines may pass, each is reported', {
    initial: '0',
    range: { min: 0, max: BAD_LINES_MAX },
  }),
  sourceBytesMax: size('source-bytes-max', 'bytes of the text, unpacked', SOURCE_BYTES),
  ...JSON_OPTION,
  ...QUIET,
};

const SAMPLE_OPTIONS = {
  rows: count('rows', 'how many lines, or contacts', { range: { min: 1, max: 1_000_000_000 } }),
  seed: count('seed', 'any whole number', {
    placeholder: 'S',
    range: { min: 0, max: 999_999_999_999_999 },
  }),
  out: optional(text('out', 'F', 'the file to write (default: -, standard output)')),
};

export const SAMPLE_LIST_OPTIONS = {
  ...SAMPLE_OPTIONS,
  snapshotDay: optional(day('snapshot', 'newest registration (default: yesterday in Brussels)')),
};

export const SAMPLE_CONTACTS_OPTIONS = {
  ...SAMPLE_OPTIONS,
  list: text('list', 'LIST.txt', 'the list they are drawn from'),
  truth: optional(
    text('truth', 'F.tsv', 'the verdict of each row, found in another, slow way, goes here'),
  ),
};

/** Who decided, and why: kept for good. */
export const PERSON_OPTIONS = {
  by: text('by', 'NAME', 'who decides'),
  reason: text('reason', 'TEXT', 'why'),
  ...JSON_OPTION,
  ...QUIET,
};

export const OVERRIDE_OPTIONS = {
  by: optional(PERSON_OPTIONS.by),
  reason: optional(PERSON_OPTIONS.reason),
  forMs: optional(duration('for', 'how long', { range: { min: 3_600_000, max: 24 * 3_600_000 } })),
  clear: flag('clear', 'end the override that is in force'),
  ...JSON_OPTION,
  ...QUIET,
};

export const DIFF_OPTIONS = {
  ...JSON_OPTION,
  added: optional(text('added', 'F', 'the numbers that were added')),
  removed: optional(text('removed', 'F', 'the numbers that were removed')),
  redated: optional(text('redated', 'F', 'the numbers that have another date')),
  ...QUIET,
};

export const HISTORY_OPTIONS = { json: flag('json', 'print one JSON array') };

const ACCESS_FILE = {
  bytesMax: size('access-bytes-max', 'bytes of the access file', ACCESS_BYTES),
};

export const ACCESS_CHECK_OPTIONS = { ...JSON_OPTION, ...ACCESS_FILE };

export const ACCESS_TOKEN_OPTIONS = {
  expiresDay: optional(
    day('expires', 'the last day it is valid, in Brussels (default: a year from today)'),
  ),
  client: optional(
    text('client', 'NAME', 'the client it is for, to name the place in the access file', {
      accepts: (given) => /^[A-Za-z0-9._-]{1,64}$/.test(given),
    }),
  ),
  ...JSON_OPTION,
};

export const ACCESS_RELEASE_OPTIONS = {
  state: text('state', 'DIR|postgres://...', 'the state of the servers, as they have it'),
  ...PERSON_OPTIONS,
};

export const ACCESS_LICENCES_OPTIONS = {
  onDay: optional(day('on', 'where they stand on that day (default: today in Brussels)')),
  prices: optional(
    text('prices', 'FILE.json', 'a price table (default: the one that comes along)'),
  ),
  ...JSON_OPTION,
  ...ACCESS_FILE,
};

const KEPT = { initial: '400', range: { min: 1, max: 100_000 } };

export const PRUNE_OPTIONS = {
  keepDays: count('keep-days', 'versions with an older snapshot are removed', KEPT),
  keepVersions: count('keep-versions', 'versions that are kept at most', KEPT),
  dryRun: flag('dry-run', 'only say which'),
  ...JSON_OPTION,
  ...QUIET,
};
