import {
  REASON_BAD_CHARACTER,
  REASON_BAD_UTF8,
  REASON_DECIMAL,
  REASON_EMPTY,
  REASON_EXTENSION,
  REASON_NATIONAL_WRITING,
  REASON_NO_DIGITS,
  REASON_NOT_IN_PLAN,
  REASON_SCIENTIFIC,
  REASON_SEVERAL_NUMBERS,
  REASON_TOO_LONG,
  REASON_TOO_SHORT,
} from '../../verdict/reason.ts';

/** What is wrong with a file if most numbers are unreadable for one reason, and how to fix it. */
const ADVICE: Readonly<Record<number, string>> = {
  [REASON_EMPTY]:
    'Most phone cells are empty: name the column that is filled with --column, or several.',
  [REASON_NO_DIGITS]:
    'Most phone cells have no digits: name the column of the phone numbers with --column.',
  [REASON_TOO_SHORT]:
    'Most numbers have too few digits: they may lack their area code, or --column names another ' +
    'column than that of the phone numbers.',
  [REASON_TOO_LONG]:
    'Most numbers have too many digits: --column may name another column than that of the phone ' +
    'numbers.',
  [REASON_BAD_CHARACTER]:
    'Most phone cells have letters or signs in them: keep the number alone in its column, or ' +
    'name another with --column.',
  [REASON_SEVERAL_NUMBERS]:
    'Most phone cells hold several numbers: give each a column of its own, and name all of them ' +
    'with --column.',
  [REASON_EXTENSION]:
    'Most numbers have an extension: move it to a column of its own, and keep the number alone.',
  [REASON_SCIENTIFIC]:
    'A spreadsheet wrote most numbers as 4.75E+08 and their digits are lost: format the column ' +
    'as text in the original file and export it again.',
  [REASON_DECIMAL]:
    'Most numbers are written as decimals, such as 475123456.0: export the column as text.',
  [REASON_NOT_IN_PLAN]:
    'Most numbers are in no numbering plan: --column may name another column than that of the ' +
    'phone numbers.',
  [REASON_NATIONAL_WRITING]:
    'Most numbers are written nationally, and their country is not known to be Belgium: say ' +
    '--region BE if it is, or name the column of the country with --country-column.',
  [REASON_BAD_UTF8]: 'Most phone cells are no valid UTF-8: save the file again, as CSV UTF-8.',
};

/** Advice if most of the numbers, by `Reason`, are unreadable for one reason; else undefined. */
export function unreadableAdvice(reasons: readonly number[]): string | undefined {
  const numbers = reasons.reduce((sum, count) => sum + count, 0);
  const most = reasons.findIndex((count) => count * 2 > numbers);
  return ADVICE[most];
}
