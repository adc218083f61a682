import { TacetError } from '../errors.ts';
import {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NAMES,
  VERDICT_UNREADABLE,
} from '../verdict/verdict.ts';
import type { ContactOutput } from './output.ts';
import type { OutputKind } from './places.ts';

/** Header of the column added to the blocked and the undecided. */
export const VERDICT_COLUMN = 'tacet_verdict';

/** The longest cell added to a row: separator and longest verdict, rounded up. */
const CELL_BYTES_MAX = 16;

/** How many rows got which verdict, under the names of `tacet.v1.Summary`. */
export interface VerdictCounts {
  readonly numbers: number;
  readonly callable: number;
  readonly blocked: number;
  readonly callable_opt_in: number;
  readonly not_covered: number;
  readonly unreadable: number;
}

/** Consecutive rows, as offsets into the bytes they lie in. */
export interface RowSpan {
  readonly bytes: Buffer;
  readonly start: number;
  /** Behind each row, ascending. */
  readonly rowEnds: Int32Array;
  /** Number of the first row, from 1. */
  readonly firstRow: number;
}

/** Sends every row to the output its verdict asks for, in order. */
export class Partition {
  readonly #outputs: readonly ContactOutput[];
  readonly #callable: ContactOutput | undefined;
  readonly #blocked: ContactOutput | undefined;
  readonly #undecided: ContactOutput | undefined;
  /** What is added to a row, by its verdict. */
  readonly #cells: readonly Buffer[];
  readonly #headerCell: Buffer;
  readonly #counts = new Float64Array(VERDICT_UNREADABLE + 1);

  constructor(outputs: readonly ContactOutput[], separator: string) {
    const find = (kind: OutputKind) => outputs.find((output) => output.kind === kind);
    this.#outputs = outputs;
    this.#callable = find('callable');
    this.#blocked = find('blocked');
    this.#undecided = find('undecided');
    this.#cells = VERDICT_NAMES.map((printed) => Buffer.from(separator + printed));
    this.#headerCell = Buffer.from(separator + VERDICT_COLUMN);
  }

  get counts(): VerdictCounts {
    const [, callable = 0, blocked = 0, optIn = 0, notCovered = 0, unreadable = 0] = this.#counts;
    return {
      numbers: callable + blocked + optIn + notCovered + unreadable,
      callable,
      blocked,
      callable_opt_in: optIn,
      not_covered: notCovered,
      unreadable,
    };
  }

  /** Begins every output with the byte order mark, `bytes[0, start)`, and the header row. */
  async writeHeader(bytes: Buffer, start: number, end: number): Promise<void> {
    for (const output of this.#outputs) {
      await output.reserve(end + this.#headerCell.length);
      output.append(bytes, 0, start);
      if (end === start) continue;
      if (output.kind === 'callable') output.append(bytes, start, end);
      else output.appendWithCell(bytes, start, end, this.#headerCell);
    }
  }

  /**
   * Writes rows by their verdicts, one each. Waits for the outputs.
   * Errors: ERR_RECONCILE, before anything is written, if the answer is not one verdict a row.
   */
  async write(span: RowSpan, verdicts: Uint8Array): Promise<void> {
    checkAnswer(span, verdicts);
    const { rowEnds } = span;
    const bytes = (rowEnds[rowEnds.length - 1] ?? span.start) - span.start;
    for (const output of this.#outputs) {
      await output.reserve(bytes + rowEnds.length * CELL_BYTES_MAX);
    }
    this.#append(span, verdicts);
  }

  #append({ bytes, start, rowEnds }: RowSpan, verdicts: Uint8Array): void {
    const callable = this.#callable;
    let runStart = start;
    let rowStart = start;
    for (let row = 0; row < rowEnds.length; row++) {
      const verdict = verdicts[row] ?? 0;
      const rowEnd = rowEnds[row] ?? rowStart;
      this.#counts[verdict] = (this.#counts[verdict] ?? 0) + 1;
      if (verdict === VERDICT_CALLABLE || verdict === VERDICT_CALLABLE_OPT_IN) {
        if (callable) callable.rows++;
      } else {
        // Rows that go out as they came and follow each other are copied at once.
        if (rowStart > runStart) callable?.append(bytes, runStart, rowStart);
        runStart = rowEnd;
        const output = verdict === VERDICT_BLOCKED ? this.#blocked : this.#undecided;
        if (output) {
          output.rows++;
          output.appendWithCell(bytes, rowStart, rowEnd, this.#cells[verdict] ?? this.#headerCell);
        }
      }
      rowStart = rowEnd;
    }
    if (rowStart > runStart) callable?.append(bytes, runStart, rowStart);
  }
}

/** An answer that is short, long or no verdict would send contacts to the wrong file. */
function checkAnswer({ rowEnds, firstRow }: RowSpan, verdicts: Uint8Array): void {
  const where = `rows ${firstRow} to ${firstRow + rowEnds.length - 1}`;
  const fix = 'Nothing was published; report this with the version of the server';
  if (verdicts.length !== rowEnds.length) {
    throw new TacetError('ERR_RECONCILE', {
      what: 'the answer does not fit the question',
      expected: `${rowEnds.length} verdicts`,
      got: `${verdicts.length}`,
      where,
      fix,
    });
  }
  for (const verdict of verdicts) {
    if (verdict >= VERDICT_CALLABLE && verdict <= VERDICT_UNREADABLE) continue;
    throw new TacetError('ERR_RECONCILE', {
      what: 'an answer is no verdict',
      expected: `1 to ${VERDICT_UNREADABLE}`,
      got: `${verdict}`,
      where,
      fix,
    });
  }
}
