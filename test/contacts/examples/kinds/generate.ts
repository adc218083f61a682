/**
 * Contact files of every kind that people have, with what must become of each, worked out from how
 * they were made: nothing here reads a file, and nothing of `src` is asked.
 */

import { createRandom, type Random } from '../numbers.ts';
import type { ContactCase } from '../sheet.ts';
import { optInDates, optInFormats, reasons, wrappings } from './cells.ts';
import {
  countries,
  countriesUnsaid,
  emptiedCells,
  otherColumns,
  severalColumns,
  severalOptIns,
  twoPhoneColumns,
} from './columns.ts';
import {
  contactsAsHeader,
  headerSaid,
  separators,
  sepLines,
  titles,
  titlesUnsaid,
  utf16,
  windows1252,
} from './files.ts';
import {
  carriageReturns,
  lineFeedsAmongCarriageReturns,
  loneCarriageReturns,
  moreCells,
  nuls,
  openQuote,
  rowsInCells,
  shortRows,
  strayQuotes,
  textBehindQuotes,
} from './structure.ts';

export interface Kind {
  /** As the beginning of a sentence about its files. */
  readonly name: string;
  /** How many files: ten, or as many as hold ten and more rows of the kind. */
  readonly files: number;
  readonly generate: (random: Random, title: string) => ContactCase;
}

/** In a file of some kinds every row is a case of its own. */
const ROWS_EACH = 3;

export const KINDS: readonly Kind[] = [
  { name: 'lines that end with CR', files: 10, generate: carriageReturns },
  { name: 'a lone CR', files: ROWS_EACH, generate: loneCarriageReturns },
  { name: 'LF among CR', files: ROWS_EACH, generate: lineFeedsAmongCarriageReturns },
  { name: 'a stray quote that swallows rows', files: ROWS_EACH, generate: strayQuotes },
  { name: 'text behind a quote', files: ROWS_EACH, generate: textBehindQuotes },
  { name: 'a quote never closed', files: 10, generate: openQuote },
  { name: 'more cells than the header', files: ROWS_EACH, generate: moreCells },
  { name: 'rows in a cell', files: ROWS_EACH, generate: rowsInCells },
  { name: 'NUL', files: ROWS_EACH, generate: nuls },
  { name: 'short rows and blank cells', files: ROWS_EACH, generate: shortRows },
  { name: 'a contact as the first row', files: 20, generate: contactsAsHeader },
  { name: 'a first row of which the user has spoken', files: 10, generate: headerSaid },
  { name: 'a line sep=', files: 10, generate: sepLines },
  { name: 'separators found and named', files: 10, generate: separators },
  { name: 'UTF-16', files: 10, generate: utf16 },
  { name: 'Windows-1252', files: 10, generate: windows1252 },
  { name: 'titles skipped', files: 10, generate: titles },
  { name: 'titles not spoken of', files: 10, generate: titlesUnsaid },
  { name: 'two phone columns', files: 20, generate: twoPhoneColumns },
  { name: 'several columns', files: ROWS_EACH, generate: severalColumns },
  { name: 'blocked cells emptied', files: ROWS_EACH, generate: emptiedCells },
  { name: 'another column by its name', files: ROWS_EACH, generate: otherColumns('name') },
  { name: 'another column by its content', files: ROWS_EACH, generate: otherColumns('content') },
  { name: 'another column by one cell', files: ROWS_EACH, generate: otherColumns('cell') },
  { name: 'a column of other digits', files: ROWS_EACH, generate: otherColumns('aside') },
  { name: 'a country column', files: ROWS_EACH, generate: countries },
  { name: 'a country column not spoken of', files: 10, generate: countriesUnsaid },
  { name: 'wrapped cells', files: ROWS_EACH, generate: wrappings },
  { name: 'reasons', files: ROWS_EACH, generate: reasons },
  { name: 'opt-ins with times', files: ROWS_EACH, generate: optInDates },
  { name: 'opt-ins in other formats', files: ROWS_EACH, generate: optInFormats },
  { name: 'several opt-in columns', files: ROWS_EACH, generate: severalOptIns },
];

/** The files of a kind; the same seed gives the same files. */
export function casesOf({ name, files, generate }: Kind, seed: number): ContactCase[] {
  return Array.from({ length: files }, (_, file) => {
    const fileSeed = (seed + KINDS.findIndex((kind) => kind.name === name) * 1000 + file) * 2 + 1;
    return generate(warmedUp(fileSeed), `seed ${fileSeed}`);
  });
}

/** The first numbers of neighbouring seeds are alike. */
function warmedUp(seed: number): Random {
  const random = createRandom(seed);
  for (let skipped = 0; skipped < 20; skipped++) random(2);
  return random;
}
