import { describe, expect, it } from 'vitest';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { decodeBatchResponse } from '#tacet/wire/response-reader.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { BatchCheckResponse } from '../wire/messages.ts';
import {
  CALLABLE,
  dedupe,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  rawClient,
  smallList,
  startServer,
  TODAY,
  unary,
} from './fixture.ts';

const ASKED = encodeOptions({ reasons: true });
const KEYS = encodeKeys([LISTED, LISTED, LISTED, LISTED_UNDATED, CALLABLE, 33_612_345_678, 0]);
const OPT_INS = encodeOptInDays([0, LISTED_DAY + 1, LISTED_DAY, TODAY, 0, 0, 0]);
const TEXTS = encodePhoneNumbers(['0475 12 34 56', '0475123456 ext 12', '4,75E+08', '0212345678']);

/** A client of a server whose answers come from this thread, or from a worker. */
async function client(inline: boolean) {
  const tuning = { inlineBytesMax: inline ? 4096 : 0 };
  const { address } = await startServer(await smallList(), {}, tuning);
  return rawClient(address);
}

describe.each([true, false])('reasons asked for, inline %s', (inline) => {
  it('come with every response of the stream, one per verdict', async () => {
    const requests = [Buffer.concat([ASKED, KEYS, OPT_INS]), TEXTS, Buffer.alloc(0), KEYS];
    const { responses, code } = await dedupe(await client(inline), requests);
    expect(code).toBe(0);
    expect(responses.map(({ reasons }) => [...reasons])).toEqual([
      [10, 2, 11, 13, 1, 20, 30],
      [10, 36, 37, 39],
      [],
      [10, 10, 10, 10, 1, 20, 30],
      [],
    ]);
    expect(responses.at(-1)?.summary).toMatchObject({ numbers: 18, blocked: 8, unreadable: 5 });
  });

  it('come with BatchCheck, in its own field', async () => {
    const request = Buffer.concat([ASKED, TEXTS]);
    const { response } = await unary(await client(inline), dedupeService.BatchCheck, request);
    const bytes = response ?? Buffer.alloc(0);
    expect([...decodeBatchResponse(bytes).reasons]).toEqual([10, 36, 37, 39]);
    const theirs = BatchCheckResponse.toObject(BatchCheckResponse.decode(bytes));
    expect(theirs).toMatchObject({ verdicts: [2, 5, 5, 5], reasons: [10, 36, 37, 39] });
  });

  it('are not sent to whoever does not ask, or asks for false', async () => {
    const asker = await client(inline);
    for (const options of [Buffer.alloc(0), encodeOptions({ reasons: false })]) {
      const request = Buffer.concat([options, KEYS]);
      const { responses } = await dedupe(asker, [request]);
      expect(responses[0]?.reasons).toHaveLength(0);
      const { response } = await unary(asker, dedupeService.BatchCheck, request);
      expect(decodeBatchResponse(response ?? Buffer.alloc(0)).reasons).toHaveLength(0);
    }
  });
});

describe('Check', () => {
  const day = (epochDay: number): string =>
    new Date(epochDay * 86_400_000).toISOString().slice(0, 10);

  it.each([
    ['0475 12 34 56', '', 2, 10],
    ['0475 12 34 56', day(LISTED_DAY + 1), 3, 2],
    ['0475 12 34 56', day(LISTED_DAY), 2, 11],
    ['0475 12 34 56', day(TODAY + 1), 2, 12],
    ['02 123 45 67', day(TODAY), 2, 13],
    ['0475 12 34 57', '', 1, 1],
    ['0800 12 345', '', 4, 21],
    ['+33 6 12 34 56 78', '', 4, 20],
    ['', '', 5, 30],
    ['0475123456 / 022268851', '', 5, 35],
    ['x'.repeat(1000), '', 5, 31],
  ])(
    'always says why: %j, opted in %j: verdict %i, reason %i',
    async (text, optIn, verdict, reason) => {
      const { address } = await startServer(await smallList());
      const request = { phoneNumber: text, optInDate: optIn, region: '', advertiser: '' };
      const { response } = await unary(rawClient(address), dedupeService.Check, request);
      expect(response).toMatchObject({ verdict, reason });
    },
  );
});
