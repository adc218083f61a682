/** How a file is written: separators, encodings, titles, and first rows that are contacts. */
import { ENCODINGS, type Encoding } from '../encodings.ts';
import { callableNational, listedNational, pick, type Random, written } from '../numbers.ts';
import { CALLABLE, type ContactCase, LISTED, Sheet } from '../sheet.ts';
import { contact, contacts, formOf } from './structure.ts';

/** `sep=` in front: it names the separator, whatever the cells look like, and stays first. */
export function sepLines(random: Random, title: string): ContactCase {
  const separator = pick(random, [';', ',', '\t', '|']);
  const form = formOf(random, { separator });
  const encoding = pick(random, ENCODINGS);
  const titles = random(3) === 0 ? [`Klanten${form.lineEnd}`] : [];
  const sepLine = `sep=${separator}${form.lineEnd}`;
  const sheet = new Sheet({ ...form, encoding, sepLine, titles });
  const others = [';', ',', '|'].filter((character) => character !== separator).join('a');
  contacts(random, sheet, 3);
  for (let row = 0; row < 6; row++) {
    const name = `x${others.repeat(1 + random(3))}`;
    sheet.judged([name, written(random, listedNational(random)), others], [LISTED]);
  }
  sheet.doubtful('more-cells', ['a', 'b', 'c', 'd']);
  const flags = random(2) === 0 ? ['--column', 'phone'] : [];
  return sheet.case(title, titles.length > 0 ? [...flags, '--skip-lines', '1'] : flags);
}

/** Separators that are found, and those that are named. */
export function separators(random: Random, title: string): ContactCase {
  const named = random(2) === 0;
  const separator = pick(random, named ? [':', '^', '~', '#', ';', '|'] : ['|', '\t']);
  const sheet = new Sheet(formOf(random, { separator }));
  const commas = named ? 'a,b;c|d,e'.replaceAll(separator, '') : 'x';
  for (let row = 0; row < 5; row++) {
    sheet.judged([commas, written(random, callableNational(random)), commas], [CALLABLE]);
    sheet.judged([`"${separator}x"`, written(random, listedNational(random)), 'x'], [LISTED]);
  }
  sheet.judged(['x'], []);
  sheet.doubtful('more-cells', ['a', '"b"', 'c', 'd']);
  return sheet.case(title, named ? ['--separator', separator] : []);
}

function inEncoding(random: Random, sheet: Sheet, words: readonly string[]): Sheet {
  for (let row = 0; row < 8; row++) {
    const word = pick(random, words);
    const listed = random(2) === 0;
    const national = listed ? listedNational(random) : callableNational(random);
    const phone = written(random, national).replaceAll(' ', pick(random, [' ', '\u00a0']));
    const cells = [word, phone, `"${word} ""${pick(random, words)}"""`];
    sheet.judged(random(4) === 0 ? cells.slice(0, 2) : cells, [listed ? LISTED : CALLABLE]);
  }
  sheet.doubtful('text-behind-quote', [`"${words[0]}" x`, '0475123456', 'y']);
  contact(random, sheet);
  return random(2) === 0 ? sheet : sheet.withoutLastEnd();
}

export function utf16(random: Random, title: string): ContactCase {
  const lineEnd = pick(random, ['\n', '\r\n', '\r\n', '\r']);
  const encoding = pick<Encoding>(random, ['utf-16le', 'utf-16be']);
  const columns = pick(random, [
    ['naam', 'telefoon', 'stad'],
    ['Ονομα', 'Téléphone', '城市'],
  ]);
  const sheet = new Sheet(formOf(random, { lineEnd, encoding, columns }));
  // Code units of which one byte is a quote, a separator or a line end.
  const words = ['An', 'Zoë', 'Ελένη', '\u2200x\u0a0a', '\u2c22\u0d0d', '\u3b3b\u7c7c', '😀'];
  return inEncoding(random, sheet, words).case(title, random(2) === 0 ? ['--column', '2'] : []);
}

export function windows1252(random: Random, title: string): ContactCase {
  const columns = ['nom', pick(random, ['téléphone', 'gsm']), 'ville'];
  const sheet = new Sheet(formOf(random, { encoding: 'windows-1252', columns }));
  const words = ['Zoë', 'Hélène', 'Müller €', 'Liège', 'Ça va', 'ÿ'];
  const phone = random(2) === 0 ? ['--column', columns[1] ?? ''] : [];
  return inEncoding(random, sheet, words).case(title, phone);
}

function titlesOf(random: Random, separator: string, lineEnd: string): string[] {
  const first = pick(random, ['Klanten 2026', 'Export du 12 mai', '"Liste; privée"', 'Leads']);
  const blank = separator.repeat(random(3));
  const more = pick(random, [[], [`Dienst verkoop${blank}${lineEnd}`], [lineEnd]]);
  return [`${first}${blank}${lineEnd}`, ...more];
}

function titled(random: Random): Sheet {
  const form = formOf(random);
  const titles = titlesOf(random, form.separator ?? '', form.lineEnd ?? '');
  const sheet = new Sheet({ ...form, titles });
  contacts(random, sheet, 6);
  sheet.doubtful('more-cells', ['a', 'b', 'c', 'd']);
  contacts(random, sheet, 2);
  return sheet;
}

/** A title is skipped: it goes nowhere, but its lines count. */
export function titles(random: Random, title: string): ContactCase {
  const sheet = titled(random);
  return sheet.case(title, ['--skip-lines', String(sheet.form.titles.length)]);
}

export function titlesUnsaid(random: Random, title: string): ContactCase {
  const column = pick(random, [[], ['--column', 'phone'], ['--column', '2']]);
  return titled(random).refused(title, ['--skip-lines'], column);
}

/** First rows that are contacts, wherever it shows. */
function contactRow(random: Random): [string, string, string] {
  const phone = written(random, callableNational(random));
  return pick<[string, string, string]>(random, [
    ['Jan', phone, 'Gent'],
    ['Jan', `${phone} (gsm)`, 'Gent'],
    ['Jan', `gsm ${phone}`, 'Gent'],
    ['Jan', `"${phone}"`, 'Gent'],
    [phone, 'Jan', 'Gent'],
    ['Jan', 'Gent', phone],
    ['Jan', '+33 1 40 00 00 00', 'Gent'],
    ['12345678', 'Jan', 'Gent'],
    ['Jan', '475000000', 'Gent'],
    ['Jan', 'klant 1234-5678-9', 'Gent'],
  ]);
}

function headless(random: Random): { sheet: Sheet; first: [string, string, string] } {
  const first = contactRow(random);
  const sheet = new Sheet(formOf(random, { header: false, columns: first }));
  contacts(random, sheet, 8);
  return { sheet, first };
}

export function contactsAsHeader(random: Random, title: string): ContactCase {
  const { sheet, first } = headless(random);
  // It stands where the header would.
  const asHeader = new Sheet({ ...sheet.form, columns: first, header: true });
  contacts(random, asHeader, 8);
  const flags = random(2) === 0 ? ['--column', '2'] : [];
  return asHeader.refused(title, ['--no-header', '--header'], flags);
}

/** The user has said that the first row is a contact, or that it is none. */
export function headerSaid(random: Random, title: string): ContactCase {
  const header = random(2) === 0;
  const sheet = new Sheet(formOf(random, { header }));
  const said = new Sheet({ ...sheet.form, columns: header ? contactRow(random) : ['', '', ''] });
  contacts(random, said, 8);
  return said.case(title, ['--column', '2', header ? '--header' : '--no-header']);
}
