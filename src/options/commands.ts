/** The options of the commands that have only a few. */
import { CHANNELS, PURPOSES } from '../verdict/approach.ts';
import { BAD_LINES_MAX, SOURCE_BYTES } from './limits.ts';
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
import { typed } from './variables.ts';

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

/** Either of them asks for TLS. */
const TLS_FLAGS = ['tls-ca', 'tls-server-name'];

/** How the commands that ask a server reach it. */
export const CONNECTION_OPTIONS = {
  proxy: PROXY,
  tlsCaFile: optional(
    text('tls-ca', 'FILE', 'connect over TLS: the authorities of the server, PEM'),
  ),
  tlsCertFile: {
    ...optional(
      text(
        'tls-cert',
        'FILE',
        'with --tls-ca or --tls-server-name: certificate of this client, PEM; for serve the ' +
          "variable is the server's",
      ),
    ),
    needs: TLS_FLAGS,
  },
  tlsKeyFile: {
    ...optional(text('tls-key', 'FILE', 'its private key, not encrypted, PEM')),
    needs: TLS_FLAGS,
  },
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
  state: typed(
    'approach',
    optional(
      text(
        'state',
        'DIR|postgres://...',
        'with --list: apply the registers that are kept there; a server applies its own',
      ),
    ),
  ),
};

/** For whom and for what verdicts are asked. */
export const APPROACH_OPTIONS = {
  advertiser: typed(
    'approach',
    optional(
      text('advertiser', 'ID', 'on whose behalf; where the server has --access, its id there'),
    ),
  ),
  purpose: typed(
    'approach',
    choice(
      'purpose',
      PURPOSES,
      'why they are called. To a service call (appointment, product fault, delivery, technical ' +
        'help) the list does not apply, on your word',
    ),
  ),
  channel: typed(
    'approach',
    choice(
      'channel',
      CHANNELS,
      'how: direct marketing by automated calls, SMS or fax needs an opt-in',
    ),
  ),
};

export const CHECK_OPTIONS = {
  ...ENGINE_OPTIONS,
  ...APPROACH_OPTIONS,
  optInDay: typed(
    'approach',
    optional(day('opt-in', 'the day these numbers opted in to this advertiser')),
  ),
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
  out: typed('replaced', text('out', 'LIST.tacet', 'the list file to write')),
  name: SYNC_OPTIONS.name,
  snapshotDay: typed(
    'source',
    optional(
      day(
        'snapshot',
        'the day at whose end the source was built (default: the newest registration in ' +
          'it; required where the source has no dates)',
      ),
    ),
  ),
  layout: text(
    'layout',
    'auto|FILE',
    'layout of the source: detected, or a profile as inspect --json shows it under "layout"',
    { initial: 'auto' },
  ),
  badLinesMax: typed(
    'source',
    count('bad-lines-max', 'how many malformed lines may pass, each is reported', {
      initial: '0',
      range: { min: 0, max: BAD_LINES_MAX },
    }),
  ),
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
  out: typed(
    'replaced',
    optional(text('out', 'F', 'the file to write (default: -, standard output)')),
  ),
};

export const SAMPLE_LIST_OPTIONS = {
  ...SAMPLE_OPTIONS,
  snapshotDay: typed(
    'source',
    optional(day('snapshot', 'newest registration (default: yesterday in Brussels)')),
  ),
};

export const SAMPLE_CONTACTS_OPTIONS = {
  ...SAMPLE_OPTIONS,
  list: typed('listText', text('list', 'LIST.txt', 'the list they are drawn from')),
  truth: typed(
    'replaced',
    optional(
      text('truth', 'F.tsv', 'the verdict of each row, found in another, slow way, goes here'),
    ),
  ),
};

/** Who decided, and why: kept for good. */
export const LEDGER_LOCK_WAIT: Option<number> = duration(
  'lock-wait',
  'how long to wait for another that writes to the ledger',
  {
    initial: '10s',
    range: { min: 0, max: 3_600_000 },
  },
);

export const PERSON_OPTIONS = {
  by: typed('run', text('by', 'NAME', 'who decides')),
  reason: typed('run', text('reason', 'TEXT', 'why')),
  ...JSON_OPTION,
  ...QUIET,
};

export const OVERRIDE_OPTIONS = {
  by: optional(PERSON_OPTIONS.by),
  reason: optional(PERSON_OPTIONS.reason),
  forMs: typed(
    'run',
    optional(duration('for', 'how long', { range: { min: 3_600_000, max: 24 * 3_600_000 } })),
  ),
  clear: typed('run', flag('clear', 'end the override that is in force')),
  ...JSON_OPTION,
  ...QUIET,
};

export const DIFF_OPTIONS = {
  ...JSON_OPTION,
  added: typed('replaced', optional(text('added', 'F', 'the numbers that were added'))),
  removed: typed('replaced', optional(text('removed', 'F', 'the numbers that were removed'))),
  redated: typed('replaced', optional(text('redated', 'F', 'the numbers that have another date'))),
  ...QUIET,
};

export const HISTORY_OPTIONS = { json: flag('json', 'print one JSON array') };

const KEPT = { initial: '400', range: { min: 1, max: 100_000 } };

export const PRUNE_OPTIONS = {
  keepDays: typed(
    'removed',
    count('keep-days', 'versions with an older snapshot are removed', KEPT),
  ),
  keepVersions: typed('removed', count('keep-versions', 'versions that are kept at most', KEPT)),
  dryRun: typed('run', flag('dry-run', 'only say which')),
  ...JSON_OPTION,
  ...QUIET,
};
