/**
 * Each option is defined once: its name, what its values look like, its default and what it does.
 * Types, flags, variables, config keys, help, errors and docs/OPTIONS.md are derived from that.
 */
import { parseIsoDay } from '../calendar/day.ts';
import { isRegion } from '../phone/regions.ts';
import {
  type Address,
  durationText,
  type Range,
  readAddress,
  readDuration,
  readInteger,
  readSize,
  sizeText,
} from './values.ts';

/** One option of a command. */
export interface Option<Value> {
  /** Without `--`; also its key in a config file and, in capitals, its variable. */
  readonly flag: string;
  /** The placeholder for the value in the help; empty for a flag that takes none. */
  readonly placeholder: string;
  readonly help: string;
  /** The default as a user would write it; undefined = none. */
  readonly initial: string | undefined;
  /** The default in words, if it depends on the machine. */
  readonly initialText?: string;
  /** What its values look like, for errors. */
  readonly expected: string;
  /** The minimum and maximum of a number, and how they are written. */
  readonly range?: Range & { readonly text: string };
  /** Set if the option may be given several times: it separates the values within one text. */
  readonly separator?: string;
  /** The flag that cannot be given together with this one. */
  readonly alternative?: string;
  /** Typed, it is wrong without one of these flags, or their variables: nothing would use it. */
  readonly needs?: readonly string[];
  /** Why it has no variable and is only ever typed, as a sentence without its point. */
  readonly typedWhy?: string;
  /** The value of the given texts, none if the option is not given; undefined = invalid. */
  parse(texts: readonly string[]): { readonly value: Value } | undefined;
}

/** Texts given for an option: as flags, in a variable or a file. */
export interface Found {
  /** Undefined = the value there is neither a text nor a list of texts. */
  readonly texts: readonly string[] | undefined;
  /** `--flag`, TACET_FLAG, `config.json: flag`. */
  readonly where: string;
}

/** The options of a command, by their names in the code. */
export type Table<Values> = { readonly [Name in keyof Values]: Option<Values[Name]> };

/** The values that a table reads. */
export type ValuesOf<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends Option<infer Value> ? Value : never;
};

/** What most kinds of option let the table decide. */
interface Said {
  readonly initial?: string | undefined;
  readonly placeholder?: string;
}

function option<Value>(
  said: Omit<Option<Value>, 'parse' | 'initial'> & Said,
  read: (text: string) => Value | undefined,
): Option<Value> {
  return {
    initial: undefined,
    ...said,
    parse: ([text, another]) => {
      const value = text === undefined || another !== undefined ? undefined : read(text);
      return value === undefined ? undefined : { value };
    },
  };
}

/** Any text, or only what `accepts` allows. */
export function text(
  flag: string,
  placeholder: string,
  help: string,
  more: Said & { readonly expected?: string; accepts?(text: string): boolean } = {},
): Option<string> {
  const { accepts, expected = placeholder, initial } = more;
  return option({ flag, placeholder, help, initial, expected }, (given) =>
    given === '' || accepts?.(given) === false ? undefined : given,
  );
}

/** True if it is given. */
export function flag(name: string, help: string): Option<boolean> {
  const said = { flag: name, placeholder: '', help, initial: 'false', expected: 'true or false' };
  return option(said, (given) => (given === 'true' ? true : given === 'false' ? false : undefined));
}

/** For commands that say how they went. */
export const QUIET = { quiet: flag('quiet', 'say nothing, unless something went wrong') };

export function count(
  name: string,
  help: string,
  more: Said & { readonly range: Range; readonly initialText?: string },
): Option<number> {
  const { range, ...rest } = more;
  const ends = `${range.min} to ${range.max}`;
  const expected = `a whole number from ${ends}`;
  const said = { flag: name, placeholder: 'N', help, expected, ...rest };
  return option({ ...said, range: { ...range, text: ends } }, (given) => readInteger(given, range));
}

/** A little less than the longest that a timer of Node can wait. */
const WAIT_MS_MAX = 24 * 86_400_000;

