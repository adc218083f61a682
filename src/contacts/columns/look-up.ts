import { classifyKey } from '../../phone/plan.ts';
import { VERDICT_CALLABLE, VERDICT_UNREADABLE } from '../../verdict/verdict.ts';
import type { BlockModule } from '../scan/block-module.ts';
import { CHARSET_WINDOWS_1252, unwrappedText } from '../scan/cells.ts';
import type { Table } from '../scan/scan-plan.ts';
import { PhoneCellReader } from './phone-cells.ts';
import type { TableSample } from './sample.ts';

/** Rows that a column is judged by, at the least: fewer only where a block has no more. */
const WINDOW_ROWS = 1000;

/** How the cells of a column that nobody named are looked up. */
export const LOOK_UP_NOT = 0;
/** Those that are written like a Belgian number: with its zero, or its country code. */
export const LOOK_UP_LIKELY = 1;
/** All that are phone numbers: by its name or its content it is a column of them. */
export const LOOK_UP_ALL = 2;

/** Belgian keys begin with 32: those of eight or more national digits are from here on. */
const BELGIAN_RANGES = [
  [3_200_000_000, 3_300_000_000],
  [32_000_000_000, 33_000_000_000],
] as const;

/** Dates in the usual writings, perhaps with a time: their digits read as a phone number. */
const DATE_SHAPE =
  /^\s*(?:(\d{1,2})[/.-](\d{1,2})[/.-](?:\d\d)?\d\d|(?:19|20)\d\d[/.-](\d{1,2})[/.-](\d{1,2}))\s*(?:$|[T\s]\s*\d)/;

/** Whether a text is written as a date that there may be. */
export function isDateShaped(text: string): boolean {
  const [shape, day, month, isoMonth, isoDay] = DATE_SHAPE.exec(text) ?? [];
  if (shape === undefined) return false;
  const [one, other] = [Number(day ?? isoDay), Number(month ?? isoMonth)];
  const isDay = (value: number) => value >= 1 && value <= 31;
  return isDay(one) && isDay(other) && Math.min(one, other) <= 12;
}

/** Whether half of a column's filled cells are phone numbers. */
export function isHalfNumbers(sample: TableSample, column: number): boolean {
  let filled = 0;
  let numbers = 0;
  for (const row of sample.contacts) {
    const key = sample.keyAt(row, column);
    if (key === null) continue;
    filled++;
    if (isNumber(() => sample.textAt(row, column), key)) numbers++;
  }
  return filled > 0 && numbers * 2 >= filled;
}

/** Whether a cell counts as a phone number, for what its column holds: Belgian, and no date. */
function isNumber(text: () => string, key: number): boolean {
  return classifyKey(key) === VERDICT_CALLABLE && !isDateShaped(text());
}

/** A cell of a column that is looked up too: its row in the scan, and its key. */
export interface LookedUp {
  readonly row: number;
  readonly key: number;
}

/**
 * Reads the cells of columns that nobody named, and finds the columns that by their content hold
 * phone numbers: where half of the filled cells of any 1,000 rows are some. Those are reported once
 * the rows of a block are scanned; after a new one, the reading has to begin again with it.
 */
export class LookUp {
  readonly #module: BlockModule;
  readonly #columns: Uint8Array;
  readonly #phones: PhoneCellReader;
  readonly #charset: number;
  readonly #utf8: boolean;
  readonly #found = new Set<number>();
  /** By column: numbers of the window under way, and of the one before it. */
  readonly #numbers: Int32Array;
  readonly #before: Int32Array;
  /** Rows of the window before, in the same block. */
  #rowsBefore = 0;

  /** @param columns by column: LOOK_UP_NOT, LOOK_UP_LIKELY or LOOK_UP_ALL */
  constructor(module: BlockModule, columns: Uint8Array, charset: number) {
    this.#module = module;
    this.#columns = columns;
    this.#charset = charset;
    this.#utf8 = charset !== CHARSET_WINDOWS_1252;
    this.#phones = new PhoneCellReader(charset);
    this.#numbers = new Int32Array(columns.length);
    this.#before = new Int32Array(columns.length);
  }

