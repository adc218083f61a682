import { describe, expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { diffLists } from '#tacet/store/diff.js';

type Days = ReadonlyMap<number, number>;

function listOf(days: Days) {
  const sorted = [...days].sort(([a], [b]) => a - b);
  return {
    numbers: BigUint64Array.from(sorted, ([number]) => BigInt(number)),
    days: Uint16Array.from(sorted, ([, day]) => day),
  };
}

/** The obvious way. */
function obvious(before: Days, after: Days): string[] {
  const lines: string[] = [];
  for (const [number, day] of after) {
    const known = before.get(number);
    if (known === undefined) lines.push(`+${number} ${day}`);
    else if (known !== day) lines.push(`~${number} ${known} ${day}`);
  }
  for (const [number, day] of before) if (!after.has(number)) lines.push(`-${number} ${day}`);
  return lines.sort();
}

async function differences(before: Days, after: Days) {
  const lines: string[] = [];
  const counts = await diffLists(listOf(before), listOf(after), {
    added: (key, day) => void lines.push(`+${key} ${day}`),
    removed: (key, day) => void lines.push(`-${key} ${day}`),
    redated: (key, from, to) => void lines.push(`~${key} ${from} ${to}`),
  });
  return { counts, lines: lines.sort() };
}

describe('the difference of two lists', () => {
  it('tells added, removed and re-dated numbers', async () => {
    const before = new Map([
      [1, 10],
      [32_475_000_000, 11],
      [999_999_999_999_999, 12],
    ]);
    const after = new Map([
      [2, 10],
      [32_475_000_000, 13],
      [999_999_999_999_999, 12],
    ]);
    expect(await differences(before, after)).toEqual({
      counts: { added: 1, removed: 1, redated: 1 },
      lines: ['+2 10', '-1 10', '~32475000000 11 13'],
    });
  });

  it('is nothing between equal lists, and everything against an empty one', async () => {
    const days = new Map([
      [5, 1],
      [6, 2],
    ]);
    expect((await differences(days, days)).counts).toEqual({ added: 0, removed: 0, redated: 0 });
    expect((await differences(new Map(), days)).counts.added).toBe(2);
    expect((await differences(days, new Map())).counts.removed).toBe(2);
    expect((await differences(new Map(), new Map())).lines).toEqual([]);
  });

  it('agrees with maps on random lists, more than one turn long', async () => {
    for (const [seed, size] of [
      [1, 10],
      [2, 1000],
      [3, 200_000],
    ] as const) {
      const random = new Random(seed, 5);
      const draw = (): Map<number, number> =>
        new Map(
          Array.from({ length: size }, () => [
            32_475_000_000 + random.below(size * 2) * 40_000,
            random.below(3),
          ]),
        );
      const before = draw();
      const after = draw();
      expect((await differences(before, after)).lines, `seed ${seed}`).toEqual(
        obvious(before, after),
      );
    }
  });
});
