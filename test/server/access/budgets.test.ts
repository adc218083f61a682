import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { encodeOptions } from '#tacet/wire/service.js';
import { tacet, until } from '../../cli/commands.ts';
import { metricsOf, sampleValue } from '../../observe/exposition.ts';
import { LISTED, rawClient, smallList, startServer, temporaryFolder } from '../fixture.ts';
import { type AccessFile, accessFile, ask, dedupeWith, tokenOf, writeAccess } from './fixture.ts';

const number = { phoneNumber: '0475123456', optInDate: '', region: '', advertiser: 'alpha' };
const TOKEN = tokenOf('dialler');

/** The access file with budgets of `dialler`. */
function budgeted(budgets: object): AccessFile {
  const file = accessFile();
  Object.assign(file.clients.dialler, budgets);
  return file;
}

async function served(budgets: object, flags: Record<string, string> = {}) {
  const state = join(temporaryFolder(), 'state');
  const access = writeAccess(budgeted(budgets));
  const started = await startServer(await smallList(), { access, state, ...flags });
  return { ...started, access, state, to: rawClient(started.address) };
}

const batch = (count: number): Buffer =>
  Buffer.concat([
    encodeOptions({ advertiser: 'alpha' }),
    encodeKeys(Array.from({ length: count }, () => LISTED)),
  ]);

describe('a client with a budget', () => {
  it('of checks is refused beyond it, by every kind of check, and told when to come', async () => {
    const { to, server } = await served({ checks_per_minute_max: 2 });
    expect((await ask(to, 'Check', number, TOKEN)).code).toBe(status.OK);
    expect((await ask(to, 'BatchCheck', batch(3), TOKEN)).code).toBe(status.OK);
    const refused = await ask(to, 'Check', number, TOKEN);
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED);
    const info = decodeErrorInfo(refused.metadata.get('grpc-status-details-bin')[0] as Buffer);
    expect(info).toMatchObject({
      reason: 'ERR_LIMIT',
      metadata: { limit: 'checks-per-minute', max: '2' },
    });
    expect(Number(info?.metadata['retry_after_ms'])).toBeGreaterThan(0);
    // Others go on.
    expect((await ask(to, 'Check', number, tokenOf('all'))).code).toBe(status.OK);
    const { samples } = await metricsOf(server.httpPort);
    const of = { client: 'dialler', budget: 'checks-per-minute' };
    expect(sampleValue(samples, 'tacet_client_budget_max', of)).toBe(2);
    expect(sampleValue(samples, 'tacet_client_budget_left', of)).toBe(0);
  });

  it('of numbers has a stream ended before answers that it does not cover', async () => {
    const { to } = await served({ numbers_per_day_max: 5 });
    const both = await dedupeWith(to, [batch(3), encodeKeys([LISTED, LISTED, LISTED])], TOKEN);
    expect(both.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(both.details).toContain('the budget of 5 numbers a day');
    const covered = await dedupeWith(to, [batch(2)], TOKEN);
    expect(covered.code).toBe(status.OK);
    expect((await dedupeWith(to, [batch(1)], TOKEN)).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('keeps what it has spent when the server starts again', async () => {
    const first = await served({ numbers_per_day_max: 5 });
    expect((await dedupeWith(first.to, [batch(4)], TOKEN)).code).toBe(status.OK);
    await first.server.stop();
    const { access, state } = first;
    const again = await startServer(await smallList(), { access, state });
    const to = rawClient(again.address);
    expect((await dedupeWith(to, [batch(2)], TOKEN)).code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await dedupeWith(to, [batch(1)], TOKEN)).code).toBe(status.OK);
  });

  it('needs a state', async () => {
    const access = writeAccess(budgeted({ numbers_per_day_max: 5 }));
    await expect(startServer(await smallList(), { access })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringContaining('the client dialler has a budget'),
    });
  });
});

it('only answers that the list decides count as blocked by it', async () => {
  const file = accessFile();
  const flags = { 'blocked-share-max': '50', 'blocked-share-numbers-min': '3' };
  const access = writeAccess(file);
  const state = join(temporaryFolder(), 'state');
  const { address } = await startServer(await smallList(), { access, state, ...flags });
  const to = rawClient(address);
  const channels = [2, 3, 4].map((channel) => ({ purpose: 1, channel }));
  for (const approach of [...channels, { purpose: 2, channel: 1 }]) {
    const first = encodeOptions({ advertiser: 'alpha', ...approach });
    const keys = encodeKeys([LISTED, LISTED, LISTED]);
    for (let call = 0; call < 2; call++) {
      const ended = await dedupeWith(to, [Buffer.concat([first, keys])], tokenOf('all'));
      expect(ended.code, JSON.stringify(approach)).toBe(status.OK);
    }
  }
});

describe('a part of every budget', () => {
  it('is given out by a server with a state of its own, whatever its name', async () => {
    const state = join(temporaryFolder(), 'postgres-is-elsewhere');
    const { server } = await served({ numbers_per_day_max: 6 }, { state, 'budget-share': '1/2' });
    const { samples } = await metricsOf(server.httpPort);
    const of = { client: 'dialler', budget: 'numbers-per-day' };
    expect(sampleValue(samples, 'tacet_client_budget_max', of)).toBe(3);
  });

  it.each(['postgres://127.0.0.1:1/tacet', 'postgresql://127.0.0.1:1/tacet'])(
    'is refused where servers share %s',
    async (state) => {
      const starting = served({}, { state, 'budget-share': '1/2' });
      await expect(starting).rejects.toMatchObject({
        code: 'ERR_OPTION',
        message: expect.stringContaining('--budget-share divides budgets'),
      });
    },
  );
});

it('a client that is stopped stays so until a person releases it', async () => {
  const flags = { 'blocked-share-max': '50', 'blocked-share-numbers-min': '3' };
  const { to, state, server } = await served({}, flags);
  expect((await dedupeWith(to, [batch(3)], TOKEN)).code).toBe(status.OK);
  const refused = await ask(to, 'Check', number, TOKEN);
  expect([refused.code, refused.details]).toEqual([
    status.RESOURCE_EXHAUSTED,
    'this client was stopped: 3 of 3 numbers of a day were blocked, more than 50 %. ' +
      'Whoever runs the server can release it: tacet access release',
  ]);
  const stopped = async () => {
    const { samples } = await metricsOf(server.httpPort);
    return sampleValue(samples, 'tacet_client_stopped', { client: 'dialler' });
  };
  expect(await stopped()).toBe(1);
  const by = ['--by', 'An Peeters', '--reason', 'a file of known blocked numbers'];
  // The stop is in the state a moment after it holds.
  const release = ['access', 'release', 'dialler', '--state', state, '--json', ...by];
  const released = await until('the release', async () => {
    const ended = await tacet(release);
    return ended.code === 0 && ended;
  });
  expect(JSON.parse(released.stdout)).toMatchObject({
    subject: 'dialler',
    by: 'An Peeters',
    stopped_for: '3 of 3 numbers of a day were blocked, more than 50 %',
  });
  await until('the server to see it', async () => (await stopped()) === 0);
  expect((await ask(to, 'Check', number, TOKEN)).code).toBe(status.OK);
  const again = await tacet(release);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('not stopped') });
});
