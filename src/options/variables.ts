/** Variables of the environment: `--stream-pin-max` is TACET_STREAM_PIN_MAX, for every command. */
import type { Found, Option } from './option.ts';

/** `stream-pin-max` is TACET_STREAM_PIN_MAX. */
export function variableName(flag: string): string {
  return `TACET_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Why options are only ever typed: what was set for another run must not do this in the next. */
const TYPED = {
  approach: 'They are said of one file, call or person, and for them a number may be called',
  source: 'An old or damaged text may pass for a good list (`sync` has variables of its own)',
  replaced: 'They name files that are replaced',
  run: 'They are what one run does, or the word of the person who has it done',
  removed: 'They say what is removed or erased for good, and whose key signs for it',
  evidence: 'They are what one receipt is held against, of its own job and day',
  proof: 'A ledger has one writer, the server that `TACET_LEDGER` is for; proofs are of one run',
  listText: '`TACET_LIST` is a packed list, not its text',
} as const;

/** An option without a variable. */
export function typed<Value>(why: keyof typeof TYPED, given: Option<Value>): Option<Value> {
  return { ...given, typedWhy: TYPED[why] };
}

/** The variable of an option; undefined = it is only ever typed. */
export function variableOf({ flag, typedWhy }: Option<unknown>): string | undefined {
  return typedWhy === undefined ? variableName(flag) : undefined;
}

/** What a variable says of an option; an empty one, as a script leaves it, says nothing. */
export function inEnvironment(
  variable: string | undefined,
  { separator }: Option<unknown>,
  environment: Readonly<Record<string, string | undefined>>,
): Found | undefined {
  const text = variable === undefined ? '' : (environment[variable] ?? '');
  return variable === undefined || text === ''
    ? undefined
    : { texts: partsOf(text, separator), where: variable };
}

/** The texts in one text of an option that takes several. */
export function partsOf(text: string, separator: string | undefined): string[] {
  if (separator === undefined) return [text];
  const parts = text.split(separator).filter((part) => part !== '');
  // A text of separators only is a value too, and a bad one if something must be named.
  return parts.length === 0 ? [''] : parts;
}
