import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { type Folder, type Running, startProcess } from '../cli/commands.ts';

const CHILD = join(import.meta.dirname, 'spending-child.mjs');

export const BUDGET = 200_000;
export const LEASE = 400;

/** Starts a process that spends; its takes go to `spent`. */
export function startSpending(given: {
  readonly location: string;
  readonly take: number;
  readonly spent: string;
}): Running {
  const { location, take, spent } = given;
  const args = [CHILD, location, String(BUDGET), String(LEASE), String(take), spent];
  return startProcess(process.execPath, args);
}

/** What processes have spent by now, according to their files. */
export function spentIn(...files: readonly string[]): number {
  const lines = files
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'));
  return lines.reduce((sum, line) => sum + Number(line), 0);
}

/** Kills one spending process after another, then lets a last one spend what is left. */
export async function killSpending(
  folder: Folder,
  { location, kills, seed }: { location: string; kills: number; seed: number },
): Promise<void> {
  const spent = folder.file('spent.txt');
  const random = new Random(seed, 1);
  for (let kill = 0; kill < kills; kill++) {
    const { child } = startSpending({ location, take: 20, spent });
    await once(child.stdout ?? child, 'data');
    // Not to wait for something, but to hit any moment of a life.
    await wait(random.below(400) / 10);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(spentIn(spent), `seed ${seed}, kill ${kill}`).toBeLessThanOrEqual(BUDGET);
  }
  const lost = BUDGET - spentIn(spent);
  const last = startSpending({ location, take: LEASE, spent });
  expect(await last.ended).toMatchObject({ code: 0, stderr: '' });
  const total = spentIn(spent);
  expect(total).toBeLessThanOrEqual(BUDGET);
  // Each life lost what it had booked ahead: a lease in memory, and one under way; the last had
  // what is no whole take.
  expect(total).toBeGreaterThanOrEqual(BUDGET - (kills * 2 + 1) * LEASE);
  expect(lost, 'the last life had something left to spend').toBeGreaterThan(0);
}
