import { describe, expect, it } from 'vitest';
import { packList } from '#tacet/list/pack.js';
import { GUARD_DEFAULTS } from '#tacet/sync/guard/bounds.js';
import { gatherFacts } from '#tacet/sync/guard/facts.js';
import { judge } from '#tacet/sync/guard/guard.js';
import { MORNING_MS, NOVEMBER_22, newPlace, numbersUpTo, rulesOf, textOf } from '../fixture.ts';

describe('the random lines of the source', () => {
  it.each([
    ['with BOM, header and CRLF', '\uFEFFnumber;date\r\n', '\r\n'],
    ['with a header', 'number;date\n', '\n'],
    ['whose lines end with CR', 'number;date\r', '\r'],
  ])('are found in a file %s', async (_, head, lineEnd) => {
    const place = newPlace();
    const text = textOf(numbersUpTo(NOVEMBER_22, 50)).replaceAll('\n', lineEnd);
    // A number that stands twice has the later of its dates.
    const twice = `0470000003;2020-01-02${lineEnd}`;
    const outcome = await place.sync(`${head}${text}${twice}`);
    expect(outcome).toMatchObject({ result: 'switched', entries: 50 });
  });

  it('are found with a time of day, and the trailer is none of them', async () => {
    const place = newPlace();
    const text = textOf(numbersUpTo(NOVEMBER_22, 50)).replaceAll('\n', ' 09:30:00\n');
    // So short a file that its trailer is drawn for certain.
    const outcome = await place.sync(`${text}TOTAL;50\n`);
    expect(outcome).toMatchObject({ result: 'switched', entries: 50 });
    expect(outcome.message).toContain('dates as YYYY-MM-DD HH:mm:ss');
  });

  it('tell a list that lacks some of them, and one with earlier dates', async () => {
    const place = newPlace();
    const list = place.file('list.tacet');
    const some = new Map([...numbersUpTo(NOVEMBER_22 - 1, 2_900)].slice(100));
    const source = place.write('some.txt', textOf(some));
    const { layout } = await packList({ source, out: list, nowMs: MORNING_MS });
    const text = textOf(numbersUpTo(NOVEMBER_22, 3_000));
    const path = place.write('all.txt', text);
    const received = { path, bytes: text.length, sha256: '', lastByte: 10 };
    const request = { bounds: GUARD_DEFAULTS, canaries: [], nowMs: MORNING_MS, seed: 5 };
    const facts = await gatherFacts(
      { path: list, text: received, layout, badLines: 0 },
      null,
      request,
    );
    const { count, missing, redated } = facts.sample;
    // A registration of the 22nd, after the snapshot of this list, is a line that cannot be read.
    expect(count).toBeGreaterThan(950);
    expect(missing.length).toBeGreaterThan(20);
    expect(missing.length).toBeLessThan(150);
    expect(redated.length).toBe(count - missing.length);
    expect(rulesOf({ refusals: judge(facts, GUARD_DEFAULTS) })).toEqual(['sample']);
  });

  it('leave out malformed lines that were let pass', async () => {
    const place = newPlace();
    const text = textOf(numbersUpTo(NOVEMBER_22, 50)).replaceAll('2026-11-1', '2026-02-31');
    const outcome = await place.sync(text, { badLinesMax: 50 });
    expect(outcome.result).toBe('switched');
    expect(outcome.entries).toBeLessThan(50);
  });
});
