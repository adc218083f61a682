import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../../bench/faults/catalogue.ts';
import { brokenBy } from '../../../bench/faults/run.ts';
import { Trials } from '../../../bench/faults/trials.ts';

/** docs/RELIABILITY.md says what each fault is; `bench/faults/run.ts` measures them. */

const PLAYED_MS = 900;

const folder = mkdtempSync(join(tmpdir(), 'tacet-faults-'));
/** What good clients were told instead of an answer. */
const failures: string[] = [];
let trials: Trials;

beforeAll(async () => {
  trials = await Trials.start(folder, 50_000, (who, error) => {
    failures.push(`${who}: ${String(error)}`);
  });
});
afterAll(async () => {
  await trials.stop();
  rmSync(folder, { recursive: true });
});

// A machine that others load breaks a promise of seconds now and then, but not twice in a row.
describe('good clients stay served, and nothing is left 2 s later:', { retry: 1 }, () => {
  it.each(FAULTS)('$name, $report', async (fault) => {
    failures.length = 0;
    const trial = await trials.play(fault, { ms: PLAYED_MS, calmMs: 0, seed: 1 });
    expect(brokenBy(trial), failures.slice(0, 3).join('\n')).toEqual([]);
  });

  it('each has a name of its own', () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
  });
});
