import { TacetError } from '../errors.ts';
import { parseFlags } from '../options/flags.ts';
import type { Option, Table } from '../options/option.ts';
import { type Found, optionsOf, readTable } from '../options/table.ts';

/** A command of `tacet`. */
export interface Command {
  /** The help text, without a final newline; its first line is the usage. */
  readonly help: string;
  /** The help for what the arguments name; default `help`. */
  helpOf?(args: readonly string[]): Promise<string>;
  /** Runs with the arguments after the command's name; resolves with the exit code. */
  run(args: readonly string[]): Promise<number>;
}

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** Wrong usage: exit code 2. */
export function usage(what: string, fix?: string): TacetError {
  return new TacetError('ERR_USAGE', { what, ...(fix !== undefined && { fix }) });
}

/**
 * Reads the arguments of a command. Errors: ERR_USAGE for the first mistake.
 *
 * @param operandsOf parses the arguments that are not options; throws if the command does not
 *   accept them
 * @param variable the environment's value for an option, if the command reads the environment
 */
export function readArguments<Values, Operands>(
  args: readonly string[],
  table: Table<Values>,
  operandsOf: (positionals: readonly string[]) => Operands,
  variable?: (option: Option<unknown>) => Found | undefined,
): { readonly values: Values; readonly operands: Operands } {
  const { given, positionals, mistakes } = parseFlags(args, optionsOf(table));
  const [mistake] = mistakes;
  if (mistake !== undefined) throw usage(mistake.what, mistake.fix);
  const operands = operandsOf(positionals);
  const find = (option: Option<unknown>): Found | undefined => {
    const texts = given.get(option.flag);
    return texts === undefined ? variable?.(option) : { texts, where: `--${option.flag}` };
  };
  return { values: readTable(table, find, refuse), operands };
}

function refuse({ flag, placeholder, expected }: Option<unknown>, found: Found | undefined): never {
  if (found === undefined) throw usage(`--${flag} is missing`, `Give --${flag} ${placeholder}`);
  throw usage(`${found.where}: expected ${expected}, got "${found.texts?.join(' ')}"`);
}

/** For commands that take options only. */
export function noOperand([first]: readonly string[]): void {
  if (first !== undefined) throw usage(`unexpected argument "${first}"`);
}

/** For commands that take exactly one file. */
export function oneOperand(name: string): (positionals: readonly string[]) => string {
  return ([first, second]) => {
    if (first === undefined) throw usage(`${name} is missing`);
    if (first === '') throw usage(`${name} is empty`);
    if (second !== undefined) throw usage(`one ${name} expected, more given`);
    return first;
  };
}
