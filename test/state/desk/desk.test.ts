import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { RegisterDesk } from '#tacet/state/desk/desk.js';
import { openState, type State } from '#tacet/state/state.js';
import { editMessage, type RegisterEdit } from '#tacet/wire/registers/edit.js';
import { Folder } from '../../cli/commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const TODAY = formatIsoDay(brusselsDay(Date.now()));
const YESTERDAY = formatIsoDay(brusselsDay(Date.now()) - 1);
const everybody = () => true;

let state: State;
let desk: RegisterDesk;
let states = 0;
beforeEach(async () => {
  state = await openState(folder.file(`state-${++states}`), { create: true });
  desk = new RegisterDesk(state, 'BE');
});
afterEach(() => state.close());

const edit = (change: Partial<RegisterEdit> = {}, client?: string) => {
  const usual = { register: 'objections', advertiser: 'alpha', operation: 'add' } as const;
  return desk.edit(editMessage({ ...usual, phoneNumbers: ['0475123456'], ...change }), client);
};
const optIn = { register: 'opt-ins', day: YESTERDAY } as const;

it('an edit says what it changed, what was so already, and what it refused', async () => {
  await edit({ advertiser: '*' });
  const phoneNumbers = ['no number', '0475123456', '0475123457', '+32475123456'];
  expect(await edit({ ...optIn, phoneNumbers })).toEqual({
    revision: 2,
    counts: { changed: 1, unchanged: 0, refused: 3 },
    refused: [
      { index: 0, reason: 'no-digits' },
      { index: 1, reason: 'objection' },
      { index: 3, reason: 'objection' },
    ],
  });
  expect(await edit({ ...optIn, phoneNumbers: ['0475123457'] })).toMatchObject({
    counts: { changed: 0, unchanged: 1, refused: 0 },
  });
});

it('an edit of which nothing can be read changes nothing', async () => {
  expect(await edit({ phoneNumbers: ['x', ''] })).toMatchObject({
    ...{ revision: 0, counts: { changed: 0, unchanged: 0, refused: 2 } },
  });
});

it('what is found are the standings and the acts that one may see', async () => {
  await edit({ advertiser: '*', by: 'Ann', reason: 'asked by phone', reference: 'call 7' });
  await edit({ advertiser: 'beta', source: 'form' }, 'crm');
  await edit({ advertiser: 'beta', operation: 'lift', by: 'Bo' }, 'crm');
  const found = await desk.find('0475/12.34.56', (advertiser) => advertiser !== 'beta');
  expect(found).toMatchObject({
    e164: '+32475123456',
    standing: [{ advertiser: '*', objectionDay: TODAY, endedDay: '', optInDay: '' }],
    acts: [
      {
        ...{ revision: 1, register: 'objections', advertiser: '*', op: 1, day: TODAY },
        ...{ by: 'Ann', reason: 'asked by phone', reference: 'call 7', source: '' },
      },
    ],
  });
  expect(Math.abs((found.acts[0]?.atUnixMs ?? 0) - Date.now())).toBeLessThan(60_000);
  const { standing, acts } = await desk.find('0475123456', everybody);
  expect(standing.map(({ advertiser, endedDay }) => [advertiser, endedDay])).toEqual([
    ['*', ''],
    ['beta', TODAY],
  ]);
  expect(acts.map(({ op, by }) => [op, by])).toEqual([
    [1, 'Ann'],
    [1, '(client crm)'],
    [2, 'Bo (client crm)'],
  ]);
  await expect(desk.find('no number', everybody)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
});

async function exported(
  what: { register?: string; advertiser?: string },
  mayRead: (advertiser: string) => boolean = everybody,
) {
  const rows: string[] = [];
  const { register = 'objections', advertiser = '' } = what;
  for await (const page of desk.export({ register, advertiser }, mayRead)) {
    for (const { e164, standing } of page) rows.push(`${standing?.advertiser} ${e164}`);
  }
  return rows;
}

it('what is exported is what stands, of one or of all that one may see', async () => {
  await edit({ advertiser: '*', phoneNumbers: ['0475000001'] });
  await edit({ phoneNumbers: ['0475000002', '0475000003'] });
  await edit({ advertiser: 'beta', phoneNumbers: ['0475000004'] });
  await edit({ operation: 'lift', phoneNumbers: ['0475000003'] });
  await edit({ ...optIn, phoneNumbers: ['0475000005', '0475000006'] });
  await edit({ ...optIn, operation: 'lift', day: TODAY, phoneNumbers: ['0475000006'] });
  expect(await exported({})).toEqual([
    ...['* +32475000001', 'alpha +32475000002', 'beta +32475000004'],
  ]);
  expect(await exported({ advertiser: 'alpha' })).toEqual(['alpha +32475000002']);
  expect(await exported({}, (advertiser) => advertiser === 'beta')).toEqual([
    ...['beta +32475000004'],
  ]);
  expect(await exported({ register: 'opt-ins' })).toEqual(['alpha +32475000005']);
  await expect(exported({ register: 'x' })).rejects.toMatchObject({ code: 'ERR_REQUEST' });
});

it('an export of more than a page misses none and has none twice', async () => {
  const numbers = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => `+32475${String(first + index).padStart(6, '0')}`);
  await edit({ phoneNumbers: numbers(0, 5_000) });
  await edit({ phoneNumbers: numbers(5_000, 1) });
  await edit({ advertiser: 'beta', phoneNumbers: numbers(0, 7_000) });
  const rows = await exported({});
  expect([rows.length, new Set(rows).size]).toEqual([12_001, 12_001]);
  expect(await exported({ advertiser: 'alpha' })).toHaveLength(5_001);
});
