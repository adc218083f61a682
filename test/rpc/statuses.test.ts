import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  CALLABLE,
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  LISTED_DAY,
  rawCall,
  rawClient,
  SMALL_LIMITS,
  type StartedServer,
  smallList,
  startServer,
  status,
  unary,
  WORKERS_ONLY,
} from '../server/fixture.ts';

const concat = Buffer.concat;
const one = encodeKeys([LISTED]);
const NO_SHA = '0'.repeat(64);

let started: StartedServer;

beforeEach(async () => {
  started = await startServer(await smallList(), SMALL_LIMITS);
});

describe('a Dedupe stream is ended with INVALID_ARGUMENT', () => {
  const cases: [string, Uint8Array[], string][] = [
    [
      'for numbers in both fields',
      [concat([one, encodePhoneNumbers(['0475123456'])])],
      'numbers and phone_numbers in one message',
    ],
    ['for too few opt-ins', [concat([encodeKeys([1, 2]), encodeOptInDays([3])])], 'got 1'],
    ['for opt-ins without numbers', [encodeOptInDays([3])], 'expected none or 0, got 1'],
    [
      'for options after the first message',
      [one, encodeOptions({ region: 'BE' })],
      'options after the first message',
    ],
    ['for an unknown region', [encodeOptions({ region: 'XX' })], 'unknown region'],
    ['for a region in small letters', [encodeOptions({ region: 'be' })], 'unknown region'],
    ['for a malformed job_id', [encodeOptions({ jobId: 'a b' })], 'malformed job_id'],
    ['for a job_id of 65', [encodeOptions({ jobId: 'a'.repeat(65) })], 'malformed job_id'],
    [
      'for a malformed list_sha256',
      [encodeOptions({ listSha256: NO_SHA.slice(1) })],
      'malformed list_sha256',
    ],
    [
      'for an advertiser of 257 bytes',
      [encodeOptions({ advertiser: 'a'.repeat(257) })],
      'advertiser is too long',
    ],
    ['for half a number', [Buffer.of(0x12, 4, 1, 2, 3, 4)], 'malformed message'],
    ['for a field beyond the message', [Buffer.of(0x12, 100, 1)], 'malformed message'],
  ];

  it.each(cases)('%s', async (_, requests, text) => {
    const { code, details } = await dedupe(rawClient(started.address), requests);
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(details).toContain(text);
  });

  it('after the answers it is owed', async () => {
    const { responses, code } = await dedupe(rawClient(started.address), [
      one,
      encodeKeys([CALLABLE]),
      encodeOptInDays([1]),
      one,
    ]);
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(responses.map(({ verdicts }) => [...verdicts])).toEqual([[2], [1]]);
    expect(responses.every(({ summary }) => summary === null)).toBe(true);
  });
});

describe('Check', () => {
  const check = (fields: object) =>
    unary(rawClient(started.address), dedupeService.Check, {
      phoneNumber: '0475 12 34 56',
      optInDate: '',
      region: '',
      advertiser: '',
      ...fields,
    });

  it.each(['2026-02-30', '30/01/2026', '2026-1-1', 'yesterday', '0000-01-01'])(
    'is INVALID_ARGUMENT for the opt_in_date %s',
    async (optInDate) => {
      const { error } = await check({ optInDate });
      expect(error?.code).toBe(status.INVALID_ARGUMENT);
      expect(error?.details).toContain('malformed opt_in_date');
    },
  );

  it('is INVALID_ARGUMENT for an unknown region and a long advertiser', async () => {
    expect((await check({ region: 'ZZ' })).error?.code).toBe(status.INVALID_ARGUMENT);
    const { error } = await check({ advertiser: 'é'.repeat(129) });
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
  });

  it('answers with verdict, E.164 form and list, and discloses no date', async () => {
    const { response } = await check({});
    expect(response).toMatchObject({ verdict: 2, e164: '+32475123456', registrationDate: '' });
    expect(response?.lists[0]).toMatchObject({ name: 'dncm', entries: 2 });
  });

  it('answers unreadable for what is no phone number, without an E.164 form', async () => {
    const { response } = await check({ phoneNumber: 'call me' });
    expect(response).toMatchObject({ verdict: 5, e164: '' });
  });

  it('is INVALID_ARGUMENT for bytes that are not the message', async () => {
    const session = http2Session(started.address);
    const call = await rawCall(session, dedupeService.Check.path, [framed(Buffer.of(0x0f))]);
    expect(call.grpcStatus).toBe(status.INVALID_ARGUMENT);
  });
});

