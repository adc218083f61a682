/**
 * Spends the budget of `dialler`, some numbers at a time, as fast as it is given: a dot to standard
 * output once the state is open, and the numbers of each take to a file. Made to be killed; ends by
 * itself, cleanly, once the budget is used up.
 *
 *     node test/access/spending-child.mjs STATE BUDGET LEASE TAKE SPENT.txt
 */
import { appendFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Budgets } from '#tacet/access/limits/budgets.js';
import { openState } from '#tacet/state/state.js';

const [location = '', budget, lease, take, spent = ''] = process.argv.slice(2);
const state = await openState(location, { serve: true, waitMs: 30_000 });
const budgets = new Budgets(state, {
  share: { part: 1, of: 1 },
  leaseNumbersMax: Number(lease),
  nowMs: () => Date.UTC(2026, 10, 27, 11),
});
budgets.update([
  { name: 'dialler', numbersPerDayMax: Number(budget), checksPerMinuteMax: undefined },
]);
process.stdout.write('.');
try {
  for (;;) {
    await budgets.takeOrWait('dialler', { numbers: Number(take), checks: 0 });
    appendFileSync(spent, `${take}\n`);
    await turn();
  }
} catch (error) {
  if (error.code !== 'ERR_LIMIT') throw error;
}
await budgets.close();
await state.close();
