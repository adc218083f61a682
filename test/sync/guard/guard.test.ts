import { describe, expect, it } from 'vitest';
import { GUARD_DEFAULTS, type GuardBounds, parseGuardBounds } from '#tacet/sync/guard/bounds.js';
import { parseCanaries } from '#tacet/sync/guard/canaries.js';
import { GUARD_RULES, type GuardFacts, judge } from '#tacet/sync/guard/guard.js';

const DAY = 20_779;
const NOTHING = { count: 0, missing: [], redated: [] };

/** A good night of the Belgian list: 500 come, 300 go. */
const GOOD: GuardFacts = {
  endsInLineEnd: true,
  entries: 1_500_200,
  snapshotDay: DAY,
  validUntilMs: 2,
  nowMs: 1,
  serving: { entries: 1_500_000, snapshotDay: DAY - 1 },
  changes: { added: 500, removed: 300, redated: 20 },
  canaries: NOTHING,
  sample: { ...NOTHING, seed: 7 },
  verifyFailure: null,
};

function rulesOf(facts: Partial<GuardFacts>, bounds: Partial<GuardBounds> = {}): string[] {
  return judge({ ...GOOD, ...facts }, { ...GUARD_DEFAULTS, ...bounds }).map(({ rule }) => rule);
}

/** Against a serving list of 1.5 M of so many days before. */
function changed(change: { added?: number; removed?: number; redated?: number }, days = 1) {
  return {
    serving: { entries: 1_500_000, snapshotDay: DAY - days },
    changes: { added: 0, removed: 0, redated: 0, ...change },
  };
}

describe('the guard', () => {
  it('lets a good night through, and a first version', () => {
    expect(rulesOf({})).toEqual([]);
    expect(rulesOf({ serving: null, changes: null })).toEqual([]);
  });

  it.each([
    // May 2021: 729,216 random registrations in two days, on whichever day they are met.
    ['the burst of May 2021 at once', changed({ added: 729_216 }, 2), ['added']],
    ['the first half of it', changed({ added: 364_608 }), ['added']],
    ['it after a gap of any length', changed({ added: 729_216 }, 400), ['added']],
    ['30,000 additions in a day', changed({ added: 30_000 }), []],
    ['30,001 additions in a day', changed({ added: 30_001 }), ['added']],
    ['150,000 additions in five days', changed({ added: 150_000 }, 5), []],
    ['a second file of the same day', changed({ added: 30_001 }, 0), ['added']],
    ['a monthly purge of a tenth', changed({ removed: 150_000 }), []],
    ['a purge of more', changed({ removed: 150_001 }), ['removed']],
    ['a third gone', changed({ removed: 500_000 }, 30), ['removed']],
    ['a tenth with other dates', changed({ redated: 150_000 }), []],
    ['all dates read wrongly', changed({ redated: 1_400_000 }), ['redated']],
  ])('%s', (_, facts, rules) => {
    expect(rulesOf(facts)).toEqual(rules);
  });

  it('allows a small list a count, where a share would be nothing', () => {
    const serving = { entries: 100, snapshotDay: DAY - 1 };
    const changes = { added: 20_000, removed: 10, redated: 0 };
    expect(rulesOf({ serving, changes })).toEqual([]);
    expect(rulesOf({ serving, changes: { ...changes, added: 20_001 } })).toEqual(['added']);
  });

  it.each([
    ['whole', { endsInLineEnd: false }],
    ['stale', { nowMs: 2 }],
    ['verify', { verifyFailure: 'section 1 differs from its checksum' }],
    ['sample', { sample: { count: 9, missing: [21], redated: [], seed: 7 } }],
    ['sample', { sample: { count: 9, missing: [], redated: [21], seed: 7 } }],
    ['entries', { entries: 50_000_001 }],
    ['snapshot', { serving: { entries: 1_500_000, snapshotDay: DAY + 1 } }],
    ['canaries', { canaries: { count: 2, missing: [1], redated: [] } }],
    ['canaries', { canaries: { count: 2, missing: [], redated: [2] } }],
  ])('names the rule %s', (rule, facts) => {
    const [refusal, another] = judge({ ...GOOD, ...facts }, GUARD_DEFAULTS);
    expect(refusal?.rule).toBe(rule);
    expect(another).toBeUndefined();
    expect(refusal?.text).toMatch(/\S/);
  });

  it('names all rules that are broken, not only the first', () => {
    const facts = {
      ...changed({ added: 900_000, removed: 900_000, redated: 900_000 }),
      endsInLineEnd: false,
      nowMs: 3,
      entries: 1,
    };
    const rules = ['whole', 'stale', 'entries', 'added', 'removed', 'redated'];
    expect(rulesOf(facts, { entries_min: 2 })).toEqual(rules);
  });

  it('says what was met and what was allowed', () => {
    const [added] = judge({ ...GOOD, ...changed({ added: 729_216 }, 2) }, GUARD_DEFAULTS);
    expect(added?.text).toBe(
      '729,216 numbers were added to 1,500,000, more than the 60,000 that 2 days may bring ' +
        '(added_per_day_max, added_share_per_day_max)',
    );
  });

  it('lets a person waive what looks unlikely, never what is broken', () => {
    const waivable = Object.entries(GUARD_RULES).filter(([, { acceptable }]) => acceptable);
    expect(waivable.map(([rule]) => rule)).toEqual([
      'entries',
      'added',
      'removed',
      'redated',
      'snapshot',
      'canaries',
    ]);
  });
});

