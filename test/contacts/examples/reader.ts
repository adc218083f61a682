/**
 * A reader of contact files that shares no code with Tacet: RFC 4180 as CONTRACT.md reads it, one
 * character at a time. A cell is quoted if its very first character is a quote.
 */

/** One cell, as it was found. */
export interface Cell {
  /** Quotes resolved, and what stands behind a closing quote. */
  readonly value: string;
  /** What stands between the quotes, quotes in it resolved; null if the cell is not quoted. */
  readonly quoted: string | null;
  /** What stands behind the closing quote. */
  readonly behind: string;
  /** Its quote is never closed. */
  readonly open: boolean;
  /** As it stands in the file. */
  readonly raw: string;
}

export interface ReadRow {
  /** As it stands in the file, without its line end. */
  readonly text: string;
  /** Its line end; empty at the end of the file. */
  readonly end: string;
  readonly cells: readonly Cell[];
  /** Line of its beginning, from 1. */
  readonly line: number;
}

export interface Grammar {
  readonly separator: string;
  /** Rows end with CR; else with LF or CRLF. */
  readonly cr: boolean;
}

/** The rows of a text, in order. */
export function readRows(text: string, grammar: Grammar): ReadRow[] {
  const rows: ReadRow[] = [];
  for (let at = 0, line = 1; at < text.length; ) {
    const row = readRow(text, at, line, grammar);
    rows.push(row);
    const whole = row.text + row.end;
    line += whole.split(/\r\n|\n|\r/).length - 1;
    at += whole.length;
  }
  return rows;
}

function readRow(text: string, start: number, line: number, grammar: Grammar): ReadRow {
  const cells: Cell[] = [];
  for (let at = start; ; at++) {
    const cell = readCell(text, at, grammar);
    cells.push(cell);
    at += cell.raw.length;
    if (text[at] === grammar.separator) continue;
    return { text: text.slice(start, at), end: lineEndAt(text, at, grammar), cells, line };
  }
}

/** The line end at a place; empty if there is none. */
function lineEndAt(text: string, at: number, { cr }: Grammar): string {
  if (cr) return text[at] === '\r' ? '\r' : '';
  if (text[at] === '\n') return '\n';
  return text.startsWith('\r\n', at) ? '\r\n' : '';
}

function readCell(text: string, start: number, grammar: Grammar): Cell {
  let at = start;
  let quoted: string | null = null;
  let open = false;
  if (text[at] === '"') {
    quoted = '';
    open = true;
    for (at++; at < text.length && open; at++) {
      if (text[at] !== '"') quoted += text[at];
      else if (text[at + 1] === '"') {
        quoted += '"';
        at++;
      } else open = false;
    }
  }
  const closed = at;
  while (at < text.length && text[at] !== grammar.separator && !lineEndAt(text, at, grammar)) at++;
  const rest = text.slice(closed, at);
  const raw = text.slice(start, at);
  const behind = quoted === null ? '' : rest;
  return { value: (quoted ?? '') + rest, quoted, behind, open, raw };
}

/** Nothing, or spaces. */
export function isBlank(cell: Cell): boolean {
  return /^[ \t]*$/.test(cell.value);
}

/** The national number of a Belgian writing: its digits without country code and trunk zero. */
export function nationalDigits(writing: string): string {
  const digits = writing.replace(/\D/g, '');
  const national = /^(?:00)?32(?=0?\d{8,9}$)(\d+)$/.exec(digits)?.[1] ?? digits;
  return national.replace(/^0/, '');
}