  /** Begins with a block. */
  begin(): void {
    this.#found.clear();
    this.#rowsBefore = 0;
  }

  /**
   * The cells of a scan that are to be looked up, in the order of the rows, of which `taken` are
   * used; and judges the columns by them.
   */
  read(
    block: number,
    bytes: Uint8Array,
    { from, taken }: Pick<Table, 'from' | 'taken'>,
    candidates: number,
  ): readonly LookedUp[] {
    const lookedUp: LookedUp[] = [];
    const count = candidates === 0 ? 0 : this.#module.readCandidates(block, candidates, this.#utf8);
    const cells = this.#module.candidates;
    let index = 0;
    for (let start = 0; start < taken; start += WINDOW_ROWS) {
      const end = Math.min(start + WINDOW_ROWS, taken);
      // Four fields a candidate, the row first, and `count` of them were written.
      for (; index < count && (cells[index * 4] as number) < end; index++) {
        this.#readCell(bytes, index, lookedUp);
      }
      this.#judge(block, from + start, end - start);
    }
    return lookedUp;
  }

  #readCell(bytes: Uint8Array, index: number, lookedUp: LookedUp[]): void {
    const { candidates: cells, candidateKeys: keys } = this.#module;
    const row = cells[index * 4] as number;
    const column = cells[index * 4 + 1] as number;
    const start = cells[index * 4 + 2] as number;
    const end = cells[index * 4 + 3] as number;
    const high = keys[index * 2 + 1] as number;
    let key = high * 0x1_0000_0000 + (keys[index * 2] as number);
    if (high === 0xffff_ffff) key = this.#phones.read(bytes, start, end, true);
    if (key <= 0) return;
    if (this.#columns[column] === LOOK_UP_ALL) {
      lookedUp.push({ row, key });
      return;
    }
    const text = unwrappedText(bytes, start, end, this.#charset) ?? '';
    if (isLikely(text, key)) lookedUp.push({ row, key });
    if (isNumber(() => text, key)) this.#numbers[column] = (this.#numbers[column] as number) + 1;
  }

  /** Judges the columns by a window: `rows` of the block from index `from` on. */
  #judge(block: number, from: number, rows: number): void {
    // The few rows at the end of a block are judged together with those before them.
    const rest = rows < WINDOW_ROWS ? this.#rowsBefore : 0;
    for (let column = 0; column < this.#columns.length; column++) {
      const here = this.#numbers[column] as number;
      const numbers = here + (rest > 0 ? (this.#before[column] as number) : 0);
      this.#before[column] = here;
      this.#numbers[column] = 0;
      if (
        numbers > 0 &&
        this.#isHalf(block, column, { numbers, from: from - rest, rows: rest + rows })
      )
        this.#found.add(column);
    }
    this.#rowsBefore = rows;
  }

  #isHalf(
    block: number,
    column: number,
    {
      numbers,
      from,
      rows,
    }: { readonly numbers: number; readonly from: number; readonly rows: number },
  ): boolean {
    if (numbers * 2 >= rows) return true;
    return numbers * 2 >= this.#module.countFilled(block, from, rows, column);
  }

  /** Columns that hold phone numbers and are not looked up as such. */
  found(): number[] {
    return [...this.#found];
  }
}

/** Whether a text is written with a trunk zero or a country code, and is Belgian. */
function isLikely(text: string, key: number): boolean {
  const belgian = BELGIAN_RANGES.some(([from, to]) => key >= from && key < to);
  return (
    belgian && classifyKey(key) !== VERDICT_UNREADABLE && /^\D*?[0+]/.test(text.normalize('NFKC'))
  );
}
