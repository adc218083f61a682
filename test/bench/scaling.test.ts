import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  linkMillions,
  machinesFor,
  machineTable,
  podSizes,
  podTable,
  tables,
} from '../../bench/scaling.ts';

const page = readFileSync(new URL('../../docs/SCALING.md', import.meta.url), 'utf8');

describe('docs/SCALING.md', () => {
  it('has the tables as they are worked out, of the manifests as they are', () => {
    const manifests = new URL('../../deploy/kubernetes/', import.meta.url);
    for (const block of tables().split('\n\n')) expect(page).toContain(block);
    expect(page).toContain(machineTable());
    expect(page).toContain(podTable(podSizes(manifests)));
  });

  it('plans with machines that are half used, and one that may be lost', () => {
    expect(machinesFor(40, 80)).toBe(2);
    expect(machinesFor(41, 80)).toBe(3);
    // 8.02 bytes a number and 4 % of framing.
    expect(linkMillions(10)).toBeCloseTo(149.9, 1);
  });
});
