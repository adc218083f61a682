import { afterAll, expect, it } from 'vitest';
import { syncInProcess } from '#tacet/sync/sync-process.js';
import { NOVEMBER_22, numbersUpTo, Place, textOf } from './fixture.ts';

const place = new Place();
afterAll(() => place.remove());
const snapshot = { snapshot: new Date(Date.now() - 86_400_000).toISOString().slice(0, 10) };

it('a sync in a process of its own ends as one in this does', async () => {
  place.write('list.txt', textOf(numbersUpTo(NOVEMBER_22 - 400, 10)));
  expect(await syncInProcess(place.options(snapshot))).toMatchObject({
    result: 'switched',
    entries: 10,
  });
  expect(await syncInProcess(place.options(snapshot))).toMatchObject({ result: 'unchanged' });
});

it('an error of the options comes through', async () => {
  const options = place.options({ keepDays: 0 });
  await expect(syncInProcess(options)).rejects.toMatchObject({
    code: 'ERR_OPTION',
    detail: { where: '--keep-days' },
  });
});

it('one that is cancelled before it begins does not begin', async () => {
  const signal = AbortSignal.abort();
  await expect(syncInProcess(place.options(), { signal })).rejects.toMatchObject({
    code: 'ERR_CANCELLED',
  });
});