describe('a documented limit is RESOURCE_EXHAUSTED', () => {
  it('for one number too many in a Dedupe message', async () => {
    const keys = (count: number) => encodeKeys(new Array<number>(count).fill(LISTED));
    const client = rawClient(started.address);
    expect((await dedupe(client, [keys(100)])).code).toBe(status.OK);
    const { code, details } = await dedupe(client, [keys(101)]);
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details).toContain('at most 100');
  });

  it('for one byte too many in a message', async () => {
    const client = rawClient(started.address);
    // Field 15, unknown and so skipped, fills the message up: tag, two bytes of length, zeros.
    const padding = (bytes: number) => concat([Buffer.of(0x7a, 0xfd, 0x1f), Buffer.alloc(bytes)]);
    expect((await dedupe(client, [padding(4093)])).code).toBe(status.OK);
    const { code } = await dedupe(client, [concat([padding(4093), Buffer.of(0)])]);
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('for one number too many in BatchCheck', async () => {
    const keys = (count: number) => encodeKeys(new Array<number>(count).fill(LISTED));
    const client = rawClient(started.address);
    const fits = await unary(client, dedupeService.BatchCheck, keys(10));
    expect(fits.error).toBeUndefined();
    const { error } = await unary(client, dedupeService.BatchCheck, keys(11));
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(error?.details).toContain('at most 10');
  });
});

describe('registration dates', () => {
  const options = encodeOptions({ registrationDates: true });

  it('are PERMISSION_DENIED on a server that does not disclose them', async () => {
    const client = rawClient(started.address);
    expect((await dedupe(client, [concat([options, one])])).code).toBe(status.PERMISSION_DENIED);
    const { error } = await unary(client, dedupeService.BatchCheck, concat([options, one]));
    expect(error?.code).toBe(status.PERMISSION_DENIED);
  });

  it('are given by one that does, on request', async () => {
    const open = await startServer(await smallList(), { 'disclose-dates': 'true' });
    const client = rawClient(open.address);
    const { responses } = await dedupe(client, [concat([options, one])]);
    expect([...(responses[0]?.registeredDays ?? [])]).toEqual([LISTED_DAY]);
    expect((await dedupe(client, [one])).responses[0]?.registeredDays).toHaveLength(0);
  });
});

describe('a compressed request is UNIMPLEMENTED', () => {
  it.each(['gzip', 'deflate', 'br', 'x'])('with the encoding %s', async (encoding) => {
    // 4 MB of zeros in 4 KB: never inflated.
    const bomb = framed(gzipSync(Buffer.alloc(4_000_000)).subarray(0, 4000), true);
    const session = http2Session(started.address);
    for (const path of [DEDUPE, dedupeService.BatchCheck.path, dedupeService.Check.path]) {
      const call = await rawCall(session, path, [bomb], { headers: { 'grpc-encoding': encoding } });
      expect(call.grpcStatus).toBe(status.UNIMPLEMENTED);
    }
  });

  it('but a plain message under that header is taken', async () => {
    const headers = { 'grpc-encoding': 'gzip' };
    const session = http2Session(started.address);
    expect((await rawCall(session, DEDUPE, [framed(one)], { headers })).grpcStatus).toBe(0);
  });
});

describe('a failure that is not the client’s', () => {
  it('is INTERNAL with a fixed text; the log has the reason', async () => {
    // Workers attach to a mapped list by its descriptor: closed behind their back.
    const list = await smallList();
    const flags = { kernel: 'directory' };
    const { server, address, errors } = await startServer(list, flags, WORKERS_ONLY);
    server.lists.current?.set.close();
    const { code, details } = await dedupe(rawClient(address), [one]);
    expect(code).toBe(status.INTERNAL);
    expect(details).toBe('internal error: the log of the server has the reason');
    expect(errors.join()).toContain('ERR_IO');
    expect(errors.join()).not.toContain(String(LISTED));
  });

  it('and UNIMPLEMENTED for a method that does not exist', async () => {
    const session = http2Session(started.address);
    const call = await rawCall(session, '/tacet.v1.DedupeService/Nope', [framed(one)]);
    expect(call.grpcStatus).toBe(status.UNIMPLEMENTED);
  });
});

describe('no error text', () => {
  it('carries a phone number, a path or a stack', async () => {
    const client = rawClient(started.address);
    const number = '0475123456';
    const texts = [
      (await dedupe(client, [concat([one, encodePhoneNumbers([number])])])).details,
      (await dedupe(client, [encodeOptions({ region: number })])).details,
      (await dedupe(client, [encodeOptions({ jobId: `${number}!` })])).details,
      (await dedupe(client, [encodeOptions({ listSha256: number })])).details,
      (await dedupe(client, [encodePhoneNumbers(new Array(101).fill(number))])).details,
      (await dedupe(client, [concat([Buffer.of(0x1a, 99), Buffer.from(number)])])).details,
      (
        await unary(client, dedupeService.Check, {
          phoneNumber: number,
          optInDate: number,
          region: '',
          advertiser: '',
        })
      ).error?.details,
    ];
    expect(texts).toHaveLength(7);
    for (const text of texts) {
      expect(text).toMatch(/[a-z]/);
      expect(text).not.toMatch(/475|123456|(^|\s)\/|\.(ts|js)\b|\n/);
    }
  });
});
