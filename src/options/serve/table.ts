import { availableParallelism } from 'node:os';
import { MESSAGE_BYTES_MAX, NUMBERS_MAX, WORKERS_MAX } from '../limits.ts';
import {
  address,
  choice,
  count,
  duration,
  fileMode,
  flag,
  optional,
  region,
  several,
  size,
  text,
  type ValuesOf,
} from '../option.ts';
import type { SERVED_SYNC_OPTIONS } from '../sync.ts';
import { sizeText } from '../values.ts';
import { typed } from '../variables.ts';
import { ACCESS_OPTIONS } from './access.ts';
import { STATE_OPTIONS } from './state.ts';

/** From no wait at all to about the longest that a timer can wait. */
const FROM_NONE = { min: 0, max: 24 * 86_400_000 };
const REQUEST_NUMBERS = { min: 1, max: 1 << 22 };

/** The options of `tacet serve`, except those of {@link SERVED_SYNC_OPTIONS}. */
export const SERVE_OPTIONS = {
  list: several(
    text('list', 'LIST.tacet|STORE', 'list file, or store whose current version is served', {
      expected: 'a path, or an array of paths in a config file',
    }),
    ':',
  ),
  listen: address('listen', 'address of gRPC; port 0 = any free one', '127.0.0.1:50051'),
  listenMode: fileMode('listen-mode', 'who may connect to a unix: socket of --listen', '0600'),
  tlsCertFile: optional(
    text(
      'tls-cert',
      'FILE',
      'encrypts --listen: PEM, the certificate and those up to its authority',
    ),
  ),
  tlsKeyFile: optional(
    text('tls-key', 'FILE', 'its private key, not encrypted: PKCS#8, PKCS#1 or SEC1 as PEM'),
  ),
  tlsClientCaFile: optional(
    text(
      'tls-client-ca',
      'FILE',
      'ask clients for a certificate of these authorities; those without one are let in',
    ),
  ),
  tlsPollMs: duration('tls-poll', 'how often to look whether these files were renewed', {
    initial: '5s',
    range: { min: 10, max: 3_600_000 },
  }),
  httpTls: flag('http-tls', 'encrypt --http with the same certificate; asks clients for none'),
  http: address('http', 'address of /metrics, /livez, /readyz', '127.0.0.1:9464'),
  ...ACCESS_OPTIONS,
  reusePort: flag(
    'reuse-port',
    'share --listen with other servers of this machine, each with an --http of its own; ' +
      'Node 22.12 or later',
  ),
  workers: count('workers', 'worker threads', {
    initial: String(Math.min(availableParallelism(), WORKERS_MAX)),
    initialText: 'one a core',
    range: { min: 1, max: WORKERS_MAX },
  }),
  region: region('BE'),
  discloseDates: flag('disclose-dates', 'give registration dates to who asks: licensed data'),
  verify: choice('verify', ['full', 'header'], 'how much of a list file is read before it serves'),
  kernel: choice(
    'kernel',
    ['auto', 'wasm', 'directory', 'binary-search'],
    'how numbers are looked up',
  ),
  mapping: choice('mapping', ['auto', 'shared'], 'map list files, or read them into shared memory'),
  listPollMs: duration(
    'list-poll',
    'how often to look for another version in a store, an override, a file changed in place',
    { initial: '5s', range: { min: 10, max: 60_000 } },
  ),
  listAgeWarningMs: duration(
    'list-age-warning',
    'age of a list, from the end of its snapshot day, at which a warning is given',
    { initial: '26h' },
  ),
  listAgeCriticalMs: duration('list-age-critical', 'age of a list that is critical', {
    initial: '72h',
  }),
  streamPinMaxMs: duration(
    'stream-pin-max',
    'how long a stream may go on with its list after a newer one serves',
    { initial: '1h' },
  ),
  streamStallMaxMs: duration(
    'stream-stall-max',
    'how long a client may leave its answers unread before its stream is closed',
    { initial: '5m' },
  ),
  drainDelayMs: duration(
    'drain-delay',
    'how long calls are still taken after SIGTERM, while health and /readyz say no: ' +
      'as long as a balancer takes to see it',
    { initial: '0s', range: { min: 0, max: 3_600_000 } },
  ),
  drainTimeoutMs: duration('drain-timeout', 'how long calls may go on after that', {
    initial: '10s',
  }),
  numbersPerMessageMax: count('numbers-per-message-max', 'numbers in one Dedupe request', {
    initial: String(NUMBERS_MAX),
    range: REQUEST_NUMBERS,
  }),
  batchCheckNumbersMax: count('batch-check-numbers-max', 'numbers in one BatchCheck', {
    initial: '10000',
    range: REQUEST_NUMBERS,
  }),
  messageBytesMax: size('message-bytes-max', 'bytes of one request', {
    initial: sizeText(MESSAGE_BYTES_MAX),
    range: { min: 1024, max: 64 * 1024 ** 2 },
  }),
  batchesPerStreamMax: count(
    'batches-per-stream-max',
    'unanswered requests of one stream before its client is paused',
    { initial: '16', range: { min: 1, max: 1024 } },
  ),
  bytesPerStreamMax: size(
    'bytes-per-stream-max',
    'bytes of unanswered requests of one stream before its client is paused',
    { initial: '4MiB', range: { min: 1, max: 1024 ** 3 } },
  ),
  indexCopyMax: size(
    'index-copy-max',
    'indexes up to this size get a second copy, for the thread that answers most requests; ' +
      '0B = none',
    { initial: '64MiB', range: { min: 0, max: 4 * 1024 ** 3 } },
  ),
  batchesMax: count(
    'batches-max',
    'requests in the worker pool over all streams; 0 = 4 per worker, at least 8',
    { initial: '0', range: { min: 0, max: 4096 } },
  ),
  streamsPerConnectionMax: count('streams-per-connection-max', 'calls at once on one connection', {
    initial: '100',
    range: { min: 1, max: 100_000 },
  }),
  connectionsMax: count('connections-max', 'connections at once', {
    initial: '1000',
    range: { min: 1, max: 1_000_000 },
  }),
  httpConnectionsMax: count('http-connections-max', 'connections of --http at once', {
    initial: '64',
    range: { min: 1, max: 100_000 },
  }),
  headerTimeoutMs: duration(
    'header-timeout',
    'how long a connection may take for its first bytes, and the headers of its first call',
    { initial: '2s', range: { min: 100, max: 60_000 } },
  ),
  metadataEntriesMax: count('metadata-entries-max', 'entries in the metadata of a call', {
    initial: '128',
    range: { min: 32, max: 10_000 },
  }),
  metadataBytesMax: size('metadata-bytes-max', 'bytes of the metadata, and 32 for each entry', {
    initial: '64KiB',
    range: { min: 4096, max: 1024 ** 2 },
  }),
  streamResetsMax: count(
    'stream-resets-max',
    'calls that may be cancelled on one connection within 30 s; ' +
      'Node before 22.10 allows no more than 1000',
    { initial: '1000', range: { min: 1, max: 1_000_000 } },
  ),
  connectionIdleMs: duration('connection-idle', 'connections without a call are closed', {
    initial: '5m',
  }),
  connectionAgeMs: duration(
    'connection-age',
    'connections are asked to reconnect at this age, so that load spreads; 0s = never',
    { initial: '0s', range: FROM_NONE },
  ),
  connectionAgeGraceMs: duration('connection-age-grace', 'how long calls may go on after that', {
    initial: '1h',
  }),
  ...STATE_OPTIONS,
  logLevel: choice(
    'log-level',
    ['info', 'debug', 'warn', 'error'],
    'what is logged, to stderr as JSON',
  ),
  logBufferMax: size('log-buffer-max', 'bytes of the log that may wait for its reader', {
    initial: '1MiB',
    range: { min: 4096, max: 64 * 1024 ** 2 },
  }),
  logRepeatsMax: count(
    'log-repeats-max',
    'lines a minute about calls that fail, and as many about each limit that clients run into',
    { initial: '10', range: { min: 1, max: 1_000_000 } },
  ),
  insecure: flag(
    'insecure',
    'beyond this machine, allow --listen without --access and TLS, and --http without --access ' +
      'and --http-tls: others may read the list out, tokens on their way, and names of clients',
  ),
};

/** Where `tacet serve` gets its options from; a config file cannot contain these. */
export const CONFIG_OPTIONS = {
  config: optional(text('config', 'FILE.json', 'options as a JSON object, keys like the flags')),
  printConfig: typed('run', flag('print-config', 'print the options as a config file and exit')),
};

/** The options of a server, read and checked. */
export type ServeOptions = ValuesOf<typeof SERVE_OPTIONS> & {
  /** Without `from` the server fetches nothing. */
  readonly sync: ValuesOf<typeof SERVED_SYNC_OPTIONS>;
};
