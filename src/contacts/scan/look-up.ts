import { classifyKey } from '../../phone/plan.ts';
import { VERDICT_CALLABLE, VERDICT_UNREADABLE } from '../../verdict/verdict.ts';
import { PhoneCellReader } from '../cells/phone-cells.ts';
import { CHARSET_WINDOWS_1252, unwrappedText } from '../cells/text.ts';
import type { BlockModule } from './block-module.ts';
import type { Table } from './scan-plan.ts';

/** Minimum number of rows by which a column is judged; fewer only if a block has no more. */
const WINDOW_ROWS = 1000;

/** How to look up the cells of a column the user did not name. */
export const LOOK_UP_NOT = 0;
/** Cells written like a Belgian number: with the trunk zero or the country code. */
export const LOOK_UP_LIKELY = 1;
/** All phone numbers: by its name or content this is a column of phone numbers. */
export const LOOK_UP_ALL = 2;

/** Belgian keys begin with 32. These are the ranges for eight or more national digits. */
const BELGIAN_RANGES = [
  [3_200_000_000, 3_300_000_000],
  [32_000_000_000, 33_000_000_000],
] as const;

/**
 * Dates in the usual notations, perhaps with a time: their digits could pass for a phone number.
 */
const DATE_SHAPE =
  /^\s*(?:(\d{1,2})[/.-](\d{1,2})[/.-](?:\d\d)?\d\d|(?:19|20)\d\d[/.-](\d{1,2})[/.-](\d{1,2}))\s*(?:$|[T\s]\s*\d)/;

/** Whether a text is written like a date that could exist. */
export function isDateShaped(text: string): boolean {
  const [shape, day, month, isoMonth, isoDay] = DATE_SHAPE.exec(text) ?? [];
  if (shape === undefined) return false;
  const [one, other] = [Number(day ?? isoDay), Number(month ?? isoMonth)];
  const isDay = (value: number) => value >= 1 && value <= 31;
  return isDay(one) && isDay(other) && Math.min(one, other) <= 12;
}

/** Whether a cell counts as a phone number when judging its column: Belgian, and not a date. */
export function isNumber(text: () => string, key: number): boolean {
  return classifyKey(key) === VERDICT_CALLABLE && !isDateShaped(text());
}

/** A cell that is looked up although its column is not dialled: its row in the scan and its key. */
export interface LookedUp {
  readonly row: number;
  readonly key: number;
}

/**
 * Reads the cells of columns the user did not name, and finds those that hold phone numbers: half
 * of the filled cells in any 1,000 rows. It reports them after scanning the rows of a block; if it
 * finds a new one, the file has to be read again with that column.
 */
export class LookUp {
  readonly #module: BlockModule;
  readonly #columns: Uint8Array;
  readonly #phones: PhoneCellReader;
  readonly #charset: number;
  readonly #utf8: boolean;
  readonly #found = new Set<number>();
  /** By column: phone numbers in the current window, and in the one before it. */
  readonly #numbers: Int32Array;
  readonly #before: Int32Array;
  /** Rows of the previous window in the same block. */
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

  /** Starts a block. */
  begin(): void {
    this.#found.clear();
    this.#rowsBefore = 0;
  }

  /**
   * The cells to look up in a scan's first `taken` rows, in row order; judges the columns by them.
   */
  read(
    block: number,
    bytes: Uint8Array,
    { from, taken }: Table,
    candidates: number,
  ): readonly LookedUp[] {
    const lookedUp: LookedUp[] = [];
    const count = candidates === 0 ? 0 : this.#module.readCandidates(block, candidates, this.#utf8);
    const cells = this.#module.candidates;
    let index = 0;
    for (let start = 0; start < taken; start += WINDOW_ROWS) {
      const end = Math.min(start + WINDOW_ROWS, taken);
      // Four fields per candidate, the row first; `count` candidates were written.
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
      if (numbers === 0) continue;
      const isHalf =
        numbers * 2 >= rest + rows ||
        numbers * 2 >= this.#module.countFilled(block, from - rest, rest + rows, column);
      if (isHalf) this.#found.add(column);
    }
    this.#rowsBefore = rows;
  }

  /** Columns that hold phone numbers but are not looked up as phone columns. */
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
