import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { ioError, TacetError } from '../errors.ts';
import { isRegion } from '../phone/regions.ts';
import { MESSAGE_BYTES_MAX, NUMBERS_MAX } from '../pool/pool.ts';
import {
  type Address,
  isLoopback,
  readAddress,
  readBoolean,
  readChoice,
  readDuration,
  readInteger,
  readSize,
} from './option-values.ts';

/** One option: its flag, what is shown of it, and how its text becomes a value. */
interface OptionSpec<Value> {
  /** Without `--`; also the key of a config file and, as TACET_..., of the environment. */
  readonly flag: string;
  /** What stands for the value in the help; empty for a flag without one. */
  readonly value: string;
  /** As it would be written; undefined = must be given. */
  readonly initial: string | undefined;
  readonly help: string;
  read(text: string, where: string): Value;
}

function option<Value>(
  flag: string,
  value: string,
  initial: string | undefined,
  help: string,
  read: (text: string, where: string) => Value,
): OptionSpec<Value> {
  return { flag, value, initial, help, read };
}

function flagOption(flag: string, help: string): OptionSpec<boolean> {
  return option(flag, '', 'false', help, readBoolean);
}

function durationOption(
  flag: string,
  initial: string,
  help: string,
  range = { min: 1, max: 2 ** 31 - 1 },
): OptionSpec<number> {
  return option(flag, 'TIME', initial, help, (text, where) => readDuration(text, where, range));
}

function sizeOption(
  flag: string,
  initial: string,
  help: string,
  range: { min: number; max: number },
): OptionSpec<number> {
  return option(flag, 'SIZE', initial, help, (text, where) => readSize(text, where, range));
}

function countOption(
  flag: string,
  initial: string,
  help: string,
  range: { min: number; max: number },
): OptionSpec<number> {
  return option(flag, 'N', initial, help, (text, where) => readInteger(text, where, range));
}

function choiceOption<const Choice extends string>(
  flag: string,
  choices: readonly [Choice, ...Choice[]],
  help: string,
): OptionSpec<Choice> {
  return option(flag, choices.join('|'), choices[0], help, (text, where) =>
    readChoice(text, where, choices),
  );
}

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

/** Every option of `tacet serve`, in the order of its help. */
export const SERVE_OPTIONS = {
  list: option(
    'list',
    'LIST.tacet',
    undefined,
    'list file to serve; repeat for several, in the environment separated by ":"',
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
  workers: countOption('workers', String(availableParallelism()), 'worker threads', {
    min: 1,
    max: 256,
  }),
  region: option('region', 'CC', 'BE', 'region of numbers written nationally', readRegion),
  discloseDates: flagOption('disclose-dates', 'give registration dates to who asks: licensed data'),
  verify: choiceOption(
    'verify',
    ['full', 'header'],
    'how much of a list file is read before it serves',
  ),
  kernel: choiceOption(
    'kernel',
    ['auto', 'binary-search', 'directory'],
    'how numbers are looked up',
  ),
  mapping: choiceOption(
    'mapping',
    ['auto', 'shared'],
    'map list files, or read them into shared memory',
  ),
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
  drainTimeoutMs: durationOption('drain-timeout', '10s', 'how long calls may go on after SIGTERM'),
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
    '8',
    'unanswered requests of one stream before its client is paused',
    { min: 1, max: 1024 },
  ),
  batchesMax: countOption(
    'batches-max',
    '0',
    'requests in the worker pool over all streams; 0 = 4 per worker, at least 8',
    { min: 0, max: 4096 },
  ),
  inlineBytesMax: sizeOption(
    'inline-bytes-max',
    '4KiB',
    'requests up to this size are answered without the hop to a worker',
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
  insecure: flagOption(
    'insecure',
    'allow --listen and --http beyond this machine: whoever reaches them can read the list out',
  ),
} satisfies Record<string, OptionSpec<unknown>>;

type Specs = typeof SERVE_OPTIONS;

/** The options of a server, read and checked. */
export type ServeOptions = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer Value> ? Value : never;
};

/** Where the texts of options come from; what comes first wins. */
export interface OptionTexts {
  /** Flags as given, several values of one flag in order. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a config file, if any. */
  readonly config: string | undefined;
}

const SPECS = Object.entries(SERVE_OPTIONS) as [keyof Specs, OptionSpec<unknown>][];

