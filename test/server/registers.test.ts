import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { matchedNames } from '#tacet/client/approach.js';
import { TacetClient } from '#tacet/client/client.js';
import { sqliteOpener } from '#tacet/state/sqlite-drivers.js';
import { openState } from '#tacet/state/state.js';
import { until } from '../cli/commands.ts';
import {
  afterTest,
  CALLABLE,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  SCALE,
  smallList,
  startServer,
  TODAY,
  temporaryFolder,
  WORKERS_ONLY,
  writeList,
} from './fixture.ts';

const FOREIGN = 33_612_345_678;

/** A server with registers, a client of it, and a way to edit them. */
async function served(list?: string, flags: Record<string, string> = {}, tuning = {}) {
  const state = join(temporaryFolder(), 'state');
  const path = list ?? (await smallList());
  const more = { state, 'disclose-dates': 'true', 'register-poll': '20ms', ...flags };
  const started = await startServer(path, more, tuning);
  const client = new TacetClient(started.address);
  afterTest(() => client.close());
  const writer = await openState(state);
  afterTest(() => writer.close());
  const edit = (numbers: number[], parts: object = {}) =>
    writer.run('editRegister', {
      ...{ requestId: randomUUID(), register: 'objections', operation: 'add' },
      ...{ advertiser: 'alpha', numbers, days: numbers.map(() => TODAY) },
      isDayGiven: true,
      ...{ source: '', reference: '', by: 'An', reason: 'asked', atMs: 0, ...parts },
    });
  return { ...started, client, edit, state };
}

type Served = Awaited<ReturnType<typeof served>>;

const reasonOf = async ({ client }: Served, number: number, advertiser?: string) =>
  (await client.check({ phoneNumber: `+${number}`, advertiser })).reason;

describe('an objection', () => {
  it('is in force in every kind of call within a second, for its advertiser alone', async () => {
    const at = await served();
    const stream = at.client.dedupe({ advertiser: 'alpha', reasons: true });
    const keys = [LISTED, CALLABLE, LISTED_UNDATED, FOREIGN];
    expect([...(await stream.send({ keys })).reasons]).toEqual([10, 1, 10, 20]);
    await at.edit([CALLABLE, FOREIGN]);
    await wait(1_000);
    expect([...(await stream.send({ keys })).reasons]).toEqual([10, 14, 10, 14]);
    const summary = await stream.finish();
    expect(summary).toMatchObject({ blocked: 6, callable: 1, notCovered: 1 });
    expect(summary.registers).toEqual([
      { name: 'objections', firstRevision: 0, lastRevision: 1 },
      { name: 'opt-ins', firstRevision: 0, lastRevision: 1 },
    ]);
    expect(summary.versions).toHaveLength(1);
    const batch = await at.client.batchCheck({ keys }, { advertiser: 'alpha', reasons: true });
    expect([...batch.reasons]).toEqual([10, 14, 10, 14]);
    expect([...batch.verdicts]).toEqual([2, 2, 2, 2]);
    expect(await reasonOf(at, CALLABLE, 'alpha')).toBe(14);
    expect(await reasonOf(at, CALLABLE, 'beta')).toBe(1);
    // Without an advertiser, it is anybody's.
    expect(await reasonOf(at, CALLABLE)).toBe(14);
  });

  it('is a bit among the matched lists, behind those of the lists', async () => {
    const at = await served();
    await at.edit([CALLABLE, LISTED]);
    await wait(1_000);
    const keys = [FOREIGN, LISTED, CALLABLE, LISTED_UNDATED];
    const asked = { advertiser: 'alpha', matchedLists: true, reasons: true };
    const { matchedLists, lists } = await at.client.batchCheck({ keys }, asked);
    expect([...matchedLists]).toEqual([3, 2, 1]);
    expect(matchedNames(3, lists)).toEqual(['dncm', 'objections']);
    const one = await at.client.check({ phoneNumber: `+${CALLABLE}`, advertiser: 'alpha' });
    expect(one).toMatchObject({ reason: 14, matchedLists: 2 });
    const some = { ...asked, lists: ['dncm'] };
    expect([...(await at.client.batchCheck({ keys }, some)).matchedLists]).toEqual([3, 2, 1]);
  });

  it('keeps the days of others in their places', async () => {
    const at = await served();
    await at.edit([CALLABLE, FOREIGN]);
    await wait(1_000);
    const keys = [FOREIGN, LISTED, CALLABLE, LISTED_UNDATED, CALLABLE + 1, LISTED];
    const optInDays = keys.map(() => TODAY);
    const asked = { advertiser: 'alpha', registrationDates: true };
    for (const batch of [{ keys }, { keys, optInDays }]) {
      const answer = await at.client.batchCheck(batch, asked);
      const listed = 'optInDays' in batch ? 3 : 2;
      expect([...answer.verdicts]).toEqual([2, listed, 2, 2, 1, listed]);
      expect([...answer.registeredDays]).toEqual([0, LISTED_DAY, 0, 0, LISTED_DAY]);
    }
  });
});

describe('an opt-in that is kept', () => {
  it('counts like one that is sent along', async () => {
    const at = await served();
    const days = [LISTED_DAY + 1, TODAY];
    await at.edit([LISTED, LISTED_UNDATED], { register: 'opt-ins', days });
    await wait(1_000);
    expect(await reasonOf(at, LISTED, 'alpha')).toBe(2);
    expect(await reasonOf(at, LISTED_UNDATED, 'alpha')).toBe(13);
    expect(await reasonOf(at, LISTED, 'beta')).toBe(10);
    expect(await reasonOf(at, LISTED)).toBe(10);
    const keys = [CALLABLE, LISTED, LISTED_UNDATED];
    const answer = await at.client.batchCheck({ keys }, { advertiser: 'alpha' });
    expect([...answer.verdicts]).toEqual([1, 3, 2]);
  });
});

