import { TacetError } from '../errors.ts';
import { parseFlags } from '../options/flags.ts';
import type { Found, Option, Table } from '../options/option.ts';
import { didYouMean } from '../options/suggest.ts';
import { optionsOf, readTable } from '../options/table.ts';
import { inEnvironment, variableOf } from '../options/variables.ts';
import { ADVERTISER_BYTES_MAX } from '../wire/identity.ts';

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

/** What a command was given. */
interface Arguments<Values, Operands> {
  readonly values: Values;
  readonly operands: Operands;
  /** The flags on the command line; the other values are of the environment, or defaults. */
  readonly typed: ReadonlySet<string>;
}

/** Wrong usage: exit code 2. */
export function usage(what: string, fix?: string): TacetError {
  return new TacetError('ERR_USAGE', { what, ...(fix !== undefined && { fix }) });
}

/**
 * Reads the arguments of a command, and the environment for what they do not say. Errors: ERR_USAGE
 * for the first mistake.
 *
 * @param operandsOf parses the arguments that are not options; throws if the command does not
 *   accept them
 * @param variable what the environment says of an option
 */
export function readArguments<Values, Operands>(
  args: readonly string[],
  table: Table<Values>,
  operandsOf: (positionals: readonly string[]) => Operands,
  variable = (option: Option<unknown>) => inEnvironment(variableOf(option), option, process.env),
): Arguments<Values, Operands> {
  const { given, positionals, mistakes } = parseFlags(args, optionsOf(table));
  const [mistake] = mistakes;
  if (mistake !== undefined) throw usage(mistake.what, mistake.fix);
  const operands = operandsOf(positionals);
  const find = (option: Option<unknown>): Found | undefined => {
    const { flag, alternative } = option;
    const texts = given.get(flag);
    if (texts !== undefined) return { texts, where: `--${flag}` };
    // Somebody who names one of the two has decided, whatever the environment says.
    return alternative !== undefined && given.has(alternative) ? undefined : variable(option);
  };
  refuseAlternatives(optionsOf(table), find);
  refuseUnused(optionsOf(table), new Set(given.keys()), find);
  return { values: readTable(table, find, refuse), operands, typed: new Set(given.keys()) };
}

function refuseAlternatives(
  options: readonly Option<unknown>[],
  find: (option: Option<unknown>) => Found | undefined,
): void {
  for (const option of options) {
    const other = options.find(({ flag }) => flag === option.alternative);
    const found = [option, ...(other === undefined ? [] : [other])].flatMap(
      (each) => find(each) ?? [],
    );
    if (found.length < 2) continue;
    throw usage(`${found.map(({ where }) => where).join(' and ')} exclude each other`);
  }
}

/** What was typed must count: a certificate is never left out because nothing asked for TLS. */
function refuseUnused(
  options: readonly Option<unknown>[],
  typed: ReadonlySet<string>,
  find: (option: Option<unknown>) => Found | undefined,
): void {
  const isSaid = (flag: string): boolean =>
    options.some((option) => option.flag === flag && find(option) !== undefined);
  for (const { flag, needs } of options) {
    if (needs === undefined || !typed.has(flag) || needs.some(isSaid)) continue;
    throw usage(`--${flag} without ${needs.map((other) => `--${other}`).join(' or ')}`);
  }
}

function refuse(option: Option<unknown>, found: Found | undefined): never {
  const { flag, placeholder, expected } = option;
  if (found === undefined) {
    const variable = variableOf(option);
    const or = variable === undefined ? '' : ` or set ${variable}`;
    throw usage(`--${flag} is missing`, `Give --${flag} ${placeholder}${or}`);
  }
  throw usage(`${found.where}: expected ${expected}, got "${found.texts?.join(' ')}"`);
}

/** A command of several actions, each of which is loaded on demand. */
export function actionsCommand(
  help: string,
  name: string,
  actions: Readonly<Record<string, () => Promise<{ command: Command }>>>,
): Command {
  const actionOf = async (action = ''): Promise<Command | undefined> => {
    const load = Object.hasOwn(actions, action) ? actions[action] : undefined;
    return (await load?.())?.command;
  };
  return {
    help,
    async run([action, ...rest]) {
      const command = await actionOf(action);
      if (command !== undefined) return command.run(rest);
      if (action === undefined) throw usage('the action is missing', `See ${name} --help`);
      const meant = didYouMean(action, Object.keys(actions));
      throw usage(`unknown action "${action}"`, `${meant} See ${name} --help`.trim());
    },
    async helpOf([action]) {
      return (await actionOf(action))?.help ?? help;
    },
  };
}

/** Refuses what no server takes. Errors: ERR_USAGE. */
export function checkAdvertiser(advertiser = ''): void {
  if (Buffer.byteLength(advertiser) > ADVERTISER_BYTES_MAX) {
    throw usage(`--advertiser: expected at most ${ADVERTISER_BYTES_MAX} bytes`);
  }
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
