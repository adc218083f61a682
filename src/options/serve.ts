import { readFileSync } from 'node:fs';
import { ioError, TacetError } from '../errors.ts';
import { SYNC_VARIABLES } from '../sync/variables.ts';
import type { OptionSpec } from './kinds.ts';
import { SERVE_OPTIONS, type ServeOptions, type Specs } from './serve-specs.ts';
import { type Address, isLoopback } from './values.ts';

export { SERVE_OPTIONS, type ServeOptions } from './serve-specs.ts';

/** Where the texts of options come from; what comes first wins. */
export interface OptionTexts {
  /** Flags as given, several values of one flag in order. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a config file, if any. */
  readonly config: string | undefined;
  /** What is wrong with the flags themselves; told with all the rest. */
  readonly mistakes?: readonly string[];
}

/** A config file as parsed. */
type Config = Readonly<Record<string, unknown>>;

const SPECS = Object.entries(SERVE_OPTIONS) as [keyof Specs, OptionSpec<unknown>][];

/** `stream-pin-max` is TACET_STREAM_PIN_MAX. */
export function environmentName(flag: string): string {
  return `TACET_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Kubernetes sets these for every Service of the namespace named tacet or tacet-...; they are not
 * options. A port is told by its value too: a misspelt option must not pass for one.
 */
const KUBERNETES_NAME = /^TACET_([A-Z0-9_]+_)?SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/;
const KUBERNETES_PORT_PART = /^TACET_([A-Z0-9_]+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;
const KUBERNETES_PORT = /^TACET_([A-Z0-9_]+_)?PORT$/;
const KUBERNETES_PORT_VALUE = /^(tcp|udp|sctp):\/\//;

function isFromKubernetes(name: string, value: string | undefined): boolean {
  if (KUBERNETES_NAME.test(name) || KUBERNETES_PORT_PART.test(name)) return true;
  return KUBERNETES_PORT.test(name) && KUBERNETES_PORT_VALUE.test(value ?? '');
}

/**
 * May be in the environment, but are no options of a config file: a secret must not be printed, and
 * a file of variables for `tacet sync` may be given to the server as well, which fetches by those
 * that are its own options and has no use for the rest.
 */
const OTHER_NAMES: ReadonlySet<string> = new Set(['TACET_CONFIG', ...SYNC_VARIABLES]);

/**
 * Reads the options of `tacet serve`: flags win, then the environment, then the config file, then
 * the defaults. Throws one ERR_OPTION that names every mistake.
 */
export function readServeOptions(texts: OptionTexts): ServeOptions {
  const mistakes = [...(texts.mistakes ?? [])];
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
  { config, path }: { config: Config; path: string | undefined },
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
  if (fromConfig !== undefined) return readConfigured(spec, fromConfig, `${path}: ${spec.flag}`);
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
function readConfig(path: string): Config {
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
  return Object.fromEntries(Object.entries(parsed));
}

/** Reads a value of a config file: the text it would be as a flag, or the list files one by one. */
function readConfigured(spec: OptionSpec<unknown>, value: unknown, where: string): unknown {
  const texts = Array.isArray(value) ? value : [value];
  const isList = Array.isArray(value) && spec.flag === 'list' && texts.length > 0;
  const kinds = isList ? ['string'] : ['string', 'number', 'boolean'];
  if (Array.isArray(value) !== isList || !texts.every((text) => kinds.includes(typeof text))) {
    throw new TacetError('ERR_OPTION', {
      what: 'bad value',
      where,
      expected: spec.flag === 'list' ? 'a path or an array of paths' : 'a text, number or boolean',
    });
  }
  return isList ? texts : spec.read(String(value), where);
}

function unknownNames(texts: OptionTexts, config: Config, path: string | undefined): string[] {
  const flags = new Set(SPECS.map(([, spec]) => spec.flag));
  const variables = new Set(SPECS.map(([, spec]) => environmentName(spec.flag)));
  const unknown = Object.keys(config)
    .filter((key) => !flags.has(key))
    .map((key) => `${path}: unknown key "${key}"`);
  for (const [name, value] of Object.entries(texts.environment)) {
    if (!name.startsWith('TACET_') || variables.has(name)) continue;
    if (OTHER_NAMES.has(name) || isFromKubernetes(name, value)) continue;
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
  if (options.syncFrom !== undefined && options.list.length !== 1) {
    mistakes.push('--sync-from fetches into one store, and --list names several');
  }
  if (options.listAgeWarningMs > options.listAgeCriticalMs) {
    mistakes.push('--list-age-warning is more than --list-age-critical');
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
    printed[spec.flag] = name === 'list' ? options.list : plain(options[name], String(text));
  }
  return `${JSON.stringify(printed, null, 2)}\n`;
}

/** Numbers without a unit and booleans as themselves, everything else as it was written. */
function plain(value: unknown, text: string): unknown {
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
