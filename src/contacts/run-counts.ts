import { TacetError } from '../errors.ts';
import type { Approach } from '../verdict/approach.ts';
import {
  REASON_NAMES,
  REASON_NOT_LISTED,
  REASON_OPT_IN_GIVEN,
  REASON_OPT_IN_LATER,
  REASON_SERVICE_CALL,
} from '../verdict/reason.ts';
import { DoubtCounter, newTally, type ScanFindings, type Tally } from './judge/findings.ts';

/** Reasons for which numbers may be called: no approach has more than those of its own line. */
const OF_LIST = [REASON_NOT_LISTED, REASON_OPT_IN_LATER];
const OF_OPT_IN = [REASON_OPT_IN_GIVEN];
const OF_SERVICE = [REASON_SERVICE_CALL];
const CALLABLE = [...OF_LIST, ...OF_OPT_IN, ...OF_SERVICE];

function callableReasons({ purpose, channel }: Approach): readonly number[] {
  if (purpose === 'service') return OF_SERVICE;
  return channel === 'person' ? OF_LIST : OF_OPT_IN;
}

/** What a run has found so far, added up block by block in file order. */
export class RunCounts {
  rows = 0;
  /** Lines that have ended so far, from the first line of the file. */
  lines = 0;
  unevenRows = 0;
  optInUnreadable = 0;
  readonly doubts = new DoubtCounter();
  readonly tally = newTally();
  readonly #approach: Approach;
  readonly #undeclared: readonly number[];

  /** @param approach what is asked about */
  constructor(approach: Approach) {
    const declared = callableReasons(approach);
    this.#approach = approach;
    this.#undeclared = CALLABLE.filter((reason) => !declared.includes(reason));
  }

  /** Adds the rows of a scan, which must follow those added before. */
  addFindings(findings: ScanFindings): void {
    this.doubts.addAll(findings, this.lines);
    this.rows += findings.rows;
    this.lines += findings.lines;
    this.unevenRows += findings.uneven;
    this.optInUnreadable += findings.optInUnreadable;
  }

  /** Errors: ERR_RECONCILE for what makes rows callable for another approach than the declared. */
  addTally({ reasons, lookedUp, otherColumnListed }: Tally): void {
    const undeclared = this.#undeclared.find((reason) => (reasons[reason] ?? 0) > 0);
    if (undeclared !== undefined) {
      const { purpose, channel } = this.#approach;
      throw new TacetError('ERR_RECONCILE', {
        what: `a number has the reason ${REASON_NAMES[undeclared]}, which was not declared`,
        expected: `answers for ${purpose} by ${channel}`,
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
