import { randomInt } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isoDate, TacetClient, TacetError } from '#tacet/client/index.js';
import { Engine } from '#tacet/embedded/index.js';
import { KEY_MAX } from '#tacet/phone/plan.js';
import {
  afterTest,
  CALLABLE,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  smallList,
  startServer,
  TODAY,
  temporaryFolder,
  until,
  writeList,
} from '../server/fixture.ts';
import { addVersion, newStore } from '../serving/store-fixture.ts';
import { APPROACHES } from '../threads/reasons.ts';

async function open(...[lists, options]: Parameters<typeof Engine.open>): Promise<Engine> {
  const engine = await Engine.open(lists, options);
  afterTest(() => engine.close());
  return engine;
}

describe('the engine inside a process', () => {
  it('answers as a server does', async () => {
    const list = await smallList();
    const engine = await open(list, { workers: 2, discloseDates: true });
    const { address } = await startServer(list, { 'disclose-dates': 'true' });
    const client = new TacetClient(address);
    afterTest(() => client.close());
    const keys = Array.from({ length: 5000 }, () => randomInt(0, 2 ** 36));
    keys.push(LISTED, LISTED_UNDATED, CALLABLE, 0, KEY_MAX);
    const optInDays = keys.map((_, at) => (at % 3 === 0 ? LISTED_DAY + 1 : 0));
    const texts = ['0475 12 34 56', '0475123457', '+33123456789', 'x', '', '0475/12.34.56 ext 3'];
    for (const approach of [{}, ...APPROACHES]) {
      const asked = { reasons: true, registrationDates: true, ...approach };
      for (const batch of [{ keys, optInDays }, { phoneNumbers: texts }]) {
        expect(await engine.judge(batch, asked)).toEqual(await client.batchCheck(batch, asked));
      }
      for (const phoneNumber of texts) {
        for (const optInDate of [undefined, isoDate(LISTED_DAY), isoDate(LISTED_DAY + 1)]) {
          const check = { phoneNumber, optInDate, ...approach };
          expect(await engine.check(check)).toEqual(await client.check(check));
        }
      }
    }
    expect(engine.lists).toEqual((await client.getLists()).lists);
  });

  it('answers large batches on its threads', async () => {
    const engine = await open(await smallList(), { workers: 2 });
    const keys = new Float64Array(131_072).fill(CALLABLE);
    keys[77_777] = LISTED;
    const answers = await Promise.all(Array.from({ length: 8 }, () => engine.judge({ keys })));
    for (const { verdicts } of answers) {
      expect(verdicts.indexOf(2)).toBe(77_777);
      expect(verdicts.filter((verdict) => verdict === 2)).toHaveLength(1);
    }
  });

  it('follows a store, and says so', async () => {
    const store = await newStore();
    await addVersion(store, [CALLABLE]);
    const told: string[] = [];
    const tell = (_: object, message: string): void => void told.push(message);
    const log = { info: tell, warn: tell, error: tell };
    const engine = await open(store.path, { workers: 1, listPollMs: 10, log });
    expect((await engine.check({ phoneNumber: '0475123456' })).verdict).toBe(1);
    await addVersion(store, [LISTED]);
    await until('the next version serves', async () => {
      return (await engine.check({ phoneNumber: '0475123456' })).verdict === 2;
    });
    expect(told).toContain('reload: swapped');
  });

  it('answers nothing from a list that is stale', async () => {
    const folder = temporaryFolder();
    const entries = new Map([[LISTED, 0]]);
    const stale = await writeList(join(folder, 'stale'), entries, { snapshotDay: TODAY - 7 });
    await expect(Engine.open(stale)).rejects.toMatchObject({ code: 'ERR_LIST_STALE' });
  });

  it('answers nothing from a file that was changed under its map', async () => {
    const list = await smallList();
    const engine = await open(list, { workers: 1, listPollMs: 10 });
    copyFileSync(await writeList(`${list}.other`, new Map([[CALLABLE, 0]])), list);
    await until('it is noticed', async () => {
      const error: unknown = await engine.check({ phoneNumber: '1' }).catch((thrown) => thrown);
      return error instanceof TacetError && error.code === 'ERR_LIST_CHANGED';
    });
  });

  it.each([
    [[], {}, /^lists: the option cannot be used/],
    ['', {}, /^lists: the option cannot be used/],
    ['list', { workers: 0 }, /^workers: the option cannot be used, expected a whole number from 1/],
    ['list', { listPollMs: 1 }, /^listPollMs: the option cannot be used/],
    ['list', { region: 'Belgium' }, /^region: the option cannot be used/],
  ])('refuses %o with %o', async (lists, options, told) => {
    await expect(Engine.open(lists, options)).rejects.toThrow(told);
  });

  it('refuses a file that is no list, and leaves no thread', async () => {
    const path = join(temporaryFolder(), 'none');
    writeFileSync(path, 'no list\n');
    await expect(Engine.open(path)).rejects.toMatchObject({ code: 'ERR_FORMAT_MAGIC' });
  });

  it('keeps dates to itself unless it is told to give them', async () => {
    const engine = await open(await smallList(), { workers: 1 });
    expect((await engine.check({ phoneNumber: '0475123456' })).registrationDate).toBe('');
    const asked = engine.judge({ keys: [LISTED] }, { registrationDates: true });
    await expect(asked).rejects.toMatchObject({ code: 'ERR_DATES_NOT_DISCLOSED' });
  });

  it('closes after what is under way, once', async () => {
    const engine = await Engine.open(await smallList(), { workers: 2 });
    const keys = new Float64Array(100_000).fill(LISTED);
    const answers = Array.from({ length: 4 }, () => engine.judge({ keys }));
    await Promise.all([engine.close(), engine.close()]);
    for (const { verdicts } of await Promise.all(answers)) expect(verdicts[99_999]).toBe(2);
    await expect(engine.check({ phoneNumber: '1' })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
    expect(engine.lists).toEqual([]);
  });
});
