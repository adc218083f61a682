import { readFileSync } from 'node:fs';
import { ioError, TacetError } from '../../errors.ts';
import { VARIABLES } from '../help/every-command.ts';
import type { Found, Option } from '../option.ts';
import { didYouMean } from '../suggest.ts';
import { SERVED_SYNC_OPTIONS, SYNC_VARIABLES } from '../sync.ts';
import { optionsOf, readTable } from '../table.ts';
import { inEnvironment, partsOf, variableOf } from '../variables.ts';
import { contradictions } from './contradictions.ts';
import { CONFIG_OPTIONS, SERVE_OPTIONS, type ServeOptions } from './table.ts';

/** Where the texts of options come from; earlier sources win. */
export interface OptionTexts {
  /** Flags as given, several values of one flag in order. */
  readonly flags: Readonly<Record<string, readonly string[]>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Path of a config file, if any. */
  readonly config: string | undefined;
  /** What is wrong with the flags themselves; reported with all the other mistakes. */
  readonly mistakes?: readonly string[];
}

/** A config file as parsed. */
type Config = Readonly<Record<string, unknown>>;

/** Every option of `tacet serve`, in the order of its help. */
export const SERVED: readonly Option<unknown>[] = [SERVE_OPTIONS, SERVED_SYNC_OPTIONS].flatMap(
  optionsOf,
);

/**
 * Kubernetes sets these for every Service of the namespace named tacet or tacet-...; they are not
 * options. A port must also look like one by its value: a misspelt option must not pass for one.
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
 * The variables allowed in the environment: one file of variables may serve all commands, and the
 * server ignores those of others.
 */
const KNOWN_VARIABLES: ReadonlySet<string> = new Set([...VARIABLES, ...SYNC_VARIABLES]);

/**
 * Reads the options of `tacet serve`: flags win, then the environment, then the config file, then
 * the defaults. Throws one ERR_OPTION that names every mistake.
 */
export function readServeOptions(texts: OptionTexts): ServeOptions {
  return readAll(texts).options;
}

/** The options as a config file that gives the same server. */
export function printConfig(texts: OptionTexts): string {
  const { options, find } = readAll(texts);
  const printed: Record<string, unknown> = {};
  for (const [table, read] of [
    [SERVE_OPTIONS, options],
    [SERVED_SYNC_OPTIONS, options.sync],
  ] as const) {
    const values = new Map<string, unknown>(Object.entries(read));
    for (const [name, option] of Object.entries(table)) {
      const text = find(option)?.texts?.[0] ?? option.initial ?? '';
      printed[option.flag] = plain(values.get(name), text);
    }
  }
  return `${JSON.stringify(printed, null, 2)}\n`;
}

/** Lists, booleans and numbers without a unit as themselves, the rest as it was written. */
function plain(value: unknown, text: string): unknown {
  if (typeof value === 'boolean' || (Array.isArray(value) && value.length > 0)) return value;
  return typeof value === 'number' && String(value) === text ? value : text;
}

function readAll(texts: OptionTexts): {
  readonly options: ServeOptions;
  find(option: Option<unknown>): Found | undefined;
} {
  const mistakes = [...(texts.mistakes ?? [])];
  const said = (option: Option<unknown>) =>
    inEnvironment(variableOf(option), option, texts.environment);
  const path = texts.config ?? said(CONFIG_OPTIONS.config)?.texts?.[0];
  const config = path === undefined ? {} : readConfig(path, mistakes);
  mistakes.push(...unknownNames(texts, config, path));
  const find = (option: Option<unknown>): Found | undefined => {
    const { flag, separator } = option;
    const flagged = texts.flags[flag];
    if (flagged !== undefined) return { texts: flagged, where: `--${flag}` };
    const fromEnvironment = said(option);
    if (fromEnvironment !== undefined) return fromEnvironment;
    const configured = config[flag];
    if (configured === undefined) return undefined;
    return { texts: configuredTexts(configured, separator), where: `${path}: ${flag}` };
  };
  const fail = (option: Option<unknown>, found: Found | undefined): void => {
    mistakes.push(mistakeOf(option, found));
  };
  const sync = readTable(SERVED_SYNC_OPTIONS, find, fail);
  const options = { ...readTable(SERVE_OPTIONS, find, fail), sync };
  if (mistakes.length === 0) mistakes.push(...contradictions(options));
  if (mistakes.length === 0) return { options, find };
  throw new TacetError('ERR_OPTION', {
    what: mistakes.join('\n'),
    fix: 'tacet serve --help documents every option',
  });
}

function mistakeOf(option: Option<unknown>, found: Found | undefined): string {
  const { flag, placeholder, expected } = option;
  if (found === undefined) {
    return `--${flag}: missing. Give --${flag} ${placeholder} or set ${variableOf(option)}`;
  }
  const { texts, where } = found;
  const bad = `${where}: bad value, expected ${expected}`;
  if (texts === undefined) return bad;
  const isTwice = texts.length > 1 && option.separator === undefined;
  return isTwice ? `${where}: given twice` : `${bad}, got "${texts.join(' ')}"`;
}

/** Texts as flags would give them; undefined = no flag could give this value. */
function configuredTexts(value: unknown, separator: string | undefined): string[] | undefined {
  if (typeof value !== 'object') return partsOf(String(value), separator);
  const isList = separator !== undefined && Array.isArray(value) && value.length > 0;
  return isList && value.every((part) => typeof part === 'string') ? value : undefined;
}

/**
 * Reads a config file: a JSON object, keys like the flags, values text, number, boolean or list.
 */
function readConfig(path: string, mistakes: string[]): Config {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    mistakes.push(ioError(path, 'read the config file', cause).message);
    return {};
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    mistakes.push(`${path}: not JSON`);
    return {};
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return Object.fromEntries(Object.entries(parsed));
  }
  mistakes.push(`${path}: not a JSON object`);
  return {};
}

function unknownNames(texts: OptionTexts, config: Config, path: string | undefined): string[] {
  const flags = new Set(SERVED.map(({ flag }) => flag));
  const unknown = Object.keys(config)
    .filter((key) => !flags.has(key))
    .map((key) => `${path}: unknown key "${key}"`);
  for (const [name, value] of Object.entries(texts.environment)) {
    if (!name.startsWith('TACET_') || KNOWN_VARIABLES.has(name) || isFromKubernetes(name, value))
      continue;
    const what = `unknown variable ${name} in the environment`;
    unknown.push(`${what}. ${didYouMean(name, KNOWN_VARIABLES)}`.replace(/\. $/, ''));
  }
  return unknown;
}
