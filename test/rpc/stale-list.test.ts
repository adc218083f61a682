import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  dedupe,
  LISTED,
  rawClient,
  SMALL_LIMITS,
  SNAPSHOT,
  type StartedServer,
  smallList,
  startServer,
  status,
  unary,
} from '../server/fixture.ts';

const concat = Buffer.concat;
const one = encodeKeys([LISTED]);
const NO_SHA = '0'.repeat(64);

let started: StartedServer;

beforeEach(async () => {
  started = await startServer(await smallList(), SMALL_LIMITS);
});

afterEach(() => {
  vi.useRealTimers();
});

/** From now on it is `unixMs`; timers go on as they are. */
function pretendItIs(unixMs: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: unixMs });
}

describe('no usable list is FAILED_PRECONDITION', () => {
  it('where another version is asked for', async () => {
    const options = encodeOptions({ listSha256: NO_SHA });
    const client = rawClient(started.address);
    expect((await dedupe(client, [options])).code).toBe(status.FAILED_PRECONDITION);
    const { error } = await unary(client, dedupeService.BatchCheck, concat([options, one]));
    expect(error?.code).toBe(status.FAILED_PRECONDITION);
  });

  it('for every method that answers, from the instant the list is stale', async () => {
    const client = rawClient(started.address);
    const codes = async () => [
      (await dedupe(client, [one])).code,
      (await dedupe(client, [])).code,
      (await unary(client, dedupeService.BatchCheck, one)).error?.code,
      (
        await unary(client, dedupeService.Check, {
          phoneNumber: '0475123456',
          optInDate: '',
          region: '',
          advertiser: '',
        })
      ).error?.code,
    ];
    pretendItIs(validUntilMs(SNAPSHOT) - 1);
    expect(await codes()).toEqual([status.OK, status.OK, undefined, undefined]);
    pretendItIs(validUntilMs(SNAPSHOT));
    expect(await codes()).toEqual(new Array(4).fill(status.FAILED_PRECONDITION));
  });

  it('for a stream whose list goes stale under it: no more verdicts and no summary', async () => {
    const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
    const run = async (next: 'request' | 'half-close'): Promise<[number, number]> => {
      vi.useRealTimers();
      const call = rawClient(started.address).makeBidiStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
      );
      let answers = 0;
      call.on('error', () => undefined);
      const ended = new Promise<number>((resolve) => {
        call.on('status', ({ code }) => resolve(code));
      });
      call.write(one);
      await new Promise<void>((resolve) => {
        call.on('data', () => {
          answers++;
          resolve();
        });
      });
      pretendItIs(validUntilMs(SNAPSHOT));
      if (next === 'request') call.write(one);
      else call.end();
      return [await ended, answers];
    };
    expect(await run('request')).toEqual([status.FAILED_PRECONDITION, 1]);
    expect(await run('half-close')).toEqual([status.FAILED_PRECONDITION, 1]);
  });

  it('while GetLists goes on telling what is loaded', async () => {
    pretendItIs(validUntilMs(SNAPSHOT));
    const { response } = await unary(rawClient(started.address), dedupeService.GetLists, {});
    expect(response?.lists[0]?.validUntilUnix).toBe(validUntilMs(SNAPSHOT) / 1000);
    expect(response?.limits).toEqual({
      numbersPerMessageMax: 100,
      messageBytesMax: 4096,
      registrationDates: false,
      batchCheckNumbersMax: 10,
    });
  });
});
