import { describe, expect, it } from 'vitest';
import { costOf } from '../../../bench/coverage/cost.ts';
import { failures, type Played, run } from '../../../bench/coverage/run.ts';

/**
 * The bench at a twelfth of the plan, whose list has some 150,000 numbers: what a walk is told
 * before it is stopped does not depend on the size of the list.
 */
const lines: string[] = [];
const played: readonly Played[] = run({
  ...{ seed: 1, thin: 12, questionsMax: 170_000 },
  print: (line) => void lines.push(line),
});
const ofKind = (kind: Played['kind']): Played[] => played.filter((one) => one.kind === kind);
const named = (name: string): Played | undefined => played.find((one) => one.name === name);

/** One percent of a list of 1.5 M. */
const TOLD_MAX = 15_000;

describe('a walk', () => {
  it.each(ofKind('walk').map((one) => [one.name, one] as const))('%s: is stopped', (_, one) => {
    expect(one.last.walk).toBeDefined();
    expect(one.told).toBeGreaterThan(0);
    expect(one.told).toBeLessThan(TOLD_MAX / 3);
  });

  // Not one over full blocks: a twelfth of the plan has too few groups for that, the whole has not.
  it.each(['sequential', 'shuffled over the plan'])(
    '%s, that hides in as many questions of a customer base: is stopped',
    (name) => {
      const hidden = named(`${name}, 50 % customers`);
      expect(hidden?.last.walk).toBeDefined();
      expect(hidden?.told).toBeLessThan(TOLD_MAX);
    },
  );

  it('through a phone book is not, as docs/THREATS.md says', () => {
    expect(named('phone book')?.last.walk).toBeUndefined();
  });
});

describe('a customer base', () => {
  const bases = ofKind('base');
  it('is one of more than ten kinds', () => expect(bases.length).toBeGreaterThan(10));

  it.each(bases.map((one) => [one.name, one] as const))('%s: is not stopped', (_, one) => {
    expect(one.last.walk).toBeUndefined();
    expect(one.questions).toBeGreaterThan(100);
  });
});

it('the bench prints a line for each', () => {
  expect(lines.filter((line) => line.startsWith('| '))).toHaveLength(played.length + 1);
});

it('what was promised and did not hold is told', () => {
  expect(failures(ofKind('base'))).toEqual([]);
  const [walk, base] = [ofKind('walk').slice(0, 1), ofKind('base').slice(0, 1)];
  const spared = walk.map((one) => ({ ...one, last: { ...one.last, walk: undefined } }));
  const told = walk.map((one) => ({ ...one, toldShare: 0.01 }));
  const stopped = base.map((one) => ({ ...one, last: { ...one.last, walk: 'runs' as const } }));
  expect(failures([...spared, ...told, ...stopped])).toHaveLength(3);
});

it('the bench of what it costs measures both passes', () => {
  const { firstNs, againNs } = costOf({ numbers: 50_000, runs: 1 });
  expect(firstNs).toBeGreaterThan(0);
  expect(againNs).toBeGreaterThan(0);
});
