import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import { errorInfoOf } from '#tacet/client/server-error.js';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  rawCall,
  rawClient,
  SMALL_LIMITS,
  SNAPSHOT,
  type StartedServer,
  smallList,
  startServer,
  unary,
} from '../server/fixture.ts';

let started: StartedServer;

beforeEach(async () => {
  started = await startServer(await smallList(), SMALL_LIMITS);
});

afterEach(() => {
  vi.useRealTimers();
});

describe('every failure carries its code, and what its text says in words', () => {
  const check = (fields: object) => ({
    ...{ phoneNumber: '0475123456', optInDate: '', region: '', advertiser: '' },
    ...fields,
  });
  const keys = (count: number) => encodeKeys(new Array<number>(count).fill(LISTED));
  const tooLong = { limit: 'message-bytes', max: '4096' };

  it.each<[string, Uint8Array, string, object]>([
    ['wrong options', encodeOptions({ region: 'x1' }), 'ERR_REQUEST', {}],
    ['bytes that are no message', Buffer.of(0x1a, 99), 'ERR_WIRE', {}],
    ['too many numbers', keys(101), 'ERR_LIMIT', { limit: 'numbers', max: '100' }],
    ['a message too long', Buffer.alloc(5000, 0x7a), 'ERR_LIMIT', tooLong],
    ['another version', encodeOptions({ listSha256: '0'.repeat(64) }), 'ERR_LIST_VERSION', {}],
    [
      'dates that are not disclosed',
      encodeOptions({ registrationDates: true }),
      'ERR_DATES_NOT_DISCLOSED',
      {},
    ],
  ])('of a stream, for %s', async (_, request, reason, metadata) => {
    const ended = await dedupe(rawClient(started.address), [request]);
    expect(errorInfoOf(ended)).toEqual({ reason, domain: 'tacet', metadata });
  });

  it.each<[string, object, string, object]>([
    ['a wrong region', { region: 'x1' }, 'ERR_REQUEST', {}],
    ['a message too long', { phoneNumber: '0'.repeat(5000) }, 'ERR_LIMIT', tooLong],
  ])('of Check, for %s', async (_, fields, reason, metadata) => {
    const { error } = await unary(rawClient(started.address), dedupeService.Check, check(fields));
    expect(error && errorInfoOf(error)).toEqual({ reason, domain: 'tacet', metadata });
  });

  it('of BatchCheck, for too many numbers and for a stale list', async () => {
    const client = rawClient(started.address);
    const many = await unary(client, dedupeService.BatchCheck, keys(11));
    const metadata = { limit: 'numbers', max: '10' };
    expect(many.error && errorInfoOf(many.error)).toMatchObject({ reason: 'ERR_LIMIT', metadata });
    vi.useFakeTimers({ toFake: ['Date'], now: validUntilMs(SNAPSHOT) });
    const stale = await unary(client, dedupeService.BatchCheck, keys(1));
    expect(stale.error && errorInfoOf(stale.error)).toMatchObject({ reason: 'ERR_LIST_STALE' });
  });

  it('of a compressed request', async () => {
    const headers = { 'grpc-encoding': 'gzip' };
    const session = http2Session(started.address);
    for (const path of [DEDUPE, dedupeService.Check.path]) {
      const bomb = framed(gzipSync(Buffer.alloc(4000)), true);
      const { details } = await rawCall(session, path, [bomb], { headers });
      expect(decodeErrorInfo(Buffer.from(details, 'base64'))?.reason).toBe('ERR_REQUEST');
    }
  });
});
