import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { readRefusal } from '#tacet/sync/quarantine.js';
import { zipOf } from '../fixtures/zip.ts';
import {
  HALF,
  MORNING_MS,
  NOVEMBER_22,
  newPlace,
  numbersUpTo,
  placeWithVersion,
  rulesOf,
  textOf,
} from './fixture.ts';

describe('the first sync', () => {
  it('switches to a version and records where it came from', async () => {
    const place = newPlace();
    const text = textOf(numbersUpTo(NOVEMBER_22, 3_000));
    const outcome = await place.sync(gzipSync(text));
    expect(outcome).toMatchObject({
      result: 'switched',
      snapshotDate: '2026-11-22',
      entries: 3_000,
      validUntilUnix: Date.UTC(2026, 10, 27, 23) / 1000,
      changes: null,
      error: null,
    });
    const version = await (await ListStore.open(place.store)).current();
    expect(version).toMatchObject({
      name: outcome.version,
      list: 'dncm',
      previous: null,
      accepted: null,
      source: {
        from: `file://${place.source}`,
        fileName: 'list.txt',
        fetchedAtUnix: MORNING_MS / 1000,
        bytes: gzipSync(text).length,
      },
    });
    expect(version?.source.sha256).not.toBe(version?.sourceSha256);
  });

  it('asks a person to confirm the layout, and says which it is', async () => {
    const place = newPlace();
    const text = textOf(numbersUpTo(NOVEMBER_22, 10));
    const asked = await place.sync(text, { confirmLayout: false });
    expect(asked).toMatchObject({ result: 'failed', version: null, quarantined: null });
    expect(asked.message).toContain('not pinned yet');
    expect(asked.message).toContain('number, date separated by ";"');
    const confirmed = await place.sync(text);
    expect(confirmed.message).toContain('layout pinned: number, date separated by ";"');
    expect(existsSync(join(place.store, 'layout.json'))).toBe(true);
  });

  it('takes the layout of a file, and later files must have it', async () => {
    const place = newPlace();
    const layout = { columns: ['number'], numberForm: 'trunk', dateForm: null };
    const layoutFile = place.write('layout.json', JSON.stringify(layout));
    const options = { layoutFile, confirmLayout: false, snapshot: '2026-11-22' };
    expect((await place.sync('0470000001\n', options)).result).toBe('switched');
    const pinned = { confirmLayout: false, snapshot: '2026-11-22' };
    const drifted = await place.sync('0470000001;2020-01-02\n', pinned);
    expect(rulesOf(drifted)).toEqual(['format']);
    expect(drifted.refusals[0]?.text).toContain('list.txt:1');
    expect(drifted.refusals[0]?.text).toContain('The layout is: one column: number');
  });
});

describe('a layout that was pinned', () => {
  const lines = textOf(numbersUpTo(NOVEMBER_22, 100));
  const more = textOf(numbersUpTo(NOVEMBER_22, 101));

  it('with a trailer refuses a file that is cut, or has another count', async () => {
    const place = newPlace();
    const first = await place.sync(`${lines}TOTAL;100\n`);
    expect(first).toMatchObject({ result: 'switched', entries: 100 });
    expect(first.message).toContain('trailer "TOTAL;{count}"');
    const pinned = { confirmLayout: false };
    for (const text of [more, `${more}TOTAL;100\n`, `${more.slice(22)}TOTAL;101\n`]) {
      const cut = await place.sync(text, pinned);
      expect(cut).toMatchObject({ result: 'refused', version: first.version });
      expect(rulesOf(cut)).toEqual(['format']);
      expect(cut.refusals[0]?.text).toContain('cut');
    }
    expect((await place.sync(`${more}TOTAL;101\n`, pinned)).result).toBe('switched');
  });

  it('refuses a file of another line end, or with times where there were none', async () => {
    const place = newPlace();
    const first = await place.sync(lines);
    for (const [text, says] of [
      [more.replaceAll('\n', '\r'), 'expected the line end LF, got CR'],
      [more.replaceAll('\n', ' 10:00:00\n'), 'no real date of the form YYYY-MM-DD can'],
      [`${more}TOTAL;101\n`, 'list.txt:102'],
    ] as const) {
      const drifted = await place.sync(text, { confirmLayout: false });
      expect(drifted).toMatchObject({ result: 'refused', version: first.version });
      expect(rulesOf(drifted)).toContain('format');
      expect(drifted.message).toContain(says);
    }
  });

  it('of lines that end with CR tells one that is cut', async () => {
    const place = newPlace();
    const first = await place.sync(lines.replaceAll('\n', '\r'));
    expect(first.message).toContain('utf-8, CR');
    const pinned = { confirmLayout: false };
    const cut = await place.sync(more.replaceAll('\n', '\r').slice(0, -1), pinned);
    expect(rulesOf(cut)).toEqual(['whole']);
    const whole = await place.sync(more.replaceAll('\n', '\r'), pinned);
    expect(whole).toMatchObject({ result: 'switched', entries: 101 });
  });
});

