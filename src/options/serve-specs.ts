import { availableParallelism } from 'node:os';
import { TacetError } from '../errors.ts';
import { isRegion } from '../phone/regions.ts';
import { MESSAGE_BYTES_MAX, NUMBERS_MAX } from '../threads/pool.ts';
import {
  choiceOption,
  countOption,
  durationOption,
  flagOption,
  type OptionSpec,
  option,
  sizeOption,
} from './kinds.ts';
import { SYNC_OPTION_SPECS } from './sync-specs.ts';
import { readAddress } from './values.ts';

/** Several paths in one text are separated like those of PATH. */
function readPaths(text: string, where: string): string[] {
  const paths = text.split(':').filter((path) => path !== '');
  if (paths.length === 0) {
    throw new TacetError('ERR_OPTION', { what: 'no list file is named', where });
  }
  return paths;
}

function readRegion(text: string, where: string): string {
  if (isRegion(text)) return text;
  throw new TacetError('ERR_OPTION', {
    what: 'unknown region',
    where,
    expected: 'an ISO 3166-1 alpha-2 code such as BE',
    got: `"${text}"`,
  });
}

const WORKERS_MAX = 256;
const WORKERS = Math.min(availableParallelism(), WORKERS_MAX);

/** Every option of `tacet serve`, in the order of its help. */
export const SERVE_OPTIONS = {
  list: option(
    'list',
    'LIST.tacet|STORE',
    undefined,
    'list file, or store whose current version is served; repeat for several, in the environment separated by ":"',
    readPaths,
  ),
  listen: option(
    'listen',
    'HOST:PORT',
    '127.0.0.1:50051',
    'address of gRPC; port 0 = any free one',
    readAddress,
  ),
  http: option(
    'http',
    'HOST:PORT',
    '127.0.0.1:9464',
    'address of /metrics, /livez, /readyz',
    readAddress,
  ),
  workers: countOption('workers', String(WORKERS), 'worker threads', { min: 1, max: WORKERS_MAX }),
  region: option('region', 'CC', 'BE', 'region of numbers written nationally', readRegion),
  discloseDates: flagOption('disclose-dates', 'give registration dates to who asks: licensed data'),
  verify: choiceOption(
    'verify',
    ['full', 'header'],
    'how much of a list file is read before it serves',
  ),
  kernel: choiceOption(
    'kernel',
    ['auto', 'wasm', 'directory', 'binary-search'],
    'how numbers are looked up',
  ),
  mapping: choiceOption(
    'mapping',
    ['auto', 'shared'],
    'map list files, or read them into shared memory',
  ),
  listPollMs: durationOption(
    'list-poll',
    '5s',
    'how often it is looked for another version in a store, an override, a file changed in place',
    { min: 10, max: 60_000 },
  ),
  listAgeWarningMs: durationOption(
    'list-age-warning',
    '26h',
    'age of a list, from the end of its snapshot day, that is told as a warning',
  ),
  listAgeCriticalMs: durationOption(
    'list-age-critical',
    '72h',
    'age of a list that is told as critical',
  ),
  ...SYNC_OPTION_SPECS,
  streamPinMaxMs: durationOption(
    'stream-pin-max',
    '1h',
    'how long a stream may go on with its list after a newer one serves',
  ),
  streamStallMaxMs: durationOption(
    'stream-stall-max',
    '5m',
    'how long a client may leave its answers unread before its stream is closed',
  ),
  drainDelayMs: durationOption(
    'drain-delay',
    '0s',
    'how long calls are still taken after SIGTERM, while health and /readyz say no: as long as a balancer takes to see it',
    { min: 0, max: 3_600_000 },
  ),
  drainTimeoutMs: durationOption('drain-timeout', '10s', 'how long calls may go on after that'),
  numbersPerMessageMax: countOption(
    'numbers-per-message-max',
    String(NUMBERS_MAX),
    'numbers in one Dedupe request',
    { min: 1, max: 1 << 22 },
  ),
  batchCheckNumbersMax: countOption(
    'batch-check-numbers-max',
    '10000',
    'numbers in one BatchCheck',
    {
      min: 1,
      max: 1 << 22,
    },
  ),
  messageBytesMax: sizeOption(
    'message-bytes-max',
    `${MESSAGE_BYTES_MAX / 1024 ** 2}MiB`,
    'bytes of one request',
    {
      min: 1024,
      max: 64 * 1024 ** 2,
    },
  ),
  batchesPerStreamMax: countOption(
    'batches-per-stream-max',
    '16',
    'unanswered requests of one stream before its client is paused',
    { min: 1, max: 1024 },
  ),
  bytesPerStreamMax: sizeOption(
    'bytes-per-stream-max',
    '4MiB',
    'bytes of unanswered requests of one stream before its client is paused',
    { min: 1, max: 1024 ** 3 },
  ),
  batchesMax: countOption(
    'batches-max',
    '0',
    'requests in the worker pool over all streams; 0 = 4 per worker, at least 8',
    { min: 0, max: 4096 },
  ),
  inlineBytesMax: sizeOption(
    'inline-bytes-max',
    '512KiB',
    'requests up to this size may skip the hop to a worker: up to 4KiB always, above while the event loop has time to spare',
    { min: 0, max: 1024 ** 2 },
  ),
  streamWindowBytes: sizeOption('stream-window', '1MiB', 'HTTP/2 flow-control window of a stream', {
    min: 65_535,
    max: 2 ** 31 - 1,
  }),
  connectionWindowBytes: sizeOption(
    'connection-window',
    '4MiB',
    'HTTP/2 flow-control window of a connection',
    { min: 65_535, max: 2 ** 31 - 1 },
  ),
  streamsPerConnectionMax: countOption(
    'streams-per-connection-max',
    '100',
    'calls at once on one connection',
    { min: 1, max: 100_000 },
  ),
  connectionsMax: countOption('connections-max', '1000', 'connections at once', {
    min: 1,
    max: 1_000_000,
  }),
  connectionIdleMs: durationOption(
    'connection-idle',
    '5m',
    'connections without a call are closed',
  ),
  connectionAgeMs: durationOption(
    'connection-age',
    '0s',
    'connections are asked to reconnect at this age, so that load spreads; 0s = never',
    { min: 0, max: 2 ** 31 - 1 },
  ),
  connectionAgeGraceMs: durationOption(
    'connection-age-grace',
    '1h',
    'how long calls may go on after that',
  ),
  keepaliveTimeMs: durationOption('keepalive-time', '1m', 'silence after which a client is pinged'),
  keepaliveTimeoutMs: durationOption('keepalive-timeout', '20s', 'wait for the answer to a ping'),
  logLevel: choiceOption(
    'log-level',
    ['info', 'debug', 'warn', 'error'],
    'what is logged, to stderr as JSON',
  ),
  logRepeatsMax: countOption(
    'log-repeats-max',
    '10',
    'lines a minute about calls that fail, and as many about each limit that clients run into',
    { min: 1, max: 1_000_000 },
  ),
  insecure: flagOption(
    'insecure',
    'allow --listen and --http beyond this machine: whoever reaches them can read the list out',
  ),
} satisfies Record<string, OptionSpec<unknown>>;

export type Specs = typeof SERVE_OPTIONS;

/** The options of a server, read and checked. */
export type ServeOptions = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer Value> ? Value : never;
};
