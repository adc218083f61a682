import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { MORNING_MS, NOVEMBER_22, numbersUpTo, Place, textOf } from '../fixture.ts';

const place = new Place();
afterAll(() => place.remove());

it('while a file is waited for a person can roll back, and no second sync begins', async () => {
  const numbers = numbersUpTo(NOVEMBER_22 - 1, 100);
  await place.sync(textOf(numbers));
  const store = await ListStore.open(place.store);
  const older = (await store.currentName()) ?? '';
  await place.sync(textOf(numbers.set(480_000_000, NOVEMBER_22)));
  const newer = await store.currentName();
  expect(newer).not.toBe(older);
  // What a sync that was killed has left.
  mkdirSync(store.file('incoming/tmp'), { recursive: true });
  writeFileSync(store.file('incoming/tmp/fetched'), 'half of a list');

  let goOn: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let begun: () => void = () => undefined;
  const isWaiting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const options = place.options({ from: `dir://${place.path}/list*`, lockWaitMs: 0 });
  place.write('list.txt', textOf(numbers.set(480_000_001, NOVEMBER_22)));
  const sync = syncOnce(options, {
    nowMs: () => MORNING_MS,
    wait: async () => {
      begun();
      await waiting;
    },
  });
  await isWaiting;
  const second = await syncOnce(options, { nowMs: () => MORNING_MS });
  expect(second).toMatchObject({ result: 'failed', error: { code: 'ERR_STORE_LOCKED' } });
  await withWriter(store, 'rollback', (writer) => writer.switchTo(older), { waitMs: 0 });
  goOn();
  // Held against what serves now, not against what served when the fetch began.
  const outcome = await sync;
  expect(outcome.result).toBe('switched');
  expect((await store.current())?.previous).toBe(older);
  expect(readdirSync(store.file('incoming/tmp'))).toEqual([]);
  expect(existsSync(store.file('incoming/lock'))).toBe(false);
});
