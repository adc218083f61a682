import { describe, expect, it } from 'vitest';
import { type Entry, packTable, RegisterTable } from '#tacet/registers/table.js';

const entry = (key: number, more: Partial<Entry> = {}): Entry => ({
  ...{ key, optInDay: 0, endDay: 0, isObjected: true },
  ...more,
});

function find(table: RegisterTable, key: number): Entry | undefined {
  const place = table.find(key % 2 ** 32, Math.floor(key / 2 ** 32));
  if (place < 0) return undefined;
  return {
    key,
    optInDay: table.optInDayAt(place),
    endDay: table.endDayAt(place),
    isObjected: table.isObjectedAt(place),
  };
}

/** Keys as registers have them: neighbours, both words full, up to 15 digits. */
function* keys(count: number): Iterable<number> {
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (state * 48_271) % 0x7fff_ffff;
    yield i % 3 === 0 ? 32_470_000_000 + i : (state * 465_661) % 999_999_999_999_999;
  }
}

describe('a table', () => {
  it.each([0, 1, 31, 32, 33, 1_000, 40_000])('of %i numbers finds those and no others', (count) => {
    const expected = new Map<number, Entry>();
    let day = 0;
    for (const key of keys(count)) {
      const isObjected = ++day % 2 === 0;
      expected.set(key, { key, optInDay: day % 65_536, endDay: (day * 7) % 65_536, isObjected });
    }
    const packed = packTable(expected.values(), count);
    expect(packed.count).toBe(expected.size);
    const table = new RegisterTable(packed);
    for (const [key, wanted] of expected) expect(find(table, key)).toEqual(wanted);
    let strangers = 0;
    for (const key of expected.keys()) {
      if (expected.has(key + 1)) continue;
      strangers++;
      expect(find(table, key + 1)).toBe(undefined);
    }
    expect(strangers).toBeGreaterThanOrEqual(Math.min(count, 1));
    const sorted = (entries: Iterable<Entry>) => [...entries].sort((a, b) => a.key - b.key);
    expect(sorted(table.entries())).toEqual(sorted(expected.values()));
  });

  it('never finds key 0, which stands for what is no number', () => {
    expect(find(new RegisterTable(packTable([entry(1)], 1)), 0)).toBe(undefined);
    expect(find(new RegisterTable(packTable([], 0)), 0)).toBe(undefined);
  });

  it('has the last of two entries of a number', () => {
    const packed = packTable([entry(32_475_123_456), entry(32_475_123_456, { endDay: 9 })], 2);
    expect(packed.count).toBe(1);
    expect(find(new RegisterTable(packed), 32_475_123_456)).toMatchObject({ endDay: 9 });
  });

  it('tells whether it has opt-ins', () => {
    expect(packTable([entry(7), entry(8, { endDay: 1 })], 2).hasOptIns).toBe(false);
    expect(packTable([entry(7), entry(8, { optInDay: 1 })], 2).hasOptIns).toBe(true);
  });

  it.each([1, 5_000])('of %i numbers has all of them among its candidates, few others', (count) => {
    const known = [...keys(count)];
    const table = new RegisterTable(
      packTable(
        known.map((key) => entry(key)),
        count,
      ),
    );
    const both = [...known, ...known.map((key) => key + 50_000_000)];
    const words = Uint32Array.from(both.flatMap((key) => [key % 2 ** 32, key / 2 ** 32]));
    const found = new Uint32Array(both.length + 1);
    const end = table.candidates(words, both.length, found);
    expect([...found.subarray(0, count)]).toEqual(known.map((_, index) => index));
    expect(end - count).toBeLessThan(0.15 * count + 1);
  });
});
