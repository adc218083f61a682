import { describe, expect, it } from 'vitest';
import { InlineShare } from '#tacet/threads/inline-share.js';

/** A thread that is busy as told, and a clock that goes on 10 ms a batch. */
function threadAt(busy: () => number): { taken(batches: number): number } {
  let nowMs = 0;
  let active = 0;
  const share = new InlineShare({
    nowMs: () => nowMs,
    utilization: () => ({ active, idle: nowMs - active, utilization: 0 }),
  });
  const taken = (batches: number): number => {
    let count = 0;
    for (let i = 0; i < batches; i++) {
      nowMs += 10;
      active += 10 * busy();
      if (share.take()) count++;
    }
    return count;
  };
  return { taken };
}

describe('the share of batches that a thread answers itself', () => {
  it('is all of them while it has time', () => {
    expect(threadAt(() => 0.5).taken(100)).toBe(100);
  });

  it('falls to none while it has no time, and grows back', () => {
    let busy = 1;
    const { taken } = threadAt(() => busy);
    expect(taken(50)).toBeLessThan(40);
    expect(taken(50)).toBe(0);
    busy = 0.3;
    taken(50);
    expect(taken(50)).toBe(50);
  });

  it('stays where it is while the thread is just busy enough', () => {
    let busy = 1;
    const { taken } = threadAt(() => busy);
    taken(21);
    busy = 0.9;
    expect(taken(80)).toBe(40);
    expect(taken(80)).toBe(40);
  });
});
