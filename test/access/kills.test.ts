import { afterAll, expect, it } from 'vitest';
import { Folder } from '../cli/commands.ts';
import { BUDGET, killSpending, LEASE, spentIn, startSpending } from './spending.ts';

const KILLS = 20;
const SEED = 20_261_127;

const folder = new Folder();
afterAll(() => folder.remove());

it(`${KILLS} kills in the middle of spending never give more than the budget`, async () => {
  await killSpending(folder, { location: folder.file('killed'), kills: KILLS, seed: SEED });
}, 120_000);

it('a second server on the same directory begins once the first has ended', async () => {
  const location = folder.file('handed-over');
  const files = ['first.txt', 'second.txt'].map((name) => folder.file(name));
  const running = files.map((spent) => startSpending({ location, take: LEASE, spent }));
  for (const { ended } of running) expect(await ended).toMatchObject({ code: 0, stderr: '' });
  const total = spentIn(...files);
  expect(total).toBeLessThanOrEqual(BUDGET);
  expect(total).toBeGreaterThan(BUDGET - 2 * LEASE);
});
