import { TacetError } from '../errors.ts';
import type { Purpose } from '../verdict/approach.ts';
import { REASON_SERVICE_CALL } from '../verdict/reason.ts';
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
  readonly #purpose: Purpose;

  /** @param purpose what is asked about */
  constructor(purpose: Purpose) {
    this.#purpose = purpose;
  }

  /** Adds the rows of a scan, which must follow those added before. */
  addFindings(findings: ScanFindings): void {
    this.doubts.addAll(findings, this.lines);
    this.rows += findings.rows;
    this.lines += findings.lines;
    this.unevenRows += findings.uneven;
    this.optInUnreadable += findings.optInUnreadable;
  }

  /** Errors: ERR_RECONCILE for service calls that were not declared: their rows are callable. */
  addTally({ reasons, lookedUp, otherColumnListed }: Tally): void {
    if (reasons[REASON_SERVICE_CALL] !== 0 && this.#purpose !== 'service') {
      throw new TacetError('ERR_RECONCILE', {
        what: 'a number has the reason of a service call, which was not declared',
        fix: 'Nothing was published; report this',
      });
    }
    reasons.forEach((count, reason) => {
      this.tally.reasons[reason] = (this.tally.reasons[reason] ?? 0) + count;
    });
    this.tally.lookedUp += lookedUp;
    this.tally.otherColumnListed += otherColumnListed;
  }
}