/** In milliseconds. */
export function duration(
  name: string,
  help: string,
  { initial, range = { min: 1, max: WAIT_MS_MAX } }: Said & { readonly range?: Range },
): Option<number> {
  const ends = `${durationText(range.min)} to ${durationText(range.max)}`;
  const expected = `a time such as 30s or 5m, from ${ends}`;
  const said = { flag: name, placeholder: 'TIME', help, initial, expected };
  return option({ ...said, range: { ...range, text: ends } }, (given) =>
    readDuration(given, range),
  );
}

/** In bytes. */
export function size(
  name: string,
  help: string,
  { initial, range }: Said & { readonly range: Range },
): Option<number> {
  const ends = `${sizeText(range.min)} to ${sizeText(range.max)}`;
  const expected = `a size such as 64KiB or 2MiB, from ${ends}`;
  const said = { flag: name, placeholder: 'SIZE', help, initial, expected };
  return option({ ...said, range: { ...range, text: ends } }, (given) => readSize(given, range));
}

/** One of several words; the first is the default. */
export function choice<const Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
  help: string,
): Option<Choice> {
  const [initial] = choices;
  const placeholder = choices.join('|');
  const said = { flag: name, placeholder, help, initial, expected: choices.join(' or ') };
  return option(said, (given) => choices.find((known) => known === given));
}

/** A date, as an epoch day. */
export function day(name: string, help: string): Option<number> {
  const placeholder = 'YYYY-MM-DD';
  const said = { flag: name, placeholder, help, expected: 'a date as YYYY-MM-DD' };
  return option(said, (given) => {
    const epochDay = parseIsoDay(given);
    return Number.isNaN(epochDay) ? undefined : epochDay;
  });
}

/** The address a server listens on. */
export function address(name: string, help: string, initial: string): Option<Address> {
  const expected =
    'HOST:PORT such as 127.0.0.1:50051, or unix:PATH, absolute, of 107 bytes at most';
  const said = { flag: name, placeholder: 'HOST:PORT|unix:PATH', help, initial, expected };
  return option(said, readAddress);
}

/** Permission bits of a file. */
export function fileMode(name: string, help: string, initial: string): Option<number> {
  const said = { flag: name, placeholder: 'MODE', help, initial, expected: 'octal such as 0660' };
  return option(said, (given) =>
    /^0?[0-7]{3}$/.test(given) ? Number.parseInt(given, 8) : undefined,
  );
}

/** A part of a whole, such as `1/3`; `1` is the whole. */
export function part(name: string, help: string): Option<{ part: number; of: number }> {
  const expected = 'a part such as 1/3, of at most 1000 parts; 1 = the whole';
  const said = { flag: name, placeholder: 'N/M', help, initial: '1', expected };
  return option(said, (given) => {
    const [, numerator, of = '1'] = /^(\d{1,4})(?:\/(\d{1,4}))?$/.exec(given) ?? [];
    const value = { part: Number(numerator), of: Number(of) };
    return value.part >= 1 && value.part <= value.of && value.of <= 1000 ? value : undefined;
  });
}

export function region(initial?: string): Option<string> {
  return text('region', 'CC', 'region of numbers written nationally', {
    initial,
    expected: 'an ISO 3166-1 alpha-2 code such as BE',
    accepts: isRegion,
  });
}

/** May be left out; an empty text counts as left out. */
export function optional<Value>(given: Option<Value>): Option<Value | undefined> {
  return {
    ...given,
    parse: (texts) =>
      texts.every((part) => part === '') ? { value: undefined } : given.parse(texts),
  };
}

/** May be given several times, at least once. */
export function several<Value>(given: Option<Value>, separator = ','): Option<readonly Value[]> {
  return {
    ...given,
    separator,
    parse: (texts) => {
      const parsed = texts.map((part) => given.parse([part]));
      const good = parsed.flatMap((part) => part ?? []);
      if (good.length === 0 || good.length < parsed.length) return undefined;
      return { value: good.map(({ value }) => value) };
    },
  };
}

/** Whether it must be given. */
export function isRequired({ initial, parse }: Option<unknown>): boolean {
  return initial === undefined && parse([]) === undefined;
}
