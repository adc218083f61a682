import { DoubtCounter, newTally, type ScanFindings, type Tally } from './judge/findings.ts';

/** What a run has found so far, added up block by block in file order. */
export class RunCounts {
  rows = 0;
  /** Lines that have ended so far, from the first line of the file. */
  lines = 0;
  unevenRows = 0;
  optInUnreadable = 0;
  readonly doubts = new DoubtCounter();
  readonly tally = newTally();

  /** Adds the rows of a scan, which must follow those added before. */
  addFindings(findings: ScanFindings): void {
    this.doubts.addAll(findings, this.lines);
    this.rows += findings.rows;
    this.lines += findings.lines;
    this.unevenRows += findings.uneven;
    this.optInUnreadable += findings.optInUnreadable;
  }

  addTally({ reasons, lookedUp, otherColumnListed }: Tally): void {
    reasons.forEach((count, reason) => {
      this.tally.reasons[reason] = (this.tally.reasons[reason] ?? 0) + count;
    });
    this.tally.lookedUp += lookedUp;
    this.tally.otherColumnListed += otherColumnListed;
  }
}
