/**
 * What the fields of a leaf look like. One table of fields types a leaf, checks one that is to be
 * written, and reads one strictly: no field may be missing, or be there besides.
 */
import { TacetError } from '../../errors.ts';

/** Checks a value and returns it; `at` is where it stands, for errors. */
type Field<Value> = (value: unknown, at: string) => Value;

/** The fields of a record. */
type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a field holds. */
export type ValueOf<Checked> = Checked extends Field<infer Value> ? Value : never;

type RecordOf<Table extends Fields> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

function wrong(at: string, expected: string): TacetError {
  return new TacetError('ERR_PROOF', { what: `${at} is not as it must be`, expected });
}

/** From 0 to `max`; by default all that canonical JSON holds. */
export function integer(max = Number.MAX_SAFE_INTEGER): Field<number> {
  return (value, at) => {
    const isFine =
      typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
    if (!isFine) throw wrong(at, `an integer from 0 to ${max}`);
    return value;
  };
}

export function matching(
  pattern: RegExp,
  expected: string,
  isReal: (value: string) => boolean = () => true,
): Field<string> {
  return (value, at) => {
    const isFine = typeof value === 'string' && pattern.test(value) && isReal(value);
    if (!isFine) throw wrong(at, expected);
    return value;
  };
}

/**
 * A text of at most `max` characters, all of which are seen: one that breaks a line, or turns its
 * direction, could forge what is printed around it.
 */
export function text(max: number): Field<string> {
  const expected = `a text of 1 to ${max} printable characters`;
  return matching(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, expected, ({ length }) => length <= max);
}

/** The same with line feeds, for what is printed as JSON at most. */
export function lines(max: number): Field<string> {
  const expected = `lines of 1 to ${max} printable characters`;
  return matching(/^(?:[^\p{C}\p{Zl}\p{Zp}]|\n)+$/u, expected, ({ length }) => length <= max);
}

/** Lower-case hex. */
export function hex(digits: number): Field<string> {
  return matching(new RegExp(`^[0-9a-f]{${digits}}$`), `${digits} lower-case hex digits`);
}

/** One of some values. */
export function oneOf<const Value extends string | number>(
  ...values: readonly Value[]
): Field<Value> {
  return (value, at) => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw wrong(at, values.join(' or '));
    return found;
  };
}

/** The value, or null where it is not known or does not apply. */
export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return (value, at) => (value === null ? null : field(value, at));
}

export function list<Value>(field: Field<Value>, max: number): Field<readonly Value[]> {
  return (value, at) => {
    if (!Array.isArray(value) || value.length > max) throw wrong(at, `a list of ${max} at most`);
    return value.map((each, index) => field(each, `${at}[${index}]`));
  };
}

export function record<Table extends Fields>(table: Table): Field<RecordOf<Table>> {
  const names = Object.keys(table);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw wrong(at, 'an object');
    }
    const given = Object.entries(value);
    const other = given.find(([name]) => !Object.hasOwn(table, name));
    if (other !== undefined || given.length !== names.length) {
      throw wrong(at, `the fields ${names.join(', ')}`);
    }
    // Every given name has its field: compared above. So every name of the table is read.
    const read = given.map(([name, each]) => [name, table[name]?.(each, `${at}.${name}`)]);
    return Object.fromEntries(read) as RecordOf<Table>;
  };
}
