import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { acceptQuarantined } from '#tacet/sync/accept.js';
import { HALF, MORNING_MS, NOVEMBER_22, numbersUpTo, placeWithVersion, textOf } from './fixture.ts';

describe('a person', () => {
  const by = { by: 'Ann Peeters', reason: 'DNCM confirmed the purge by phone' };
  const nowMs = (): number => MORNING_MS;

  it('lets through what only looks unlikely; name and reason are kept', async () => {
    const { place } = await placeWithVersion();
    const { quarantined } = await place.sync(HALF);
    const store = await ListStore.open(place.store);
    const version = await acceptQuarantined(store, quarantined ?? '', by, { nowMs });
    expect(version).toMatchObject({
      entries: 1_500,
      removed: 1_500,
      accepted: { ...by, atUnix: MORNING_MS / 1000, refusals: ['removed'] },
    });
    expect(await store.currentName()).toBe(version.name);
    const log = readFileSync(store.file('log.jsonl'), 'utf8');
    expect(log).toContain('"event":"accepted"');
    expect(log).toContain('DNCM confirmed the purge by phone');
    // The same file is what serves from then on.
    expect((await place.sync(HALF)).result).toBe('unchanged');
  });

  it.each([
    ['a file that is cut', textOf(numbersUpTo(NOVEMBER_22, 1_500)).trimEnd(), 'ERR_GUARD'],
    ['a file of another layout', '0470000000,2026-11-22\n', 'ERR_GUARD'],
  ])('cannot let through %s', async (_, text, code) => {
    const { place, version } = await placeWithVersion();
    const { quarantined } = await place.sync(text);
    const store = await ListStore.open(place.store);
    const accepting = acceptQuarantined(store, quarantined ?? '', by, { nowMs });
    await expect(accepting).rejects.toMatchObject({ code });
    expect(await store.currentName()).toBe(version);
  });

  it('cannot let through what is stale by now, damaged, or not there', async () => {
    const { place, version } = await placeWithVersion();
    const { quarantined } = await place.sync(HALF);
    const name = quarantined ?? '';
    const store = await ListStore.open(place.store);
    const late = { nowMs: () => MORNING_MS + 5 * 86_400_000 };
    await expect(acceptQuarantined(store, name, by, late)).rejects.toMatchObject({
      code: 'ERR_LIST_STALE',
    });
    const list = join(place.store, 'quarantine', name, 'list.tacet');
    const bytes = readFileSync(list);
    bytes[70_000] = (bytes[70_000] ?? 0) ^ 1;
    writeFileSync(list, bytes);
    await expect(acceptQuarantined(store, name, by, { nowMs })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_FORMAT/),
    });
    for (const nothing of ['2026-11-23T090000Z-000000000000', '../versions', '']) {
      await expect(acceptQuarantined(store, nothing, by, { nowMs })).rejects.toMatchObject({
        code: 'ERR_STORE',
      });
    }
    expect(await store.currentName()).toBe(version);
  });
});
