import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import {
  dedupe,
  LISTED,
  openStream,
  rawClient,
  SNAPSHOT,
  startServer,
  status,
  unary,
  until,
} from '../server/fixture.ts';
import { addVersion, newStore } from './store-fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

const VALID_UNTIL_MS = validUntilMs(SNAPSHOT);
const HOUR_MS = 3_600_000;
const one = encodeKeys([LISTED]);
const check = { phoneNumber: `+${LISTED}`, optInDate: '', region: '', advertiser: '' };

/** A server of a store whose list is an hour past its valid_until. */
async function staleServer() {
  const store = await newStore();
  await addVersion(store, [LISTED]);
  const started = await startServer(store.path, { 'list-poll': '10ms' });
  const nowMs = VALID_UNTIL_MS + HOUR_MS;
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  const write = (override: object): void =>
    writeFileSync(store.file('override.json'), JSON.stringify(override));
  return { ...started, store, nowMs, write, client: rawClient(started.address) };
}

const GOOD = {
  by: 'An Officer',
  reason: 'the source is down',
  atUnix: (VALID_UNTIL_MS + HOUR_MS) / 1000 - 60,
  untilUnix: (VALID_UNTIL_MS + HOUR_MS) / 1000 + 3600,
};
const SHOWN = {
  by: 'An Officer',
  reason: 'the source is down',
  atUnix: GOOD.atUnix,
  untilUnix: GOOD.untilUnix,
};

describe('an override of the freshness', () => {
  it('lets a stale list answer, and shows in every answer, summary, probe and metric', async () => {
    const { server, client, write, log } = await staleServer();
    expect((await unary(client, dedupeService.Check, check)).error?.code).toBe(
      status.FAILED_PRECONDITION,
    );
    expect(server.readiness()).toMatchObject({
      ready: false,
      reasons: ['the list dncm is stale'],
    });
    write(GOOD);
    await until('it is taken up', () => server.readiness().ready);
    const answer = await unary(client, dedupeService.Check, check);
    expect(answer.response).toMatchObject({ verdict: 2, lists: [{ override: SHOWN }] });
    const lists = await unary(client, dedupeService.GetLists, {});
    expect(lists.response?.lists[0]?.override).toEqual(SHOWN);
    const { code, responses } = await dedupe(client, [one, one]);
    expect(code).toBe(status.OK);
    expect(responses[0]?.lists[0]?.override).toEqual(SHOWN);
    expect(responses.at(-1)?.lists[0]?.override).toEqual(SHOWN);
    expect(responses.at(-1)?.summary?.blocked).toBe(2);
    expect((await unary(client, dedupeService.BatchCheck, one)).error).toBeUndefined();
    const [warning] = server.readiness().warnings ?? [];
    expect(warning).toContain('by An Officer: the source is down');
    const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
    expect(metrics).toContain(
      `tacet_list_override_until_timestamp_seconds{list="dncm"} ${GOOD.untilUnix}\n`,
    );
    expect(log.filter((line) => line.includes('override is in force'))).toHaveLength(1);
  });

  it('ends to the second, is logged, and shows no more', async () => {
    const { server, client, write, log } = await staleServer();
    write(GOOD);
    await until('it is taken up', () => server.readiness().ready);
    vi.useFakeTimers({ toFake: ['Date'], now: GOOD.untilUnix * 1000 });
    const { error } = await unary(client, dedupeService.Check, check);
    expect(error?.code).toBe(status.FAILED_PRECONDITION);
    expect(server.readiness().ready).toBe(false);
    await until('it is told', () => log.some((line) => line.includes('override has ended')));
    const lists = await unary(client, dedupeService.GetLists, {});
    expect(lists.response?.lists[0]?.override ?? null).toBe(null);
  });

  it('ends a stream in the middle when it ends', async () => {
    const { server, address, write } = await staleServer();
    write(GOOD);
    await until('it is taken up', () => server.readiness().ready);
    const stream = await openStream(rawClient(address), one);
    vi.useFakeTimers({ toFake: ['Date'], now: GOOD.untilUnix * 1000 });
    stream.write(one);
    expect(await stream.ended).toBe(status.FAILED_PRECONDITION);
  });

  const bad: [string, unknown][] = [
    ['lasts a second more than a day', { ...GOOD, atUnix: GOOD.untilUnix - 86_401 }],
    ['has no name', { ...GOOD, by: '' }],
    ['has no reason', { ...GOOD, reason: '  ' }],
    ['has a reason of 201 characters', { ...GOOD, reason: 'x'.repeat(201) }],
    ['has a name that a terminal obeys', { ...GOOD, by: '\u001b[31mx' }],
    ['has no time', { by: 'a', reason: 'b' }],
    ['is no object', null],
    ['is a text', 'until tomorrow'],
  ];
  it.each(bad)('that %s is ignored, and told once', async (_, override) => {
    const { server, client, write, errors } = await staleServer();
    write(override as object);
    await until('it is told', () => errors.some((line) => line.includes('override is ignored')));
    await server.reload();
    const { error } = await unary(client, dedupeService.Check, check);
    expect(error?.code).toBe(status.FAILED_PRECONDITION);
    expect(errors.filter((line) => line.includes('override is ignored'))).toHaveLength(1);
  });

  it('that begins in the future does not count yet', async () => {
    const { server, client, write } = await staleServer();
    write({ ...GOOD, atUnix: GOOD.atUnix + 120 });
    await server.reload();
    const { error } = await unary(client, dedupeService.Check, check);
    expect(error?.code).toBe(status.FAILED_PRECONDITION);
  });

  it('lets a server start with a stale list', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 10 });
    await expect(startServer(store.path)).rejects.toMatchObject({ code: 'ERR_LIST_STALE' });
    const nowUnix = Math.floor(Date.now() / 1000);
    const override = { ...GOOD, atUnix: nowUnix, untilUnix: nowUnix + 86_400 };
    writeFileSync(store.file('override.json'), JSON.stringify(override));
    const { address } = await startServer(store.path);
    const { response } = await unary(rawClient(address), dedupeService.Check, check);
    expect(response?.verdict).toBe(2);
  });
});

describe('the age of a list', () => {
  it('is told once at each step, by log, probe and metric', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED]);
    const { server, log } = await startServer(store.path, { 'list-poll': '10ms' });
    const told = (text: string) => log.filter((line) => line.includes(text)).length;
    const endMs = VALID_UNTIL_MS - 5 * 24 * HOUR_MS;
    for (const [hours, state, text] of [
      [30, 'warning', 'the list grows old'],
      [80, 'critical', 'the list is very old'],
      [130, 'stale', 'the list is past its valid_until'],
    ] as const) {
      vi.useFakeTimers({ toFake: ['Date'], now: endMs + hours * HOUR_MS });
      await until(`${state} is told`, () => told(text) > 0);
      await server.reload();
      expect(told(text)).toBe(1);
      const { warnings = [] } = server.readiness();
      if (state !== 'stale') expect(warnings[0]).toContain(`${state}: the list dncm of`);
      const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
      expect(metrics).toContain(`tacet_list_age_state{list="dncm",state="${state}"} 1\n`);
      expect(metrics).toContain('tacet_list_age_state{list="dncm",state="fresh"} 0\n');
    }
  });
});
