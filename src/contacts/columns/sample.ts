import { PhoneCellReader } from '../cells/phone-cells.ts';
import { cellsOfRow, type RowShape } from '../cells/rows.ts';
import { cellText, hasVisibleAscii } from '../cells/text.ts';
import type { BlockModule } from '../scan/block-module.ts';

/** The first bytes of a file, in the scanner's memory. */
export interface FileHead {
  readonly bytes: Uint8Array;
  /** Where they begin in that memory. */
  readonly address: number;
  /** These bytes are the whole file. */
  readonly final: boolean;
  readonly name: string;
}

/** A row of a sample: its bounds, its doubts and its number of cells. */
export interface SampleRow {
  readonly start: number;
  readonly contentEnd: number;
  readonly end: number;
  /** DOUBT bits, except that for more cells than the header. */
  readonly doubts: number;
  readonly cells: number;
}

/** How many rows a file is judged by. */
const SAMPLE_ROWS = 1000;

/** More cells than any row has: the number of missing cells gives the number it has. */
const COLUMNS_BEYOND = 2 ** 30;
const DOUBT_MORE_CELLS = 8;

/** The first whole rows from `start` on, at most {@link SAMPLE_ROWS}. */
export function sampleRows(
  module: BlockModule,
  head: FileHead,
  start: number,
  dialect: Pick<RowShape, 'separator' | 'lineEnd' | 'rowBytesMax'>,
): SampleRow[] {
  module.setShape({ ...dialect, columns: COLUMNS_BEYOND, roles: new Uint8Array(0) });
  const range = { start, end: head.bytes.length, final: head.final };
  const { rows } = module.scan(head.address, range, 0);
  const { starts, contentEnds, ends, pads } = module.rowsOf(head.address);
  return Array.from({ length: Math.min(rows, SAMPLE_ROWS) }, (_, row) => {
    const pad = pads[row] ?? 0;
    return {
      start: starts[row] ?? 0,
      contentEnd: contentEnds[row] ?? 0,
      end: ends[row] ?? 0,
      doubts: (module.doubts[row] ?? 0) & ~DOUBT_MORE_CELLS,
      cells: COLUMNS_BEYOND - (pad < 0 ? ~pad : pad),
    };
  });
}

/** The first rows of a file as cells; row 0 is the header if there is one. */
export class TableSample {
  readonly head: FileHead;
  readonly rows: readonly SampleRow[];
  /** Whether the first row is the header. */
  readonly header: boolean;
  readonly charset: number;
  /** Header names; empty without a header. */
  readonly names: readonly string[];
  /** Indexes of the rows that are contacts. */
  readonly contacts: readonly number[];
  readonly #cells: readonly (readonly number[])[];
  readonly #phones: PhoneCellReader;

  constructor(
    head: FileHead,
    rows: readonly SampleRow[],
    options: { readonly header: boolean; readonly charset: number; readonly separator: number },
  ) {
    this.head = head;
    this.rows = rows;
    this.header = options.header;
    this.charset = options.charset;
    this.#phones = new PhoneCellReader(options.charset);
    this.#cells = rows.map(({ start, contentEnd }) =>
      cellsOfRow(head.bytes, start, contentEnd, options.separator),
    );
    this.names = options.header ? this.texts(0) : [];
    const first = options.header ? 1 : 0;
    this.contacts = rows.slice(first).map((_, index) => index + first);
  }

  /** How many cells the first row has. */
  get columnCount(): number {
    return (this.#cells[0]?.length ?? 0) / 2;
  }

  /** Columns up to the last one with a name; all if none has a name, as without a header. */
  get namedCount(): number {
    const named = this.names.findLastIndex((name) => name.trim() !== '') + 1;
    return named === 0 ? this.columnCount : named;
  }

  /** The key in a cell; 0 if it is not a phone number; null if the cell is blank or missing. */
  keyAt(row: number, column: number): number | null {
    const [start, end] = this.cellAt(row, column);
    if (start === end) return null;
    const { bytes } = this.head;
    const key = this.#phones.key(bytes, start, end);
    // Most cells are words: decoding all of them took a third of the sample's time.
    if (key !== 0 || hasVisibleAscii(bytes, start, end)) return key;
    return this.textAt(row, column).trim() === '' ? null : key;
  }

  /** The bounds of a cell; empty if it is missing. */
  cellAt(row: number, column: number): [number, number] {
    const cells = this.#cells[row];
    return [cells?.[column * 2] ?? 0, cells?.[column * 2 + 1] ?? 0];
  }

  /** The text of a cell; empty if it is missing. */
  textAt(row: number, column: number): string {
    const [start, end] = this.cellAt(row, column);
    return cellText(this.head.bytes, start, end, this.charset);
  }

  /** The texts of a row's cells. */
  texts(row: number): string[] {
    const count = (this.#cells[row]?.length ?? 0) / 2;
    return Array.from({ length: count }, (_, column) => this.textAt(row, column));
  }

  /** How many cells of a row are not blank. */
  filledCount(row: number): number {
    return this.texts(row).filter((text) => text.trim() !== '').length;
  }
}
