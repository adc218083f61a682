/**
 * What must become of a row, by the plain reader and a map of the writings that a generator used.
 * Where the map does not tell (a number that damage has cut), the answer is open.
 */
import { isBlank, type ReadRow } from './reader.ts';
import type { Form, Output } from './sheet.ts';

export type Standing = 'listed' | 'callable' | 'not-covered';

export interface Facts {
  readonly form: Form;
  /** What a text that reads as a phone number is; undefined for any other text. */
  readonly known: Pick<ReadonlyMap<string, Standing>, 'get' | 'has'>;
  /** Columns that are not dialled, but whose name says telephone. */
  readonly alsoPhones: readonly number[];
}

export interface Expected {
  readonly output: Output;
  /** Printed; null if more than one may be. */
  readonly reason: 'row-structure' | 'other-column-listed' | 'listed' | null;
}

type Sure = 'yes' | 'no' | 'open';

/** null: open. */
export function expectedOf(row: ReadRow, facts: Facts): Expected | null {
  const doubt = inDoubt(row, facts);
  if (doubt === 'yes') return { output: 'undecided', reason: 'row-structure' };
  if (doubt === 'open') return null;
  const dialled = facts.form.dialled.flatMap((column) => {
    const cell = row.cells[column];
    return cell === undefined || isBlank(cell) ? [] : [standingOf(cell.value, facts)];
  });
  if (dialled.includes('listed')) return { output: 'blocked', reason: 'listed' };
  if (dialled.includes('open')) return null;
  if (dialled.length === 0 || dialled.some((standing) => standing !== 'callable')) {
    return { output: 'undecided', reason: null };
  }
  const other = holdsOtherListed(row, facts);
  if (other === 'open') return null;
  if (other === 'yes') return { output: 'undecided', reason: 'other-column-listed' };
  return { output: 'callable', reason: null };
}

function standingOf(text: string, { known }: Facts): Standing | 'none' | 'open' {
  return known.get(text.trim()) ?? (/\d/.test(text) ? 'open' : 'none');
}

function inDoubt(row: ReadRow, { form, known }: Facts): Sure {
  if (row.text.includes('\0') || row.cells.some((cell) => cell.open)) return 'yes';
  const wrongEnd = form.lineEnd === '\r' ? '\n' : '\r';
  for (const { raw, quoted, behind } of row.cells) {
    if ((quoted === null ? raw : behind).includes(wrongEnd)) return 'yes';
    if (/[^ ]/.test(behind)) return 'yes';
  }
  if (row.cells.slice(namedColumns(form)).some((cell) => !isBlank(cell))) return 'yes';
  const inCells = row.cells.map(({ quoted }) => rowsIn(quoted ?? '', form, known));
  if (inCells.includes('yes')) return 'yes';
  return inCells.includes('open') ? 'open' : 'no';
}

/** Cells of the header behind its last name are no columns. */
function namedColumns({ columns, header }: Form): number {
  return header ? columns.findLastIndex((name) => name.trim() !== '') + 1 : columns.length;
}

/** Whether a line of a quoted cell by itself looks like a row. */
function rowsIn(quoted: string, { separator, columns }: Form, known: Facts['known']): Sure {
  const lines = quoted.split(/\r\n|\n|\r/);
  if (lines.length < 2) return 'no';
  // A line end before or behind the only text of a cell makes no second line.
  const filled = lines.filter((line) => line.replace(/"/g, '').trim() !== '');
  if (filled.length < 2 && !filled.join('').includes(separator)) return 'no';
  let sure: Sure = 'no';
  for (const line of lines) {
    const cells = line.split(separator);
    if (cells.some((cell) => known.has(cell.trim()))) return 'yes';
    // Inside a quoted cell a quote, and whatever a quote hides, may be counted in more than one
    // way.
    const full = cells.length === columns.length && columns.length > 1;
    if (full && !line.includes('"')) return 'yes';
    if (full || line.replace(/\D/g, '').length >= 7 || line.includes('"')) sure = 'open';
  }
  return sure;
}

function holdsOtherListed({ cells }: ReadRow, { form, known, alsoPhones }: Facts): Sure {
  let sure: Sure = 'no';
  for (const [column, { value }] of cells.entries()) {
    const text = value.trim();
    if (form.dialled.includes(column) || known.get(text) !== 'listed') continue;
    if (alsoPhones.includes(column) || /^(0|\+32)/.test(text)) return 'yes';
    sure = 'open';
  }
  return sure;
}

/** How a row stands in front of its two cells: padded, its quote closed, blank cells gone. */
export function writtenOf({ text, cells }: ReadRow, { columns, separator }: Form): string {
  let kept = text;
  for (let count = cells.length; count > columns.length; count--) {
    const cell = cells[count - 1];
    if (cell === undefined || !isBlank(cell)) break;
    kept = kept.slice(0, kept.length - cell.raw.length - separator.length);
  }
  const closed = cells.at(-1)?.open === true ? `${kept}"` : kept;
  return closed + separator.repeat(Math.max(0, columns.length - cells.length));
}
