/** Checks of what a caller gives, which no compiler may have seen. All throw ERR_REQUEST. */
import { TacetError } from '../errors.ts';

/** The kind of a value; what it says may be a phone number. */
export function describe(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** @param nameOf the name of the text at an index, for the error */
export function assertTexts(values: readonly unknown[], nameOf: (index: number) => string): void {
  const wrong = values.findIndex((value) => typeof value !== 'string');
  if (wrong >= 0) assertText(values[wrong], nameOf(wrong));
}

export function assertText(value: unknown, where: string): asserts value is string {
  if (typeof value === 'string') return;
  throw new TacetError('ERR_REQUEST', {
    what: 'not a phone number as text',
    where,
    got: describe(value),
    fix: 'Give a string, empty where there is no number; integers go into keys',
  });
}

/** A string has a length and can be iterated, but its characters are no numbers. */
export function assertList(value: unknown, where: string): void {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return;
  throw new TacetError('ERR_REQUEST', {
    what: 'not a list',
    where,
    got: describe(value),
    fix: 'Put a single number into an array',
  });
}

/** A whole number from `min` on; undefined stands for the default. */
export function assertCount(value: number | undefined, where: string, min: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min)) return;
  throw new TacetError('ERR_REQUEST', {
    what: 'the option cannot be used',
    where,
    expected: `a whole number from ${min} on`,
    got: String(value),
  });
}
