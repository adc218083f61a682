import { describe, expect, it } from 'vitest';
import { Measured } from '#tacet/observe/metrics/measured.js';

const HOUR_MS = 3_600_000;

describe('a measurement', () => {
  it('is taken once for all who ask within its age, and again after it', async () => {
    let taken = 0;
    const lasting = new Measured(async () => ++taken, HOUR_MS);
    expect(await Promise.all([lasting.value(), lasting.value()])).toEqual([1, 1]);
    expect(await lasting.value()).toBe(1);
    const fleeting = new Measured(async () => ++taken, 0);
    expect(await fleeting.value()).toBe(2);
    expect(await fleeting.value()).toBe(3);
  });

  it('that hangs is not waited for, and shows once it is there', async () => {
    let arrive = (_: string): void => undefined;
    const hanging = new Measured(
      () =>
        new Promise<string>((resolve) => {
          arrive = resolve;
        }),
      HOUR_MS,
    );
    const startMs = performance.now();
    expect(await hanging.value()).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(2000);
    arrive('at last');
    expect(await hanging.value()).toBe('at last');
  });

  it('that fails gives nothing, not what was true before', async () => {
    const values = [() => 'good', () => Promise.reject(new Error('gone')), () => 'good again'];
    let turn = 0;
    const failing = new Measured(async () => values[turn++]?.(), 0);
    expect(await failing.value()).toBe('good');
    expect(await failing.value()).toBeUndefined();
    expect(await failing.value()).toBe('good again');
  });
});
