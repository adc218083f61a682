import { describe, expect, it } from 'vitest';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { decodeBatchResponse, decodeResponse } from '#tacet/wire/response-reader.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  CALLABLE,
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  rawCall,
  rawClient,
  smallList,
  startServer,
  status,
  TODAY,
  WORKERS_ONLY,
} from './fixture.ts';

const EMPTY = Buffer.alloc(0);
const concat = Buffer.concat;
const listed = encodeKeys([LISTED]);
const callable = encodeKeys([CALLABLE]);

async function served(flags: Record<string, string> = {}, tuning = {}) {
  const { address, server } = await startServer(await smallList(), flags, tuning);
  return { client: rawClient(address), address, server };
}

const verdictsOf = (responses: { verdicts: Uint8Array }[]): number[][] =>
  responses.map(({ verdicts }) => [...verdicts]);

describe('the responses of a stream', () => {
  it('are one per request in order, and one with the summary at the end', async () => {
    const { client } = await served();
    const { responses, code } = await dedupe(client, [
      concat([encodeOptions({ jobId: 'job_1.a-b', advertiser: 'ACME' }), listed]),
      callable,
      EMPTY,
      encodePhoneNumbers(['0475/12.34.56', 'x', '0800 12 345']),
    ]);
    expect(code).toBe(status.OK);
    expect(verdictsOf(responses)).toEqual([[2], [1], [], [2, 5, 4], []]);
    expect(responses.map(({ summary }) => summary !== null)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(responses[4]?.summary).toMatchObject({
      numbers: 5,
      callable: 1,
      blocked: 2,
      callableOptIn: 0,
      notCovered: 1,
      unreadable: 1,
      jobId: 'job_1.a-b',
      advertiser: 'ACME',
    });
    const { startedUnixMs = 0, finishedUnixMs = 0 } = responses[4]?.summary ?? {};
    expect(startedUnixMs).toBeGreaterThan(Date.now() - 60_000);
    expect(finishedUnixMs).toBeGreaterThanOrEqual(startedUnixMs);
  });

  it('name the list in the first and with the summary only', async () => {
    const { client, server } = await served();
    const { responses } = await dedupe(client, [EMPTY, listed, callable]);
    expect(responses.map(({ lists }) => lists.length)).toEqual([1, 0, 0, 1]);
    expect(responses[0]?.lists).toEqual(server.lists.current?.versions);
    expect(responses[3]?.lists).toEqual(responses[0]?.lists);
  });

  it('to a stream without a message are the summary alone', async () => {
    const { client } = await served();
    const { responses, code } = await dedupe(client, []);
    expect(code).toBe(status.OK);
    expect(responses).toHaveLength(1);
    expect(responses[0]).toMatchObject({ lists: [{ name: 'dncm' }], summary: { numbers: 0 } });
  });

  it('to options alone are without verdicts', async () => {
    const { client } = await served();
    const { responses } = await dedupe(client, [encodeOptions({ region: 'BE' }), listed]);
    expect(verdictsOf(responses)).toEqual([[], [2], []]);
  });

  it('keep their order where small and large batches take different ways', async () => {
    const { client } = await served();
    const large = new Array<number>(20_000).fill(LISTED);
    const requests = Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0 ? encodeKeys(large) : encodeKeys(new Array<number>(i).fill(CALLABLE)),
    );
    const { responses } = await dedupe(client, requests);
    expect(responses.map(({ verdicts }) => [verdicts.length, verdicts[0] ?? 0])).toEqual([
      ...Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? [20_000, 2] : [i, 1])),
      [0, 0],
    ]);
  });
});

