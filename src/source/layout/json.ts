/** Reads the values of a layout profile, with errors that name key and value. */
import { TacetError } from '../../errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a whole number from `least` on. */
export function isWhole(value: unknown, least: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

/** A value as an object; `what` names it. Errors: ERR_SOURCE_LAYOUT. */
export function objectOf(value: unknown, what: string, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    // An object other than null or an array has string keys; their values stay unknown.
    return value as JsonObject;
  }
  throw new TacetError('ERR_SOURCE_LAYOUT', {
    what: `${what} is not an object`,
    got: jsonOf(value),
    where,
  });
}

/** Refuses keys that are not `known`. Errors: ERR_SOURCE_LAYOUT. */
export function refuseUnknown(object: JsonObject, known: readonly string[], where: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    throw new TacetError('ERR_SOURCE_LAYOUT', {
      what: `unknown key ${jsonOf(key)} in the layout`,
      expected: known.join(', '),
      where,
    });
  }
}

/** One of the `allowed` values. Errors: ERR_SOURCE_LAYOUT. */
export function choiceOf<T extends string>(
  object: JsonObject,
  key: string,
  allowed: readonly T[],
  fallback: T | undefined,
  where: string,
): T {
  const value = object[key] ?? fallback;
  const found = allowed.find((choice) => choice === value);
  if (found === undefined) {
    throw bad(key, allowed.map((choice) => jsonOf(choice)).join(', '), value, where);
  }
  return found;
}

/** True or false, false if missing. Errors: ERR_SOURCE_LAYOUT. */
export function booleanOf(object: JsonObject, key: string, where: string): boolean {
  const value = object[key] ?? false;
  if (typeof value !== 'boolean') throw bad(key, 'true or false', value, where);
  return value;
}

/** The error for a bad value, or for a missing one if `got` is undefined. */
export function bad(key: string, expected: string, got: unknown, where: string): TacetError {
  return new TacetError('ERR_SOURCE_LAYOUT', {
    what: got === undefined ? `"${key}" is missing in the layout` : `bad "${key}" in the layout`,
    expected,
    ...(got === undefined ? {} : { got: jsonOf(got) }),
    where,
  });
}

/** A value of the profile as text; a profile holds no user data. */
export function jsonOf(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}...` : json;
}
