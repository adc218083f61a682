import { TacetError } from '../errors.ts';
import {
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NAMES,
  VERDICT_UNREADABLE,
} from '../verdict/verdict.ts';
import type { PartitionedRows, PartitionPlan } from './block-kernel.ts';
import type { ContactOutput } from './output.ts';
import { OUTPUT_KINDS, type OutputKind } from './places.ts';
import { endOfContent } from './rows.ts';

/** Header of the column added to the blocked and the undecided. */
export const VERDICT_COLUMN = 'tacet_verdict';

/** How many rows got which verdict, under the names of `tacet.v1.Summary`. */
export interface VerdictCounts {
  readonly numbers: number;
  readonly callable: number;
  readonly blocked: number;
  readonly callable_opt_in: number;
  readonly not_covered: number;
  readonly unreadable: number;
}

/** Verdicts of rows that go out as they came. */
const CALLABLE = new Set<number>([VERDICT_CALLABLE, VERDICT_CALLABLE_OPT_IN]);

/** What is to be written of the rows of a file. */
export function partitionPlanOf(
  outputs: readonly ContactOutput[],
  separator: string,
): PartitionPlan {
  const isWanted = (kind: OutputKind) => outputs.some((output) => output.kind === kind);
  return {
    wanted: OUTPUT_KINDS.map(isWanted),
    cells: VERDICT_NAMES.map((printed, verdict) =>
      CALLABLE.has(verdict) ? new Uint8Array(0) : Buffer.from(separator + printed),
    ),
  };
}

/** Writes what goes to each output, and counts it. */
export class Partition {
  readonly #outputs: readonly ContactOutput[];
  readonly #headerCell: Buffer;
  readonly #counts = new Float64Array(VERDICT_UNREADABLE + 1);

  constructor(outputs: readonly ContactOutput[], separator: string) {
    this.#outputs = outputs;
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
    const contentEnd = endOfContent(bytes, start, end);
    const content = bytes.subarray(0, contentEnd);
    const lineEnd = bytes.subarray(contentEnd, end);
    for (const output of this.#outputs) {
      const isAsItCame = output.kind === 'callable' || end === start;
      const cell = isAsItCame ? Buffer.alloc(0) : this.#headerCell;
      await output.write(Buffer.concat([content, cell, lineEnd]), 0);
    }
  }

  /** Writes rows of which `memory` holds what goes to each output. Errors: those of writing. */
  async write(memory: ArrayBufferLike, { written, counts }: PartitionedRows): Promise<void> {
    counts.forEach((count, verdict) => {
      this.#counts[verdict] = (this.#counts[verdict] ?? 0) + count;
    });
    const writing = this.#outputs.map((output) => {
      const part = written[OUTPUT_KINDS.indexOf(output.kind)];
      if (part === undefined) return undefined;
      return output.write(Buffer.from(memory, part.start, part.end - part.start), part.rows);
    });
    await Promise.all(writing);
  }
}

/**
 * Refuses an answer that is short, long or no verdict: it would send contacts to the wrong file.
 * `firstRow`: its number from 1. Errors: ERR_RECONCILE.
 */
export function checkAnswer(
  { firstRow, count }: { readonly firstRow: number; readonly count: number },
  verdicts: Uint8Array,
): void {
  const where = `rows ${firstRow} to ${firstRow + count - 1}`;
  const fix = 'Nothing was published; report this with the version of the server';
  if (verdicts.length !== count) {
    throw new TacetError('ERR_RECONCILE', {
      what: 'the answer does not fit the question',
      expected: `${count} verdicts`,
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
