import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { type StoreEvent, withWriter } from '#tacet/store/writer.js';
import { acceptQuarantined } from '#tacet/sync/accept.js';
import { SyncLog } from '#tacet/sync/sync-log.js';
import {
  HALF,
  MORNING_MS,
  NOVEMBER_22,
  newPlace,
  numbersUpTo,
  placeWithVersion,
  textOf,
} from './fixture.ts';

const NONE = { switched: 0, unchanged: 0, refused: 0, failed: 0 };
const WHOLE = textOf(numbersUpTo(NOVEMBER_22, 3_000));
const CUT = WHOLE.slice(0, -5);
const MORNING = MORNING_MS / 1000;
const nowMs = (): number => MORNING_MS;

async function logOf(path: string): Promise<{ store: ListStore; log: SyncLog }> {
  const store = await ListStore.open(path, { create: true });
  const log = new SyncLog(store);
  await log.read();
  return { store, log };
}

describe('the log of a store', () => {
  it('tells how syncs ended, each once, and when the last good one was', async () => {
    const place = newPlace();
    const { log } = await logOf(place.store);
    expect(log.seen).toEqual({ counts: NONE, lastSuccessUnix: 0, refused: undefined });
    await place.sync(WHOLE);
    await place.sync(WHOLE, {}, { nowMs: () => MORNING_MS + 60_000 });
    await place.sync(WHOLE, { from: 'file:///not/there' });
    const refused = await place.sync(CUT);
    await log.read();
    await log.read();
    expect(log.seen).toEqual({
      counts: { switched: 1, unchanged: 1, refused: 1, failed: 1 },
      lastSuccessUnix: MORNING + 60,
      refused: { quarantined: refused.quarantined, sinceUnix: MORNING },
    });
  });

  it('counts nothing from before, but knows what is refused and the last success', async () => {
    const { place } = await placeWithVersion();
    const { quarantined } = await place.sync(CUT);
    await place.sync(CUT, { from: 'file:///not/there' });
    const { log } = await logOf(place.store);
    expect(log.seen).toEqual({
      counts: NONE,
      lastSuccessUnix: MORNING,
      refused: { quarantined, sinceUnix: MORNING },
    });
  });

  it('tells of the same bad file again when it comes back after a good night', async () => {
    const { place } = await placeWithVersion();
    const { log } = await logOf(place.store);
    const { quarantined } = await place.sync(CUT);
    await log.read();
    expect(log.seen.refused?.quarantined).toBe(quarantined);
    await place.sync(WHOLE);
    await log.read();
    expect(log.seen.refused).toBe(undefined);
    const later = { nowMs: () => MORNING_MS + 86_400_000 };
    expect((await place.sync(CUT, {}, later)).quarantined).toBe(quarantined);
    await log.read();
    expect(log.seen.refused).toEqual({ quarantined, sinceUnix: MORNING + 86_400 });
  });

  it('tells of a file no more that a person let through, which is no sync', async () => {
    const { place } = await placeWithVersion();
    const { store, log } = await logOf(place.store);
    const { quarantined } = await place.sync(HALF);
    await log.read();
    expect(log.seen.refused?.quarantined).toBe(quarantined);
    const person = { by: 'sync', reason: 'a person may be called anything' };
    await acceptQuarantined(store, quarantined ?? '', person, { nowMs });
    await log.read();
    expect(log.seen).toMatchObject({ counts: { ...NONE, refused: 1 }, refused: undefined });
  });

  it('goes on reporting a refused file after a person went back to an old version', async () => {
    const { place, version } = await placeWithVersion();
    const { store, log } = await logOf(place.store);
    await place.sync(CUT);
    const why = { rollback: true, by: 'sync', reason: 'a test' };
    await withWriter(store, 'rollback', (writer) => writer.switchTo(version, why));
    await log.read();
    expect(log.seen.refused).toBeDefined();
    expect(log.seen.counts).toEqual({ ...NONE, refused: 1 });
  });

  it('is read past lines that are none of its own', async () => {
    const { place } = await placeWithVersion();
    const { store, log } = await logOf(place.store);
    const lines = ['', 'null', '[]', '{"at":"2026-11-23T09:00:00.000Z"', '{"event":"failed"}'];
    appendFileSync(store.file('log.jsonl'), lines.map((line) => `${line}\n`).join(''));
    const events: StoreEvent[] = [{ event: 'override cleared' }, { event: 'toString' }];
    await withWriter(store, 'test', async (writer) => {
      for (const event of events) await writer.log(event);
    });
    await log.read();
    expect(log.seen.counts).toEqual(NONE);
    await place.sync(WHOLE);
    await log.read();
    expect(log.seen.counts).toEqual({ ...NONE, unchanged: 1 });
  });
});

describe('a sync that fails', () => {
  it('says whether the log of the store says so too', async () => {
    const { place } = await placeWithVersion();
    const nowhere = { from: 'file:///not/there' };
    expect(await place.sync(WHOLE, nowhere)).toMatchObject({ result: 'failed', logged: true });
    const store = await ListStore.open(place.store);
    rmSync(store.file('log.jsonl'));
    mkdirSync(store.file('log.jsonl'));
    expect(await place.sync(WHOLE, nowhere)).toMatchObject({ result: 'failed', logged: false });
  });
});
