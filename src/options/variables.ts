/** Variables of the environment: `--stream-pin-max` is TACET_STREAM_PIN_MAX, for every command. */
import type { Found, Option } from './option.ts';

/** `stream-pin-max` is TACET_STREAM_PIN_MAX. */
export function variableName(flag: string): string {
  return `TACET_${flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Options without a variable: what was set for another run must not do this in the next. */
export const TYPED: readonly { readonly why: string; readonly options: readonly string[] }[] = [
  {
    why: 'They are said of one file, call or person, and for them a number may be called',
    options: [
      ...['--column', '--not-dialled', '--country-column', '--header', '--no-header'],
      ...['--skip-lines', '--separator', '--blocked-cells', '--opt-in', '--opt-in-column'],
      ...['--opt-in-format', '--advertiser', '--purpose', '--channel', '--state DIR|URL'],
    ],
  },
  {
    why: 'An old or damaged text may pass for a good list (`sync` has variables of its own)',
    options: ['--snapshot', '--bad-lines-max'],
  },
  {
    why: 'They name files that are replaced',
    options: [
      ...['--out', '--callable', '--blocked', '--undecided', '--summary', '--truth'],
      ...['--added', '--removed', '--redated'],
    ],
  },
  {
    why: 'They are what one run does, or the word of the person who has it done',
    options: [
      ...['--source', '--reference', '--request-id', '--day', '--mistake', '--format'],
      ...['--by', '--reason', '--for', '--clear', '--dry-run', '--confirm-layout'],
      '--print-config',
    ],
  },
  { why: '`TACET_LIST` is a packed list, not its text', options: ['--list LIST.txt'] },
];

const TYPED_OPTIONS: ReadonlySet<string> = new Set(TYPED.flatMap(({ options }) => options));

/** The variable of an option; undefined = it is only ever typed. */
export function variableOf({ flag, placeholder }: Option<unknown>): string | undefined {
  const isTyped = TYPED_OPTIONS.has(`--${flag}`) || TYPED_OPTIONS.has(`--${flag} ${placeholder}`);
  return isTyped ? undefined : variableName(flag);
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