describe('a verdict', () => {
  it('is that of the region asked for', async () => {
    const { client } = await served();
    const text = encodePhoneNumbers(['0475123456', '+32 475 12 34 56']);
    const withRegion = async (region: string) =>
      verdictsOf((await dedupe(client, [concat([encodeOptions({ region }), text])])).responses)[0];
    expect(await withRegion('BE')).toEqual([2, 2]);
    expect(await withRegion('')).toEqual([2, 2]);
    expect(await withRegion('FR')).toEqual([5, 2]);
  });

  it('is that of the server’s region where none is asked for', async () => {
    const { client } = await served({ region: 'NL' });
    const { responses } = await dedupe(client, [encodePhoneNumbers(['0475123456'])]);
    expect(verdictsOf(responses)[0]).toEqual([5]);
  });

  it('follows the opt-ins: later than the registration, not later than today', async () => {
    const { client } = await served();
    const days = [0, LISTED_DAY - 1, LISTED_DAY, LISTED_DAY + 1, TODAY, TODAY + 1, 0xffffffff];
    const keys = encodeKeys(days.map(() => LISTED));
    const { responses } = await dedupe(client, [concat([keys, encodeOptInDays(days)])]);
    expect(verdictsOf(responses)[0]).toEqual([2, 2, 2, 3, 3, 2, 2]);
    expect(responses[1]?.summary).toMatchObject({ blocked: 5, callableOptIn: 2 });
  });

  it('is blocked on an undated number whatever the opt-in', async () => {
    const { client } = await served();
    const request = concat([encodeKeys([LISTED_UNDATED]), encodeOptInDays([TODAY])]);
    expect(verdictsOf((await dedupe(client, [request])).responses)[0]).toEqual([2]);
  });

  it('is not callable for integers that are no Belgian numbers', async () => {
    const { client } = await served();
    const keys = encodeKeys([0n, 1n, 32n, 2n ** 53n, 2n ** 64n - 1n, 475123456n, 33123456789n]);
    const { responses } = await dedupe(client, [keys]);
    expect(verdictsOf(responses)[0]).toEqual([5, 5, 5, 5, 5, 4, 4]);
  });

  it('comes with the registration day of each number on the list, 0 = unknown', async () => {
    const { client } = await served({ 'disclose-dates': 'true' });
    const request = concat([
      encodeOptions({ registrationDates: true }),
      encodeKeys([CALLABLE, LISTED_UNDATED, LISTED, LISTED]),
      encodeOptInDays([0, 0, 0, TODAY]),
    ]);
    const { responses } = await dedupe(client, [request, listed, callable]);
    expect(verdictsOf(responses)).toEqual([[1, 2, 2, 3], [2], [1], []]);
    expect(responses.map(({ registeredDays }) => [...registeredDays])).toEqual([
      [0, LISTED_DAY, LISTED_DAY],
      [LISTED_DAY],
      [],
      [],
    ]);
  });
});

describe('a legal but odd form', () => {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(BigInt(LISTED));
  const packed = (...keys: Buffer[]) => concat([Buffer.of(0x12, keys.length * 8), ...keys]);
  const single = concat([Buffer.of(0x11), key]);
  const unknown = Buffer.of(0x78, 0x96, 0x01, 0x7a, 2, 1, 2, 0x7d, 1, 2, 3, 4);
  const group = Buffer.of(0x7b, 0x08, 0x01, 0x7c);
  const cases: [string, Buffer, number[]][] = [
    ['the field split', concat([packed(key), packed(key, key)]), [2, 2, 2]],
    ['unpacked', concat([single, single]), [2, 2]],
    ['packed and unpacked mixed', concat([single, packed(key), single]), [2, 2, 2]],
    ['unknown fields between', concat([unknown, packed(key), group, unknown, single]), [2, 2]],
    ['an empty field', concat([packed(), packed(key)]), [2]],
    ['opt-ins before the numbers', concat([encodeOptInDays([TODAY]), single]), [3]],
    ['options behind the numbers', concat([single, encodeOptions({ region: 'FR' })]), [2]],
    [
      'options split in two, merged',
      concat([
        encodeOptions({ region: 'FR' }),
        encodePhoneNumbers(['0475123456']),
        encodeOptions({ region: 'BE' }),
      ]),
      [2],
    ],
    ['a tag longer than need be', concat([Buffer.of(0x92, 0x00, 0x88, 0x00), key]), [2]],
  ];

  it.each(cases)('is answered: %s', async (_, request, verdicts) => {
    const { client } = await served({}, WORKERS_ONLY);
    const { responses, details } = await dedupe(client, [request]);
    expect({ details, verdicts: responses[0]?.verdicts }).toEqual({
      details: 'OK',
      verdicts: Buffer.from(verdicts),
    });
  });

  it('is answered in any chunks of the connection', async () => {
    const { address } = await served();
    const message = framed(concat([packed(key), unknown, single, packed(key, key)]));
    const session = http2Session(address);
    for (const chunkBytes of [1, 2, 3, 5, 7, 8, 13]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < message.length; at += chunkBytes) {
        chunks.push(message.subarray(at, at + chunkBytes));
      }
      const { grpcStatus, body } = await rawCall(session, DEDUPE, chunks);
      expect(grpcStatus).toBe(0);
      const first = body.subarray(5, 5 + body.readUInt32BE(1));
      expect([...decodeResponse(first).verdicts]).toEqual([2, 2, 2, 2]);
    }
  });
});

describe('BatchCheck', () => {
  it('answers like one message of a stream', async () => {
    const { address } = await served();
    const request = concat([encodeOptions({ region: 'FR' }), encodePhoneNumbers(['0475123456'])]);
    const session = http2Session(address);
    const call = await rawCall(session, dedupeService.BatchCheck.path, [framed(request)]);
    expect(call.grpcStatus).toBe(0);
    const response = decodeBatchResponse(call.body.subarray(5));
    expect(response).toMatchObject({ lists: [{ name: 'dncm' }], summary: null });
    expect([...response.verdicts]).toEqual([5]);
  });
});
