import { mkdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { acceptQuarantined } from '#tacet/sync/accept.js';
import { SNAPSHOT, startServer, until } from '../server/fixture.ts';
import { newPlace, numbersUpTo, type Place, textOf } from '../sync/fixture.ts';

/** As it was to be had yesterday. */
const WHOLE = textOf(numbersUpTo(SNAPSHOT - 1, 3000));
const HALF = textOf(numbersUpTo(SNAPSHOT - 1, 1500));
const CUT = WHOLE.slice(0, -5);
const NOW = { nowMs: Date.now };
/** One moment, so that what is said to have ended in a second was logged in the same. */
const YESTERDAY_MS = Date.now() - 86_400_000;
const YESTERDAY = { nowMs: () => YESTERDAY_MS };
const QUICK = { 'list-poll': '10ms' };

/** A server, and what it shows. */
async function serverOf(place: Place, flags: Readonly<Record<string, string>> = {}) {
  const { server, log, errors } = await startServer(place.store, { ...QUICK, ...flags });
  const shows = async (...samples: readonly string[]): Promise<boolean> => {
    const text = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
    return samples.every((sample) => text.includes(`\n${sample}\n`));
  };
  const refusals = (): string[] =>
    (server.readiness().warnings ?? []).filter((warning) => warning.includes('was refused'));
  return { server, log, errors, shows, refusals };
}

const count = (outcome: string, value: number): string =>
  `tacet_list_sync_total{list="dncm",outcome="${outcome}"} ${value}`;
const lastSuccess = (unix: number): string =>
  `tacet_list_sync_last_success_timestamp_seconds{list="dncm"} ${unix}`;

describe('a server of a store that others sync', () => {
  it('counts how their syncs end, each once, and knows when the last good one was', async () => {
    const place = newPlace();
    const first = await place.sync(WHOLE, {}, YESTERDAY);
    expect(first.result).toBe('switched');
    const { shows } = await serverOf(place);
    const before = lastSuccess(Math.floor(first.finishedAtUnixMs / 1000));
    expect(await shows(before, count('switched', 0), count('failed', 0))).toBe(true);
    const failed = await place.sync(WHOLE, { from: 'file:///not/there' }, NOW);
    expect(failed.result).toBe('failed');
    await until('the failure is counted', () => shows(count('failed', 1), before));
    const second = Math.floor(Date.now() / 1000);
    await place.sync(WHOLE, {}, { nowMs: () => second * 1000 });
    await until('the success is counted', () =>
      shows(count('unchanged', 1), count('failed', 1), count('switched', 0), lastSuccess(second)),
    );
  });

  it('tells of a refused file by every way, also when the same comes back', async () => {
    const place = newPlace();
    await place.sync(WHOLE, {}, NOW);
    const { errors, shows, refusals } = await serverOf(place);
    const { quarantined } = await place.sync(CUT, {}, NOW);
    await until('it is told', () => errors.length === 1);
    expect(refusals()).toEqual([expect.stringContaining(`see quarantine/${quarantined} in`)]);
    expect(await shows('tacet_list_refused{list="dncm"} 1')).toBe(true);
    await place.sync(WHOLE, {}, NOW);
    await until('all is well', () => shows('tacet_list_refused{list="dncm"} 0'));
    expect(refusals()).toEqual([]);
    // A second later at least: it is another refusal.
    const later = { nowMs: () => Date.now() + 1000 };
    expect((await place.sync(CUT, {}, later)).quarantined).toBe(quarantined);
    await until('it is told again', () => errors.length === 2);
    expect(refusals()).toHaveLength(1);
    expect(await shows('tacet_list_refused{list="dncm"} 1')).toBe(true);
    for (const line of errors) expect(line).toContain('a new list was refused');
  });
});

describe('a server that syncs itself', () => {
  it('tells of a refused file no more once a person has let it through', async () => {
    const place = newPlace();
    await place.sync(WHOLE, {}, YESTERDAY);
    place.write('list.txt', HALF);
    const { shows, refusals } = await serverOf(place, { 'sync-from': `file://${place.source}` });
    await until('it is refused', () => refusals().length === 1);
    await until('it shows', () => shows(count('refused', 1), 'tacet_list_refused{list="dncm"} 1'));
    const [name = ''] = /[^/ ]+(?= in its store)/.exec(refusals()[0] ?? '') ?? [];
    const store = await ListStore.open(place.store);
    await acceptQuarantined(store, name, { by: 'An Officer', reason: 'a test' });
    await until('it serves', () => shows('tacet_list_entries{list="dncm"} 1500'));
    await until('nothing is refused', () => shows('tacet_list_refused{list="dncm"} 0'));
    expect(refusals()).toEqual([]);
    expect(await shows(count('refused', 1), count('switched', 0))).toBe(true);
  });

  it.each([
    ['logged', false],
    ['not logged, since the log cannot be written', true],
  ])('counts once what failed and was %s', async (_, isDamaged) => {
    const place = newPlace();
    await place.sync(WHOLE, {}, YESTERDAY);
    if (isDamaged) {
      rmSync(place.file('store/log.jsonl'));
      mkdirSync(place.file('store/log.jsonl'));
    }
    const { shows, log } = await serverOf(place, { 'sync-from': 'file:///not/there' });
    const told = (text: string): number => log.filter((line) => line.includes(text)).length;
    await until('it is counted', () => shows(count('failed', 1)));
    await until('it is told', () => told('"result":"failed"') === 1);
    expect(await shows(count('failed', 1))).toBe(true);
    expect(told('the log of the store cannot be read')).toBe(isDamaged ? 1 : 0);
  });
});
