import { describe, expect, it } from 'vitest';
import { InlineShare, LONG_BATCHES, SHORT_BATCHES } from '#tacet/threads/inline-share.js';

/**
 * A thread that is busy as told, on a machine with spare cores as told, and a clock that goes on 10
 * ms a batch.
 */
function threadAt(
  busy: () => number,
  spareCores: () => number = () => 1,
): { taken(batches: number): number } {
  let nowMs = 0;
  let active = 0;
  const share = new InlineShare(SHORT_BATCHES, {
    now: () => nowMs,
    utilization: () => ({ active, idle: nowMs - active, utilization: 0 }),
    spareCores,
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
    expect(taken(100)).toBeLessThan(80);
    expect(taken(50)).toBe(0);
    busy = 0.3;
    taken(100);
    expect(taken(50)).toBe(50);
  });

  it('stays where it is while the thread is just busy enough', () => {
    let busy = 1;
    const { taken } = threadAt(() => busy);
    taken(41);
    busy = 0.9;
    expect(taken(80)).toBe(40);
    expect(taken(80)).toBe(40);
  });

  it('is all of them while no core is spare, however busy the thread', () => {
    expect(
      threadAt(
        () => 1,
        () => 0.1,
      ).taken(100),
    ).toBe(100);
  });

  it('grows back as the spare cores go', () => {
    let spare = 1;
    const { taken } = threadAt(
      () => 1,
      () => spare,
    );
    taken(200);
    expect(taken(20)).toBe(0);
    spare = 0.7;
    expect(taken(20)).toBe(0);
    spare = 0;
    taken(100);
    expect(taken(20)).toBe(20);
  });

  it('reads the machine it runs on', () => {
    const share = new InlineShare(LONG_BATCHES);
    const endMs = performance.now() + 250;
    // Busy, as a thread is that answers batches; whatever the machine does besides.
    let taken = 0;
    while (performance.now() < endMs) if (share.take()) taken++;
    expect(taken).toBeGreaterThan(0);
  });
});
