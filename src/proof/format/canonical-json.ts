/** JSON in the one form of RFC 8785, of what leaves are made of. */
import { TacetError } from '../../errors.ts';
import { decodeText } from './text.ts';

/** Deeper than any leaf, and far from the end of the stack. */
const DEPTH_MAX = 16;

/** What canonical JSON is made of here: numbers are integers from 0 to 2^53 - 1. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Writes a value in its canonical form: keys in order, no spaces. Errors: ERR_PROOF for a number
 * that is no such integer, a key beyond ASCII, half a surrogate pair, or too deep a value.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > DEPTH_MAX) throw notJson(`nested more than ${DEPTH_MAX} deep`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    const isCount = Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);
    if (!isCount) throw notJson('a number that is no integer from 0 to 2^53 - 1');
    return String(value);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw notJson('a text with half a surrogate pair');
    // RFC 8785 takes the escapes of JSON.stringify.
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((each) => write(each, depth + 1)).join(',')}]`;
  if (typeof value !== 'object') throw notJson('a value that JSON does not have');
  // Of ASCII keys the order by UTF-16 units, which RFC 8785 asks for, is that of sort().
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  const written = members.map(([key, each]) => {
    if (!/^[\x20-\x7e]*$/.test(key)) throw notJson('a key beyond ASCII');
    return `${JSON.stringify(key)}:${write(each, depth + 1)}`;
  });
  return `{${written.join(',')}}`;
}

/**
 * Reads canonical JSON. Errors: ERR_PROOF for any other spelling of the same value: doubled keys,
 * spaces, other escapes, numbers such as 1.0.
 */
export function parseCanonicalJson(bytes: Uint8Array, name: string): unknown {
  const text = decodeText(bytes, name);
  let value: Json;
  try {
    // What JSON.parse returns is Json but for its numbers, which canonicalJson looks at.
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new TacetError('ERR_PROOF', { what: `${name} is not JSON`, cause });
  }
  if (canonicalJson(value) !== text) throw notJson(`${name} is spelt in another way`);
  return value;
}

function notJson(what: string): TacetError {
  return new TacetError('ERR_PROOF', { what: `not canonical JSON: ${what}` });
}
