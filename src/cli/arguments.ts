import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parseIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';

/** One command of `tacet`. */
export interface Command {
  /** The help text, without a final newline; its first line is the usage. */
  readonly help: string;
  /** The help of what the arguments name; without it `help`. */
  helpOf?(args: readonly string[]): Promise<string>;
  /** Runs with the arguments behind the command's name; resolves with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Wrong usage: exit code 2. */
export function usage(what: string, fix?: string): TacetError {
  return new TacetError('ERR_USAGE', { what, ...(fix !== undefined && { fix }) });
}

/** What `parseArgs` makes of the options declared. */
type Parsed<Options extends NonNullable<ParseArgsConfig['options']>> = Pick<
  ReturnType<
    typeof parseArgs<{ options: Options; strict: true; allowPositionals: true; tokens: true }>
  >,
  'values' | 'positionals'
>;

/**
 * `util.parseArgs` with positionals allowed, its complaints as ERR_USAGE.
 * A flag given twice is a mistake unless it is declared `multiple`; so is an empty value: it is
 * what an unset variable of a script leaves.
 */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): Parsed<Options> {
  try {
    const parsed = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
    const seen = new Set<string>();
    for (const token of parsed.tokens) {
      if (token.kind !== 'option') continue;
      const multiple = options[token.name]?.multiple === true;
      if (seen.has(token.name) && !multiple) throw usage(`--${token.name} is given twice`);
      seen.add(token.name);
      if (token.value === '') throw usage(`--${token.name}: the value is empty`);
    }
    return { values: parsed.values, positionals: parsed.positionals };
  } catch (error) {
    if (error instanceof TacetError) throw error;
    throw complaint(error);
  }
}

/** What `parseArgs` complained of, in fewer words. */
function complaint(error: unknown): TacetError {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const flag = /'(?:-\w, )?(-[^ ']*)/.exec(message)?.[1];
  if (flag === undefined) return usage(message);
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    return usage(
      `unknown option ${flag}`,
      'Arguments that begin with a hyphen go last, behind " -- "',
    );
  }
  if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') return usage(message);
  if (message.includes('does not take an argument')) return usage(`${flag} takes no value`);
  const ambiguous = message.includes('ambiguous');
  return usage(
    `${flag}: the value is missing`,
    ambiguous ? `Write ${flag}=VALUE where it begins with a hyphen` : undefined,
  );
}

/** Exactly one positional, the name of a file. */
export function onlyPositional(positionals: readonly string[], name: string): string {
  const [first, second] = positionals;
  if (first === undefined) throw usage(`${name} is missing`);
  if (first === '') throw usage(`${name} is empty`);
  if (second !== undefined) throw usage(`one ${name} expected, more given`);
  return first;
}

/** A whole number of an option, within a range. */
export function readCount(
  text: string,
  name: string,
  { min, max }: { min: number; max: number },
): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
  throw usage(`--${name}: expected a whole number from ${min} to ${max}, got "${text}"`);
}

/** A date of an option, as an epoch day. */
export function readDay(text: string, name: string): number {
  const day = parseIsoDay(text);
  if (Number.isNaN(day)) throw usage(`--${name}: expected a date as YYYY-MM-DD, got "${text}"`);
  return day;
}

/** The address of a server to ask; a name without a port, or port 0, is none. */
export function readServer(text: string): string {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(text)?.[1];
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return text;
  throw usage(`--server: expected HOST:PORT such as 127.0.0.1:50051, got "${text}"`);
}
