/** Random tables in random dialects, and random damage to them. */
import { ENCODINGS, encode } from './encodings.ts';
import {
  callableNational,
  coveredNational,
  createRandom,
  foreign,
  pick,
  type Random,
  written,
  writtenOtherwise,
} from './numbers.ts';
import type { Facts, Standing } from './oracle.ts';
import type { Form } from './sheet.ts';

const LISTED_NUMBERS = 600;

/** A list whose numbers are used once each. */
export const RANDOM_LIST: ReadonlyMap<string, string> = new Map(
  ((random) => {
    return Array.from({ length: LISTED_NUMBERS }, () => [coveredNational(random), '2020-01-31']);
  })(createRandom(10_007)) as [string, string][],
);

const LISTED_NATIONALS = [...RANDOM_LIST.keys()];

export interface Table extends Facts {
  readonly known: ReadonlyMap<string, Standing>;
  readonly input: Buffer;
  /** As it is in the file, behind `sep=`. */
  readonly text: string;
  readonly flags: readonly string[];
}

type Quoting = (random: Random, cell: string) => string;

const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** When a cell is quoted; one that needs quotes always is. */
const QUOTINGS: readonly Quoting[] = [
  (_, cell) => cell,
  (_, cell) => quote(cell),
  (random, cell) => (random(3) === 0 ? quote(cell) : cell),
  (_, cell) => (/^\d+$/.test(cell) ? cell : quote(cell)),
];

const WORDS = ['An', "D'Hondt", 'Zoë', 'x', '6" pijp', 'Chez Paul', '', 'Müller', '1000', ' '];

interface Draft {
  readonly random: Random;
  readonly form: Form;
  readonly quoting: Quoting;
  readonly known: Map<string, Standing>;
  readonly used: Set<string>;
}

/** The table of a seed; the same seed gives the same table. */
export function tableOf(seed: number): Table {
  const random = createRandom(seed);
  for (let skipped = 0; skipped < 20; skipped++) random(2);
  const { form, alsoPhones } = formOf(random);
  const quoting = pick(random, QUOTINGS);
  const draft = { random, form, quoting, known: new Map(), used: new Set<string>() };
  const ends = form.lineEnd === '\r' ? ['\r'] : pick(random, [['\n'], ['\r\n'], ['\n', '\r\n']]);
  const rows = Array.from({ length: 20 + random(20) }, (_, row) => ({
    text: rowOf(draft, row, alsoPhones),
    end: row === 0 ? form.lineEnd : pick(random, ends),
  }));
  if (form.header) rows.unshift({ text: form.columns.join(form.separator), end: form.lineEnd });
  damage(random, form, rows);
  const last = rows.at(-1);
  if (last !== undefined && random(3) === 0) last.end = '';
  const text = rows.map((row) => row.text + row.end).join('');
  const input = encode(form.sepLine + text, form.encoding);
  return { form, known: draft.known, alsoPhones, text, input, flags: flagsOf(random, form) };
}

function formOf(random: Random): { form: Form; alsoPhones: number[] } {
  const separator = pick(random, [';', ',', '\t', '|']);
  const others = ['id', 'name', 'city', 'note', 'source'].slice(0, 2 + random(3));
  const phones = pick(random, [['phone'], ['phone'], ['phone', 'mobile'], ['gsm', 'home phone']]);
  const columns: string[] = [...others];
  for (const name of phones) columns.splice(random(columns.length + 1), 0, name);
  const all = phones.map((name) => columns.indexOf(name)).sort((a, b) => a - b);
  const dialled = random(2) === 0 ? all : all.slice(0, 1);
  const header = random(4) > 0;
  const lineEnd = pick(random, ['\n', '\r\n', '\r']);
  const sepLine = random(5) === 0 ? `sep=${separator}${lineEnd}` : '';
  const encoding = pick(random, ENCODINGS);
  return {
    form: { separator, lineEnd, encoding, sepLine, titles: [], columns, header, dialled },
    alsoPhones: all.filter((column) => !dialled.includes(column)),
  };
}

function flagsOf(random: Random, { columns, dialled, header, separator, sepLine }: Form): string[] {
  const named = header && random(2) === 0;
  const column = (index: number) => (named ? (columns[index] ?? '') : String(index + 1));
  return [
    ...dialled.flatMap((index) => ['--column', column(index)]),
    ...(header ? pick(random, [[], ['--header']]) : ['--no-header']),
    // What a quote swallows may leave too little of a file to find its separator by.
    ...(sepLine === '' ? ['--separator', separator] : []),
  ];
}

