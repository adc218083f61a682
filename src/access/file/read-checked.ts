import { Faults, ReadingEnded } from './faults.ts';
import { FileValue } from './file-value.ts';
import { readJson } from './json.ts';

/**
 * Reads the bytes of a JSON file by `read`, which reports what is wrong to the value it is given.
 * `value` is undefined if there are faults.
 */
export function readChecked<Value>(
  bytes: Uint8Array,
  read: (found: FileValue) => Value,
): { readonly value: Value | undefined; readonly faults: Faults } {
  const faults = new Faults();
  try {
    const json = readJson(textOf(bytes, faults), faults);
    const value = read(new FileValue(json, undefined, faults));
    return { value: faults.listed.length === 0 ? value : undefined, faults };
  } catch (error) {
    if (error instanceof ReadingEnded) return { value: undefined, faults };
    throw error;
  }
}

function textOf(bytes: Uint8Array, faults: Faults): string {
  let text: string;
  try {
    // Drops the byte order mark.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return faults.end({ place: '', what: 'is not UTF-8', fix: 'Save it in that encoding' });
  }
  if (text.trim() !== '') return text;
  return faults.end({ place: '', what: 'is empty', fix: 'Write what belongs into it' });
}