describe('what answers say of registers', () => {
  it('is their revision, beside the lists', async () => {
    const at = await served();
    await at.edit([CALLABLE]);
    await wait(1_000);
    const { lists } = await at.client.check({ phoneNumber: '+32475123456', advertiser: 'alpha' });
    expect(lists.map(({ name, revision }) => [name, revision])).toEqual([
      ...[
        ['dncm', 0],
        ['objections', 1],
        ['opt-ins', 1],
      ],
    ]);
  });

  it('is nothing where there is no state', async () => {
    const { address } = await startServer(await smallList());
    const client = new TacetClient(address);
    afterTest(() => client.close());
    const { lists, notices } = await client.check({ phoneNumber: '1', advertiser: 'an y' });
    expect([lists.map(({ name }) => name), notices]).toEqual([['dncm'], []]);
  });

  it('is a notice for an advertiser that nobody knows', async () => {
    const at = await served();
    await at.edit([CALLABLE]);
    await wait(1_000);
    const noticesFor = async (advertiser: string) =>
      (await at.client.check({ phoneNumber: '+32475123456', advertiser })).notices;
    expect(await noticesFor('alpha')).toEqual([]);
    expect(await noticesFor('alfa')).toEqual(['no register is kept for the advertiser alfa']);
  });

  it.each(['*', 'a b', 'x'.repeat(65)])('is an error for the advertiser %j', async (advertiser) => {
    const at = await served();
    const refused = { code: 'ERR_REQUEST', message: expect.stringContaining('advertiser') };
    await expect(reasonOf(at, LISTED, advertiser)).rejects.toMatchObject(refused);
    await expect(at.client.batchCheck({ keys: [1] }, { advertiser })).rejects.toMatchObject(
      refused,
    );
    const stream = at.client.dedupe({ advertiser });
    await expect(stream.send({ keys: [1] })).rejects.toMatchObject(refused);
  });
});

it(`${SCALE * 400_000} random look-ups, a list and registers of five: no difference`, async () => {
  const span = 40_000;
  const first = 32_470_000_000;
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed % below;
  };
  const listed = new Map<number, number>();
  for (let i = 0; i < span / 3; i++) listed.set(first + random(span), TODAY - 1 - random(500));
  const list = await writeList(join(temporaryFolder(), 'list.tacet'), listed);
  const at = await served(list, {}, WORKERS_ONLY);
  const advertisers = ['*', 'a', 'b', 'c', 'd'];
  const objected = new Map(advertisers.map((each) => [each, new Set<number>()]));
  const optedIn = new Map(advertisers.map((each) => [each, new Map<number, number>()]));
  for (const advertiser of advertisers) {
    const numbers = new Set(Array.from({ length: 3_000 }, () => first + random(span)));
    await at.edit([...numbers], { advertiser });
    objected.set(advertiser, numbers);
    if (advertiser === '*') continue;
    const days = new Map<number, number>();
    for (let i = 0; i < 3_000; i++) {
      const number = first + random(span);
      const isObjected = numbers.has(number) || objected.get('*')?.has(number) === true;
      if (!isObjected) days.set(number, TODAY - random(500));
    }
    const optIns = { register: 'opt-ins', days: [...days.values()], advertiser };
    await at.edit([...days.keys()], optIns);
    optedIn.set(advertiser, days);
  }
  await wait(1_000);
  const expected = (key: number, advertiser: string): number => {
    const objectors = advertiser === '' ? advertisers : ['*', advertiser];
    if (objectors.some((each) => objected.get(each)?.has(key))) return 2;
    const registered = listed.get(key);
    if (registered === undefined) return 1;
    return (optedIn.get(advertiser)?.get(key) ?? 0) > registered ? 3 : 2;
  };
  let differences = 0;
  const batches = Math.ceil((SCALE * 400_000) / 5 / 20_000);
  for (const advertiser of ['', 'a', 'b', 'c', 'd']) {
    const stream = at.client.dedupe({ advertiser });
    for (let batch = 0; batch < batches; batch++) {
      const keys = Array.from({ length: 20_000 }, () => first + random(span));
      const { verdicts } = await stream.send({ keys });
      keys.forEach((key, index) => {
        if (verdicts[index] !== expected(key, advertiser)) differences++;
      });
    }
    await stream.finish();
  }
  expect(differences).toBe(0);
});

it('a server that cannot read its registers answers nothing, also in open streams', async () => {
  const at = await served(undefined, { 'state-stale-max': '2s' });
  await at.edit([CALLABLE]);
  const stream = at.client.dedupe({ advertiser: 'alpha' });
  const stale = { code: 'ERR_STATE_STALE', message: expect.stringContaining('registers') };
  await stream.send({ keys: [LISTED] });
  const file = sqliteOpener()(join(at.state, 'state.sqlite'));
  afterTest(() => file.close());
  file.execute('ALTER TABLE register_head RENAME TO gone');
  await wait(2_500);
  await expect(stream.send({ keys: [LISTED] })).rejects.toMatchObject(stale);
  await expect(reasonOf(at, LISTED)).rejects.toMatchObject(stale);
  await expect(at.client.batchCheck({ keys: [1] })).rejects.toMatchObject(stale);
  expect(at.errors.filter((line) => line.includes('the registers cannot be read'))).toHaveLength(1);
  file.execute('ALTER TABLE gone RENAME TO register_head');
  await until('it can be read again', () => at.log.some((line) => line.includes('read again')));
  expect(await reasonOf(at, CALLABLE, 'alpha')).toBe(14);
});
