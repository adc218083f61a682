import {
  DoubtCounter,
  type ScanFindings,
  type StructureDoubt,
  type Tally,
} from './judge/findings.ts';
import { OUTCOMES } from './judge/outcome.ts';

/** What a run has found so far, added up block by block in file order. */
export class RunCounts {
  rows = 0;
  /** Lines that have ended so far, from the first line of the file. */
  lines: number;
  unevenRows = 0;
  optInUnreadable = 0;
  lookedUpToo = 0;
  otherColumnListed = 0;
  readonly #reasons = new Float64Array(OUTCOMES);
  readonly #doubts = new DoubtCounter();

  /** @param lines lines before the contacts */
  constructor(lines: number) {
    this.lines = lines;
  }

  /** Numbers that were looked up, by `Reason`. */
  get reasons(): number[] {
    return [...this.#reasons];
  }

  get rowsInDoubt(): number {
    return this.#doubts.rowsInDoubt;
  }

  get structureDoubts(): StructureDoubt[] {
    return this.#doubts.doubts;
  }

  /** Adds the rows of a scan, which must follow those added before. */
  addFindings(findings: ScanFindings): void {
    this.#doubts.addAll(findings, this.lines);
    this.rows += findings.rows;
    this.lines += findings.lines;
    this.unevenRows += findings.uneven;
    this.optInUnreadable += findings.optInUnreadable;
  }

  addTally({ reasons, lookedUp, otherColumnListed }: Tally): void {
    reasons.forEach((count, reason) => {
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + count;
    });
    this.lookedUpToo += lookedUp;
    this.otherColumnListed += otherColumnListed;
  }
}
