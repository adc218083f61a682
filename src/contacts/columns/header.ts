import { TacetError } from '../../errors.ts';
import { classifyKey } from '../../phone/plan.ts';
import { VERDICT_UNREADABLE } from '../../verdict/verdict.ts';
import { doubtKindsOf } from '../cells/doubts.ts';
import type { TableSample } from './sample.ts';

/** A number of at least 7 digits is a contact, not a name. */
const PHONE_KEY_MIN = 1_000_000;
/** A name with this many digits may hold a phone number: no Belgian one is shorter. */
const PHONE_DIGITS_MIN = 8;

/**
 * Refuses a first row that may be a contact if the user did not say whether it is a header: taken
 * for the header, it would be copied to every output and never judged. Errors: ERR_USAGE.
 */
export function refuseContactAsHeader(sample: TableSample): void {
  const column = sample.names.findIndex((name, index) => holdsNumber(sample, name, index));
  if (column < 0) return;
  throw new TacetError('ERR_USAGE', {
    what:
      `the first row may be a contact: column ${column + 1} of it holds a phone number,` +
      ` or has ${PHONE_DIGITS_MIN} digits or more`,
    where: sample.head.name,
    fix: 'Say --no-header if the first row is a contact, --header if it is the header',
  });
}

function holdsNumber(sample: TableSample, name: string, column: number): boolean {
  const key = sample.keyAt(0, column) ?? 0;
  if (key >= PHONE_KEY_MIN && classifyKey(key) !== VERDICT_UNREADABLE) return true;
  return (name.match(/\p{Nd}/gu)?.length ?? 0) >= PHONE_DIGITS_MIN;
}

/**
 * Refuses a first row with one filled cell if the rows after it have several: it is a title or a
 * stray line. Errors: ERR_USAGE.
 *
 * @param linesBefore lines before row `index`, without skipped ones
 */
export function refuseTitle(sample: TableSample, linesBefore: (index: number) => number): void {
  if (sample.filledCount(0) > 1) return;
  const { contacts } = sample;
  const wide = contacts.filter((row) => sample.filledCount(row) > 1);
  const [first] = wide;
  if (first === undefined || wide.length * 2 <= contacts.length) return;
  throw new TacetError('ERR_USAGE', {
    what:
      'the first line cannot be the header: it has one filled cell at most, the rows ' +
      'have several',
    where: sample.head.name,
    fix:
      `Say --skip-lines ${linesBefore(first)} if the header is in line ` +
      `${linesBefore(first) + 1}, or --separator where that was not understood`,
  });
}

/** Refuses a header in doubt, because no column could be trusted. Errors: ERR_CSV. */
export function refuseDoubtfulHeader(sample: TableSample, doubts: number): void {
  const kinds = doubtKindsOf(doubts);
  if (kinds.length === 0) return;
  throw new TacetError('ERR_CSV', {
    what: `the structure of the header is in doubt: ${kinds.join(', ')}`,
    where: sample.head.name,
    fix:
      'Mend the header, or say --skip-lines N where it begins further down; see ' +
      'docs/CONTACTS.md',
  });
}