describe('guard.json', () => {
  it('changes what it names', () => {
    const bounds = parseGuardBounds('{"removed_share_max":0.05,"last_line_end":"optional"}', 'g');
    expect(bounds).toEqual({
      ...GUARD_DEFAULTS,
      removed_share_max: 0.05,
      last_line_end: 'optional',
    });
    expect(rulesOf({ endsInLineEnd: false }, bounds)).toEqual([]);
  });

  it.each([
    '',
    '[]',
    'null',
    '{"entries_min":0}',
    '{"entries_min":1.5}',
    '{"entries_min":"9"}',
    '{"entries_min":9,"entries_max":8}',
    '{"removed_share_max":1.01}',
    '{"removed_share_max":-1}',
    '{"removed_share_max":null}',
    '{"last_line_end":true}',
    '{"sample_lines":100001}',
    '{"remove_share_max":0.1}',
    '{"__proto__":1}',
  ])('refuses %s', (json) => {
    expect(() => parseGuardBounds(json, 'guard.json')).toThrow(
      expect.objectContaining({ code: 'ERR_OPTION' }),
    );
  });
});

describe('canaries.txt', () => {
  it('has a number a line in any writing, with a date where wanted', () => {
    const text =
      '\uFEFF# known\r\n0475 12 34 56\r\n\r\n+32475123457;2020-01-02 # mine\n022345678, 2018-03-04';
    expect(parseCanaries(text, 'c')).toEqual([
      { place: 2, key: 32_475_123_456, day: null },
      { place: 4, key: 32_475_123_457, day: 18_263 },
      { place: 5, key: 3_222_345_678, day: 17_594 },
    ]);
  });

  it.each(['nobody', '0475123456 2020-02-30', '2020-01-02', '0475123456 yesterday'])(
    'refuses %j, by its line and shape',
    (line) => {
      const parse = (): unknown => parseCanaries(`# one\n${line}\n`, 'canaries.txt');
      expect(parse).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
      expect(parse).toThrow(/^canaries\.txt:2: [^0-8]*$/);
    },
  );

  it('refuses more than 10,000 numbers', () => {
    expect(() => parseCanaries('0475123456\n'.repeat(10_001), 'c')).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT' }),
    );
  });
});