describe('a sync of what serves already', () => {
  it('changes nothing, whatever the file is wrapped in', async () => {
    const { place, version } = await placeWithVersion();
    const text = textOf(numbersUpTo(NOVEMBER_22, 3_000));
    const padded = Buffer.concat([gzipSync(text), Buffer.alloc(1_000)]);
    for (const same of [text, gzipSync(text), padded, zipOf([{ text }])]) {
      expect(await place.sync(same)).toMatchObject({ result: 'unchanged', version });
    }
    expect(await (await ListStore.open(place.store)).history()).toHaveLength(1);
  });

  it('does not bring back a version that was rolled back from', async () => {
    const { place, version } = await placeWithVersion();
    const text = textOf(numbersUpTo(NOVEMBER_22, 3_001));
    const second = await place.sync(text);
    expect(second.result).toBe('switched');
    const store = await ListStore.open(place.store);
    await withWriter(store, 'rollback', (writer) => writer.switchTo(version, { by: 'Ann' }));
    const again = await place.sync(text);
    expect(again).toMatchObject({ result: 'unchanged', version });
    expect(again.message).toContain('rolled back from');
  });

  it('switches to a version added by a sync that was killed before it switched', async () => {
    const { place, version } = await placeWithVersion();
    const text = textOf(numbersUpTo(NOVEMBER_22, 3_001));
    const second = await place.sync(text);
    // As it is left by a kill between the record and the pointer.
    writeFileSync(join(place.store, 'current'), `${version}\n`);
    const log = readFileSync(join(place.store, 'log.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(place.store, 'log.jsonl'), `${log.slice(0, -1).join('\n')}\n`);
    expect(await place.sync(text)).toMatchObject({ result: 'switched', version: second.version });
  });
});

describe('a bad file', () => {
  it.each([
    ['empty', '', ['whole', 'format'], 'the file is empty'],
    ['binary', Buffer.from([1, 0, 2, 0]), ['whole', 'format'], 'UTF-16'],
    [
      'cut in a line',
      textOf(numbersUpTo(NOVEMBER_22, 3_000)).slice(0, -3),
      ['whole', 'format'],
      '3000',
    ],
    ['cut behind a line', textOf(numbersUpTo(NOVEMBER_22, 2_000)), ['removed'], '1,000 of 3,000'],
    [
      'without its last line end',
      textOf(numbersUpTo(NOVEMBER_22, 3_001)).trimEnd(),
      ['whole'],
      'no line end',
    ],
    [
      'with a broken gzip',
      gzipSync('0470000000;2026-11-22\n').subarray(0, -4),
      ['format'],
      'corrupted',
    ],
    ['from the future', '0470000000;2026-11-24\n', ['format'], 'in the future'],
    [
      'of long ago',
      textOf(numbersUpTo(NOVEMBER_22 - 9, 3_000)),
      ['stale', 'redated', 'snapshot'],
      '2026-11-13',
    ],
  ])('that is %s is refused and the old version goes on', async (_, text, rules, says) => {
    const { place, version } = await placeWithVersion();
    const outcome = await place.sync(text);
    expect(outcome).toMatchObject({ result: 'refused', version });
    expect(rulesOf(outcome)).toEqual(rules);
    expect(outcome.message).toContain(says);
    const store = await ListStore.open(place.store);
    const record = await readRefusal(store, outcome.quarantined ?? '');
    expect(record.refusals).toEqual(outcome.refusals);
    // Nothing is left of the work.
    expect(
      readdirSync(join(place.store, 'tmp')).filter((name) => !name.startsWith('lock')),
    ).toEqual([]);
  });

  it('is in quarantine once, however often it comes', async () => {
    const { place } = await placeWithVersion();
    const first = await place.sync(HALF);
    const second = await place.sync(HALF);
    expect(second).toMatchObject({ result: 'refused', quarantined: first.quarantined });
    expect(readdirSync(join(place.store, 'quarantine'))).toEqual([first.quarantined]);
  });

  it('pushes out the oldest of the quarantine', async () => {
    const { place } = await placeWithVersion();
    const names: (string | null)[] = [];
    for (let day = 0; day < 4; day++) {
      const text = textOf(numbersUpTo(NOVEMBER_22, 1_500 - day));
      const deps = { nowMs: () => MORNING_MS + day * 60_000 };
      names.push((await place.sync(text, { keepQuarantined: 2 }, deps)).quarantined);
    }
    expect(readdirSync(join(place.store, 'quarantine')).sort()).toEqual(names.slice(2));
  });

  it('shows no number in the outcome, the log and the reason', async () => {
    const { place } = await placeWithVersion();
    writeFileSync(join(place.store, 'canaries.txt'), '0499999999 2020-01-02\n');
    const outcome = await place.sync(`${textOf(numbersUpTo(NOVEMBER_22, 3_001))}`);
    expect(rulesOf(outcome)).toEqual(['canaries']);
    const malformed = await place.sync('0470000000;2026-02-30\n');
    const record = join(place.store, 'quarantine', malformed.quarantined ?? '', 'reason.json');
    const log = readFileSync(join(place.store, 'log.jsonl'), 'utf8');
    const texts = [JSON.stringify([outcome, malformed]), log, readFileSync(record, 'utf8')];
    for (const text of texts) expect(text).not.toMatch(/4[79]0000000|499999999/);
  });
});

describe('the bounds of the operator', () => {
  it('are those of guard.json', async () => {
    const { place } = await placeWithVersion();
    writeFileSync(join(place.store, 'guard.json'), '{"removed_share_max":0.6,"entries_min":1501}');
    const outcome = await place.sync(HALF);
    expect(outcome.refusals).toEqual([
      {
        rule: 'entries',
        text: '1,500 numbers are fewer than entries_min, 1,501',
        acceptable: true,
      },
    ]);
  });

  it.each([
    ['guard.json', '{"removed_share":0.6}', 'unknown key "removed_share"'],
    ['guard.json', 'no json', 'not JSON'],
    ['canaries.txt', 'nobody', 'canaries.txt:1'],
    ['layout.json', '{}', 'layout'],
  ])('fail the sync where %s is wrong, before anything is fetched', async (name, text, says) => {
    const { place, version } = await placeWithVersion();
    writeFileSync(join(place.store, name), text);
    const outcome = await place.sync(textOf(numbersUpTo(NOVEMBER_22, 3_001)));
    expect(outcome).toMatchObject({ result: 'failed', version, source: null });
    expect(outcome.message).toContain(says);
  });

  it('hold a list to its name', async () => {
    const { place } = await placeWithVersion();
    const outcome = await place.sync(HALF, { name: 'other' });
    expect(outcome.message).toContain('the store holds the list dncm');
  });
});

describe('the snapshot date', () => {
  it.each([
    ['newest', MORNING_MS, '2026-11-20'],
    ['fetched-day', MORNING_MS, '2026-11-22'],
    // Last changed at 23:50 on the 20th: it was not built anew since.
    ['fetched-day', Date.UTC(2026, 10, 20, 22, 50), '2026-11-20'],
    ['fetched-day', Date.UTC(2026, 10, 20, 23, 10), '2026-11-20'],
    ['2026-11-21', MORNING_MS, '2026-11-21'],
  ])('is by the rule %s of a file changed at %i: %s', async (snapshot, modifiedMs, date) => {
    const place = newPlace();
    const path = place.write('changed.txt', textOf(numbersUpTo(NOVEMBER_22 - 2, 10)), modifiedMs);
    const outcome = await place.sync('', { snapshot, from: `file://${path}` });
    expect(outcome.snapshotDate).toBe(date);
  });

  it('is not before a registration: such a file is refused', async () => {
    const place = newPlace();
    const outcome = await place.sync(HALF, { snapshot: '2026-11-21' });
    expect(rulesOf(outcome)).toEqual(['format']);
    expect(outcome.message).toContain('after the snapshot date 2026-11-21');
  });
});
