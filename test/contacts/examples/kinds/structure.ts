/** Rows whose structure is in doubt, and rows that only look like it. */
import { callableNational, listedNational, pick, type Random, written } from '../numbers.ts';
import { CALLABLE, type ContactCase, type Form, LISTED, type Row, Sheet } from '../sheet.ts';

const NAMES = ['An', 'Luc', "D'Hondt", 'Chez Paul', 'Els', 'De Smet & zoon', 'x'] as const;
const CITIES = ['Gent', 'Mons', 'Ath', 'Namur', '', '"Gent"', '"La ""Louve"""'] as const;

/** A row of name, phone and city; callable, or on the list. */
export function contact(random: Random, sheet: Sheet, other: Partial<Row> = {}): string[] {
  const listed = random(3) === 0;
  const national = listed ? listedNational(random) : callableNational(random);
  const cells = [pick(random, NAMES), written(random, national), pick(random, CITIES)];
  sheet.judged(cells, [listed ? LISTED : CALLABLE], other);
  return cells;
}

export function contacts(random: Random, sheet: Sheet, count: number): void {
  for (let row = 0; row < count; row++) contact(random, sheet);
}

/** A separator and a line end. */
export function formOf(random: Random, other: Partial<Form> = {}): Partial<Form> {
  const lineEnd = pick(random, ['\n', '\r\n']);
  return { separator: pick(random, [';', ',', '\t', '|']), lineEnd, ...other };
}

/** A contact that nobody judges: on the list more often than not. */
function loose(random: Random): [string, string, string] {
  const national = random(3) === 0 ? callableNational(random) : listedNational(random);
  return [pick(random, NAMES), written(random, national), pick(random, CITIES.slice(0, 4))];
}

export function carriageReturns(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random, { lineEnd: '\r' }));
  for (let row = 0; row < 8; row++) {
    if (random(3) > 0) contact(random, sheet);
    else {
      const address = `"Rue ${random(90)}${pick(random, ['\n', '\r', '\r\n'])}Bxl"`;
      sheet.judged([address, written(random, listedNational(random)), 'x'], [LISTED]);
    }
  }
  return (random(2) === 0 ? sheet : sheet.withoutLastEnd()).case(title);
}

export function loneCarriageReturns(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  contacts(random, sheet, 4);
  for (let row = 0; row < 5; row++) {
    const [name, phone, city] = loose(random);
    const places = [
      [`${name}\rx`, phone, city],
      [name, phone, `${city}\rx`],
      [name, `\r${phone}`, city],
      [`\r${name}`, phone, city],
      [name, `${phone}\r`, city],
    ];
    sheet.doubtful('lone-line-end', places[row] ?? []);
    contact(random, sheet);
  }
  // Nothing behind it says that a line feed was meant.
  if (random(2) === 0) sheet.doubtful('lone-line-end', ['An', '0475', 'x\r'], { end: '' });
  return sheet.case(title, ['--column', 'phone']);
}

export function lineFeedsAmongCarriageReturns(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random, { lineEnd: '\r' }));
  contacts(random, sheet, 4);
  for (let row = 0; row < 4; row++) {
    const [name, phone, city] = loose(random);
    const places = [
      [`${name}\nx`, phone, city],
      [name, `${phone}\n`, city],
      [name, phone, 'x\ny'],
      [`${name}\n${phone}`, phone, city],
    ];
    sheet.doubtful('lone-line-end', places[row] ?? []);
    contact(random, sheet);
  }
  return sheet.case(title, ['--column', 'phone']);
}

/** What stands between a stray quote and the quote that ends it: whole rows. */
function swallowed(random: Random, { separator, lineEnd }: Form, rows: number): string {
  const texts = Array.from({ length: rows }, () => {
    const [name, phone] = loose(random);
    return [name, phone, 'Ieper'].join(separator) + lineEnd;
  });
  return texts.join('');
}

export function strayQuotes(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  const { separator, lineEnd } = sheet.form;
  contacts(random, sheet, 4);
  for (let row = 0; row < 5; row++) {
    const [name, phone, city] = loose(random);
    const lines = swallowed(random, sheet.form, random(3));
    const closing = pick(random, ['Pizza "Roma"', 'Pizza "Roma" & co', '5"-pijp']);
    const first = `"${name}${separator}${phone}${separator}Ath${lineEnd}${lines}${closing}`;
    sheet.doubtful('text-behind-quote', [first, phone, city.replaceAll('"', '')]);
    contact(random, sheet);
  }
  return sheet.case(title, ['--column', 'phone']);
}

