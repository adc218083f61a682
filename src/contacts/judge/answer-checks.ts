import { TacetError } from '../../errors.ts';
import { VERDICT_OF_REASON } from '../../verdict/reason.ts';

const REPORT = 'Nothing was published; report this with the version of the server';

/** Refuses an answer that does not have `count` reasons, one per number. Errors: ERR_RECONCILE. */
export function refuseLength(
  reasons: Uint8Array,
  count: number,
  where = 'the list inside the command',
): void {
  if (reasons.length === count) return;
  throw new TacetError('ERR_RECONCILE', {
    what: 'the answer does not fit the question',
    expected: `${count} reasons`,
    got: `${reasons.length}`,
    where,
    fix: REPORT,
  });
}

/**
 * Refuses an answer that is too short, too long or has an invalid reason: it would send contacts to
 * the wrong file. `firstNumber`: the position of its first number in the run, from 1. Errors:
 * ERR_RECONCILE.
 */
export function checkAnswer(
  { firstNumber, count }: { readonly firstNumber: number; readonly count: number },
  reasons: Uint8Array,
): void {
  const where = `numbers ${firstNumber} to ${firstNumber + count - 1}`;
  refuseLength(reasons, count, where);
  for (let i = 0; i < count; i++) {
    const reason = reasons[i] as number; // as many as asked for, see above
    if (VERDICT_OF_REASON[reason] !== 0) continue;
    throw new TacetError('ERR_RECONCILE', {
      what: 'an answer is no reason of a verdict',
      got: `${reason}`,
      where,
      fix: REPORT,
    });
  }
}
