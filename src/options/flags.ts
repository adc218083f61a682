import { parseArgs } from 'node:util';
import type { Option } from './option.ts';
import { didYouMean } from './suggest.ts';

/** A command line, parsed except for the values of its options. */
interface Flags {
  /** Texts by flag, in order. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  /** Everything that is wrong with how the flags are written. */
  readonly mistakes: readonly FlagMistake[];
}

interface FlagMistake {
  readonly what: string;
  readonly fix?: string;
}

/**
 * Parses a command line. A flag given twice is a mistake unless it takes several values. So is an
 * empty value, which is what an unset variable in a script leaves.
 */
export function parseFlags(args: readonly string[], options: readonly Option<unknown>[]): Flags {
  const known = new Map(options.map((option) => [option.flag, option]));
  const takesValue = (flag: string): boolean => (known.get(flag)?.placeholder ?? '') !== '';
  const types = options.map(
    ({ flag }) => [flag, { type: takesValue(flag) ? 'string' : 'boolean' }] as const,
  );
  // A flag without its value must not swallow the next flag, which has to be read too.
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const isBare = (index: number): boolean => {
    const flag = /^--(.+)$/.exec(args[index] ?? '')?.[1] ?? '';
    return index < end && takesValue(flag) && /^--[a-z]/.test(args[index + 1] ?? '');
  };
  // Not strict: strict parsing would stop at the first mistake.
  const { tokens } = parseArgs({
    args: args.map((arg, index) => (isBare(index) ? `${arg}=` : arg)),
    options: Object.fromEntries(types),
    ...{ strict: false, allowPositionals: true, tokens: true },
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  const mistakes: FlagMistake[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, value, rawName } = token;
    const option = known.get(name);
    const before = given.get(name) ?? [];
    const mistake =
      option === undefined
        ? unknownFlag(rawName, known.keys())
        : mistakeOf({ ...token, value: isBare(token.index) ? undefined : value }, option);
    if (mistake !== undefined) mistakes.push(mistake);
    else if (before.length > 0 && option?.separator === undefined) {
      mistakes.push({ what: `${rawName} is given twice` });
    } else given.set(name, [...before, value ?? 'true']);
  }
  return { given, positionals, mistakes };
}

function unknownFlag(rawName: string, known: Iterable<string>): FlagMistake {
  const what = `unknown option ${rawName}`;
  const flags = [...known, 'help'].map((flag) => `--${flag}`);
  const [, letter] = /^-([a-z])$/i.exec(rawName) ?? [];
  const alike = flags.filter((flag) => flag[2] === letter?.toLowerCase());
  if (alike.length > 0) return { what, fix: `Options are written in full: ${alike.join(', ')}` };
  const meant = didYouMean(rawName, flags);
  if (meant !== '') return { what, fix: meant };
  return { what: `${what}: arguments that begin with a hyphen go last, behind " -- "` };
}

/** What is wrong with how one flag is written. */
function mistakeOf(
  flag: {
    readonly rawName: string;
    readonly value: string | undefined;
    readonly inlineValue: boolean | undefined;
  },
  option: Option<unknown>,
): FlagMistake | undefined {
  const { rawName, value, inlineValue } = flag;
  if (option.placeholder === '') {
    return value === undefined ? undefined : { what: `${rawName} takes no value` };
  }
  if (value === '') return { what: `${rawName}: the value is empty` };
  const what = `${rawName}: the value is missing`;
  if (value === undefined) return { what };
  if (inlineValue === true || !/^-./.test(value)) return undefined;
  return { what, fix: `Write ${rawName}=VALUE where it begins with a hyphen` };
}
