import { parseIsoDay } from '../../calendar/day.ts';
import { shapeOf, TacetError } from '../../errors.ts';
import { readPhoneText } from '../../phone/read.ts';

/** A number that must be on every version of the list. */
export interface Canary {
  /** Its line, 1-based. */
  readonly place: number;
  readonly key: number;
  /** Epoch day of its registration; null = any. */
  readonly day: number | null;
}

const CANARIES_MAX = 10_000;

/**
 * Reads canaries.txt: a number in any Belgian notation, then optionally spaces, a comma or a
 * semicolon and a date as YYYY-MM-DD. Blank lines and anything after a # are ignored.
 * Errors: ERR_OPTION for any other line, ERR_LIMIT for more than 10,000.
 *
 * @param where names the file in errors
 */
export function parseCanaries(text: string, where: string): Canary[] {
  const canaries: Canary[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw
      .replace(/#.*$/, '')
      .replace(/^\uFEFF/, '')
      .trim();
    if (line === '') continue;
    if (canaries.length === CANARIES_MAX) {
      throw new TacetError('ERR_LIMIT', { what: `more than ${CANARIES_MAX} known numbers`, where });
    }
    const [, phoneNumber = '', date] = /^(.*?)(?:[\s;,]+(\d{4}-\d{2}-\d{2}))?$/.exec(line) ?? [];
    const key = readPhoneText(phoneNumber, true);
    const day = date === undefined ? null : parseIsoDay(date);
    // A date alone would pass for a landline number without its zero.
    if (key <= 0 || Number.isNaN(day) || !Number.isNaN(parseIsoDay(phoneNumber))) {
      throw new TacetError('ERR_OPTION', {
        what: 'this line is no known number',
        expected: 'a phone number, and optionally its date as YYYY-MM-DD',
        got: shapeOf(line),
        where: `${where}:${index + 1}`,
      });
    }
    canaries.push({ place: index + 1, key, day });
  }
  return canaries;
}