function rowOf(draft: Draft, row: number, alsoPhones: readonly number[]): string {
  const { random, form, quoting } = draft;
  const cells = form.columns.map((_, column) => {
    if (form.dialled.includes(column)) return phoneOf(draft);
    if (alsoPhones.includes(column)) return random(2) === 0 ? '' : numberOf(draft, random(2) === 0);
    if (random(25) === 0) return clearNumber(draft);
    if (random(20) === 0) return `Rue ${random(90)}${pick(random, ['\n', '\r\n'])}Bxl`;
    return pick(random, WORDS);
  });
  // The first row says how many cells there are.
  const short = row > 0 && random(8) === 0 ? cells.slice(0, 1 + random(cells.length)) : cells;
  return short
    .map((cell) => quotedIfNeeded(cell, quoting(random, cell), form))
    .join(form.separator);
}

function quotedIfNeeded(cell: string, as: string, { separator }: Form): string {
  const needs = /[\r\n]/.test(cell) || cell.includes(separator) || cell.startsWith('"');
  return needs && as === cell ? quote(cell) : as;
}

function phoneOf(draft: Draft): string {
  const { random, known } = draft;
  const kind = random(10);
  if (kind === 0) return pick(random, ['', 'geen', '?']);
  if (kind > 1) return numberOf(draft, kind < 5);
  const text = foreign(random);
  known.set(text, 'not-covered');
  return text;
}

/** A number that is nowhere else in the table. */
function freshNational({ random, used }: Draft, listed: boolean): string {
  for (;;) {
    const national = listed
      ? pick(random, LISTED_NATIONALS)
      : callableNational(random, RANDOM_LIST);
    if (used.has(national)) continue;
    used.add(national);
    return national;
  }
}

function numberOf(draft: Draft, listed: boolean): string {
  const { random, known } = draft;
  const national = freshNational(draft, listed);
  const text = (random(5) === 0 ? writtenOtherwise : written)(random, national);
  known.set(text, listed ? 'listed' : 'callable');
  return text;
}

/** A number in a column that is none of phone numbers: it begins as one. */
function clearNumber(draft: Draft): string {
  const listed = draft.random(2) === 0;
  const text = written(draft.random, freshNational(draft, listed));
  draft.known.set(text, listed ? 'listed' : 'callable');
  return text;
}

interface Line {
  text: string;
  end: string;
}

/** Damages about one row of eight; the first line stays, and no two neighbours are damaged. */
function damage(random: Random, form: Form, rows: Line[]): void {
  for (let row = 1; row < rows.length; row++) {
    const line = rows[row];
    if (line === undefined || random(7) > 0) continue;
    pick(random, DAMAGES)(random, line, form);
    row++;
  }
}

const inserted = (random: Random, { text }: Line, what: string): string => {
  const at = 1 + random(Math.max(1, text.length));
  return text.slice(0, at) + what + text.slice(at);
};

type Damage = (random: Random, line: Line, form: Form) => void;

/** At the beginning of a cell, where it opens. */
const strayQuote: Damage = (random, line, { separator }) => {
  const cells = line.text.split(separator);
  const at = random(cells.length);
  cells[at] = `"${cells[at]}`;
  line.text = cells.join(separator);
};

const DAMAGES: readonly Damage[] = [
  strayQuote,
  strayQuote,
  (random, line) => {
    line.text = inserted(random, line, '"');
  },
  (random, line) => {
    const at = line.text.indexOf('"', random(line.text.length + 1));
    if (at >= 0) line.text = line.text.slice(0, at) + line.text.slice(at + 1);
  },
  (random, line, { lineEnd }) => {
    line.text = inserted(random, line, lineEnd === '\r' ? '\n' : '\r');
  },
  (random, line, { lineEnd }) => {
    line.text = inserted(random, line, lineEnd);
  },
  (random, line, { separator }) => {
    const cells = line.text.split(separator);
    cells.splice(random(cells.length), 1);
    line.text = cells.join(separator);
  },
  (random, line, { separator }) => {
    const cells = line.text.split(separator);
    cells.splice(random(cells.length + 1), 0, pick(random, ['x', '""', '', '7']));
    line.text = cells.join(separator);
  },
  (random, line, { separator }) => {
    line.text += pick(random, ['', ' ', 'x', '""']) + separator.repeat(1 + random(3));
  },
  (random, line) => {
    line.text = inserted(random, line, '\0');
  },
  (_, line, { separator, columns }) => {
    // Of two short rows in one line nothing would tell.
    if (line.text.split(separator).length >= columns.length) line.end = '';
  },
  (random, line) => {
    line.text = line.text.slice(0, random(line.text.length + 1));
  },
  (_, line, { lineEnd }) => {
    if (lineEnd !== '\r') line.end = line.end === '\n' ? '\r\n' : '\n';
  },
];