/** Text behind a closing quote in one cell of one line; spaces alone are no doubt. */
export function textBehindQuotes(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  contacts(random, sheet, 4);
  for (let row = 0; row < 6; row++) {
    const [name, phone, city] = loose(random);
    const places = [
      [`"${name}"x`, phone, city],
      [name, `"${phone}" gsm`, city],
      [name, `"${phone}".`, city],
      [name, phone, '"Gent" "Brugge"'],
      ['"An" of "Jan"', phone, 'x'],
      [`"" ${name}`, phone, 'x'],
    ];
    sheet.doubtful('text-behind-quote', places[row] ?? []);
    const spaced = [`"${name}"  `, `"${written(random, listedNational(random))}" `, '"x" '];
    sheet.judged(spaced, [LISTED]);
  }
  return sheet.case(title, ['--column', 'phone']);
}

export function openQuote(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  const { separator, lineEnd } = sheet.form;
  contacts(random, sheet, 7);
  const [name, phone] = loose(random);
  const lines = swallowed(random, sheet.form, random(4));
  const inName = random(2) === 0;
  const rest = [...(inName ? [name, phone] : [phone]), 'Ath'].join(separator) + lineEnd + lines;
  const cells = inName ? [`"${rest}`] : [name, `"${rest}`];
  const text = cells.join(separator);
  const closed = sheet.fitted([...cells.slice(0, -1), `${cells.at(-1)}"`]);
  sheet.doubtful('open-quote', cells, { text, written: closed, end: '' });
  return sheet.case(title, ['--column', 'phone']);
}

export function moreCells(random: Random, title: string): ContactCase {
  const header = random(3) > 0;
  const unnamed = header ? pick(random, [[], ['', ''], [' ']]) : [];
  const columns = ['name', 'phone', 'city', ...unnamed];
  const sheet = new Sheet(formOf(random, { header, columns }));
  contact(random, sheet, {});
  contacts(random, sheet, 5);
  for (let row = 0; row < 6; row++) {
    const [name, phone, city] = loose(random);
    const places = [
      [name, 'An', phone, city || 'x'],
      [name, phone, city, 'x'],
      [name, phone, city, '"x"'],
      [name, phone, city, '', phone],
      [name, '', phone, city || 'x'],
      ['', '', '', phone],
    ];
    sheet.doubtful('more-cells', places[row] ?? []);
    contact(random, sheet);
  }
  const flags = header ? ['--column', 'phone'] : ['--column', '2', '--no-header'];
  return sheet.case(title, flags);
}

export function rowsInCells(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  const { separator } = sheet.form;
  contacts(random, sheet, 4);
  for (let row = 0; row < 7; row++) {
    const [name, phone, city] = loose(random);
    const end = pick(random, ['\n', '\r\n', '\r']);
    const other = callableNational(random);
    const lines = [
      [name, written(random, other), 'Ath'].join(separator),
      [`x`, 'y', 'z'].join(separator),
      written(random, other),
      ['', written(random, other)].join(separator),
    ];
    const line = lines[row % lines.length] ?? '';
    const inner = pick(random, [`a${end}${line}${end}b`, `a${end}${line}`, `${line}${end}b`]);
    const cells = random(2) === 0 ? [`"${inner}"`, phone, city] : [name, phone, `"${inner}"`];
    sheet.doubtful('rows-in-cell', cells);
    const address = `"Rue ${random(90)}${end}B${separator}1000 Bxl${end}"`;
    sheet.judged([address, written(random, listedNational(random)), 'x'], [LISTED]);
  }
  return sheet.case(title, ['--column', 'phone']);
}

export function nuls(random: Random, title: string): ContactCase {
  const sheet = new Sheet(formOf(random));
  contacts(random, sheet, 4);
  for (let row = 0; row < 6; row++) {
    const [name, phone, city] = loose(random);
    const places = [
      [`\0${name}`, phone, city],
      [name, `\0${phone}`, city],
      [name, `${phone}\0`, city],
      [name, `${phone.slice(0, 4)}\0${phone.slice(4)}`, city],
      [name, phone, '"Ge\0nt"'],
      [name, phone, '\0'],
    ];
    sheet.doubtful('nul', places[row] ?? []);
    contact(random, sheet);
  }
  return sheet.case(title, ['--column', 'phone']);
}

export function shortRows(random: Random, title: string): ContactCase {
  const columns = ['phone', 'name', 'city', 'zip', ...pick(random, [[], ['']])];
  const sheet = new Sheet(formOf(random, { columns, dialled: [0] }));
  for (let row = 0; row < 12; row++) {
    const listed = random(2) === 0;
    const national = listed ? listedNational(random) : callableNational(random);
    const cells = [written(random, national), pick(random, NAMES), 'Gent', '9000'];
    const blanks = ['', '', ' ', '""', ''].slice(0, 1 + columns.length - 4 + random(3));
    const kept = random(2) === 0 ? cells.slice(0, 1 + random(4)) : [...cells, ...blanks];
    sheet.judged(kept, [listed ? LISTED : CALLABLE]);
  }
  sheet.judged([''], []).judged(['', 'An'], []).judged(['', ''], []);
  return sheet.case(title);
}