/** `stream-pin-max` is TACET_STREAM_PIN_MAX. */
export function environmentName(flag: string): string {
  return `TACET_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Kubernetes sets these for a Service named tacet; they are not options. */
const KUBERNETES_NAMES = /^TACET_(SERVICE_(HOST|PORT)|PORT)(_|$)/;
/** Also from the environment, but not options of a config file. */
const OTHER_NAMES = new Set(['TACET_CONFIG']);

/**
 * Reads the options of `tacet serve`: flags win, then the environment, then the config file, then
 * the defaults. Throws one ERR_OPTION that names every mistake.
 */
export function readServeOptions(texts: OptionTexts): ServeOptions {
  const mistakes: string[] = [];
  const attempt = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TacetError)) throw error;
      mistakes.push(error.message);
      return undefined;
    }
  };
  const path = texts.config ?? texts.environment['TACET_CONFIG'];
  const config = path === undefined ? {} : (attempt(() => readConfig(path)) ?? {});
  mistakes.push(...unknownNames(texts, config, path));
  const values: Record<string, unknown> = {};
  for (const [name, spec] of SPECS) {
    values[name] = attempt(() => readOption(spec, texts, { config, path }));
  }
  // Every spec has been read into its name, or there are mistakes and the values are not used.
  const options = values as unknown as ServeOptions;
  if (mistakes.length === 0) mistakes.push(...contradictions(options));
  if (mistakes.length > 0) {
    throw new TacetError('ERR_OPTION', {
      what: mistakes.join('\n'),
      fix: 'tacet serve --help documents every option',
    });
  }
  return options;
}

function readOption(
  spec: OptionSpec<unknown>,
  texts: OptionTexts,
  { config, path }: { config: Readonly<Record<string, string>>; path: string | undefined },
): unknown {
  const flagged = texts.flags[spec.flag];
  if (flagged !== undefined) {
    // Several list files may be given by repeating the flag; anything else only once.
    if (flagged.length > 1 && spec.flag !== 'list') {
      throw new TacetError('ERR_OPTION', { what: 'given twice', where: `--${spec.flag}` });
    }
    if (spec.flag === 'list') return flagged;
    return spec.read(flagged[0] ?? '', `--${spec.flag}`);
  }
  const variable = environmentName(spec.flag);
  const fromEnvironment = texts.environment[variable];
  if (fromEnvironment !== undefined) return spec.read(fromEnvironment, variable);
  const fromConfig = config[spec.flag];
  if (fromConfig !== undefined) return spec.read(fromConfig, `${path}: ${spec.flag}`);
  if (spec.initial === undefined) {
    throw new TacetError('ERR_OPTION', {
      what: 'missing',
      where: `--${spec.flag}`,
      fix: `Give --${spec.flag} ${spec.value} or set ${variable}`,
    });
  }
  return spec.read(spec.initial, `--${spec.flag}`);
}

/** Reads a config file: a JSON object, keys like the flags, values text, number, boolean or list. */
function readConfig(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw ioError(path, 'read the config file', cause);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new TacetError('ERR_OPTION', { what: 'not JSON', where: path, cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new TacetError('ERR_OPTION', { what: 'not a JSON object', where: path });
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([key, value]: [string, unknown]) => [
      key,
      Array.isArray(value) ? value.join(':') : String(value),
    ]),
  );
}

function unknownNames(
  texts: OptionTexts,
  config: Readonly<Record<string, string>>,
  path: string | undefined,
): string[] {
  const flags = new Set(SPECS.map(([, spec]) => spec.flag));
  const variables = new Set(SPECS.map(([, spec]) => environmentName(spec.flag)));
  const unknown = Object.keys(config)
    .filter((key) => !flags.has(key))
    .map((key) => `${path}: unknown key "${key}"`);
  for (const name of Object.keys(texts.environment)) {
    if (!name.startsWith('TACET_') || variables.has(name)) continue;
    if (OTHER_NAMES.has(name) || KUBERNETES_NAMES.test(name)) continue;
    unknown.push(`unknown variable ${name} in the environment`);
  }
  return unknown;
}

function contradictions(options: ServeOptions): string[] {
  const mistakes: string[] = [];
  const remote = (address: Address): boolean => !isLoopback(address) && !options.insecure;
  for (const [flag, address] of [
    ['listen', options.listen],
    ['http', options.http],
  ] as const) {
    if (!remote(address)) continue;
    mistakes.push(
      `--${flag} ${address.host}: reachable from other machines, and there is no access control. ` +
        'Listen on 127.0.0.1 behind a proxy that has it, or accept the risk with --insecure',
    );
  }
  if (options.batchCheckNumbersMax > options.numbersPerMessageMax) {
    mistakes.push('--batch-check-numbers-max is more than --numbers-per-message-max');
  }
  return mistakes;
}

/** The options as a config file that gives the same server. */
export function printConfig(texts: OptionTexts): string {
  const options = readServeOptions(texts);
  const path = texts.config ?? texts.environment['TACET_CONFIG'];
  const config = path === undefined ? {} : readConfig(path);
  const printed: Record<string, unknown> = {};
  for (const [name, spec] of SPECS) {
    const text =
      texts.flags[spec.flag]?.[0] ??
      texts.environment[environmentName(spec.flag)] ??
      config[spec.flag] ??
      spec.initial;
    printed[spec.flag] = name === 'list' ? options.list : plain(options[name], text);
  }
  return `${JSON.stringify(printed, null, 2)}\n`;
}

/** Numbers without a unit and booleans as themselves, everything else as it was written. */
function plain(value: unknown, text: string | undefined): unknown {
  if (typeof value === 'boolean') return value;
  return typeof value === 'number' && String(value) === text ? value : text;
}

/** The help text of every option: flag, default, what it does, its variable. */
export function serveOptionsHelp(): string {
  const heads = SPECS.map(
    ([, spec]) => `--${spec.flag}${spec.value === '' ? '' : ` ${spec.value}`}`,
  );
  return SPECS.map(([, spec], index) => {
    const initial = spec.initial === undefined ? 'required' : `default ${spec.initial}`;
    return `  ${heads[index]}\n      ${spec.help} (${initial}; ${environmentName(spec.flag)})`;
  }).join('\n');
}
