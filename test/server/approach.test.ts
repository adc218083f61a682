import { describe, expect, it } from 'vitest';
import { isoDate } from '#tacet/client/index.js';
import { VERDICT_NAMES } from '#tacet/verdict/verdict.js';
import { encodeKeys, encodeOptInDays, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { decodeBatchResponse } from '#tacet/wire/response-reader.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { APPROACHES, reasonFor, verdictFor } from '../threads/reasons.ts';
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
  status,
  TODAY,
  unary,
} from './fixture.ts';

/** Numbers of every kind, each with the day it was registered; undefined = not on the list. */
const NUMBERS: readonly (readonly [text: string, key: number, registered: number | undefined])[] = [
  ['0475 12 34 56', LISTED, LISTED_DAY],
  ['02 123 45 67', LISTED_UNDATED, 0],
  ['0475 12 34 57', CALLABLE, undefined],
  ['0800 12 345', 3_280_012_345, undefined],
  ['+33 6 12 34 56 78', 33_612_345_678, undefined],
  ['017 12 34 56', 3_217_123_456, undefined],
];
const OPT_INS = [0, LISTED_DAY - 1, LISTED_DAY, LISTED_DAY + 1, TODAY, TODAY + 1];
/** Every number with every opt-in. */
const PAIRS = NUMBERS.flatMap(([text, key, registered]) =>
  OPT_INS.map((optIn) => ({ text, key, registered, optIn })),
);

const PURPOSES = { 'direct-marketing': 1, service: 2 };
const CHANNELS = { person: 1, automated: 2, sms: 3, fax: 4 };

/** What must be answered to the pairs. */
function expectedOf(approach: (typeof APPROACHES)[number]) {
  const reasons = PAIRS.map(({ key, registered, optIn }) =>
    reasonFor(approach, key, { registered, optIn, today: TODAY }),
  );
  const verdicts = reasons.map(verdictFor);
  const days = PAIRS.filter((_, i) => verdicts[i] === 2 || verdicts[i] === 3).map(
    ({ registered }) => registered ?? 0,
  );
  const numbersOf = (verdict: number) => verdicts.filter((each) => each === verdict).length;
  const summary = {
    ...{ numbers: PAIRS.length, callable: numbersOf(1), blocked: numbersOf(2) },
    ...{ callableOptIn: numbersOf(3), notCovered: numbersOf(4), unreadable: numbersOf(5) },
    notApplicable: numbersOf(6),
  };
  return { reasons, verdicts, days, summary };
}

const OPT_IN_FIELD = encodeOptInDays(PAIRS.map(({ optIn }) => optIn));
const KEYS = Buffer.concat([encodeKeys(PAIRS.map(({ key }) => key)), OPT_IN_FIELD]);
const TEXTS = Buffer.concat([encodePhoneNumbers(PAIRS.map(({ text }) => text)), OPT_IN_FIELD]);

describe.each([4096, 0])('purpose and channel, inline up to %i bytes', (inlineBytesMax) => {
  it('decide on every number with every opt-in, by each method', async () => {
    const flags = { 'disclose-dates': 'true' };
    const { address } = await startServer(await smallList(), flags, { inlineBytesMax });
    const client = rawClient(address);
    for (const approach of APPROACHES) {
      const said = JSON.stringify(approach);
      const expected = expectedOf(approach);
      const wire = { purpose: PURPOSES[approach.purpose], channel: CHANNELS[approach.channel] };
      const head = encodeOptions({ ...wire, reasons: true, registrationDates: true });
      const requests = [Buffer.concat([head, KEYS]), TEXTS];
      const { responses, code } = await dedupe(client, requests);
      expect(code, said).toBe(0);
      for (const response of responses.slice(0, 2)) {
        expect([...response.verdicts], said).toEqual(expected.verdicts);
        expect([...response.reasons], said).toEqual(expected.reasons);
        expect([...response.registeredDays], said).toEqual(expected.days);
      }
      const twice = Object.entries(expected.summary).map(([name, count]) => [name, count * 2]);
      expect(responses[2], said).toMatchObject({ ...wire, notices: [] });
      expect(responses[2]?.summary, said).toMatchObject(Object.fromEntries(twice));
      // With the lists, so not in between.
      expect(responses.map(({ purpose }) => purpose)).toEqual([wire.purpose, 0, wire.purpose]);

      const batch = await unary(client, dedupeService.BatchCheck, Buffer.concat([head, TEXTS]));
      const bytes = batch.response ?? Buffer.alloc(0);
      const decoded = decodeBatchResponse(bytes);
      expect([...decoded.verdicts], said).toEqual(expected.verdicts);
      expect([...decoded.registeredDays], said).toEqual(expected.days);
      expect(BatchCheckResponse.toObject(BatchCheckResponse.decode(bytes))).toMatchObject({
        ...wire,
        reasons: expected.reasons,
      });

      for (const [i, { text, registered, optIn }] of PAIRS.entries()) {
        const asked = { phoneNumber: text, optInDate: optIn === 0 ? '' : isoDate(optIn) };
        const { response } = await unary(client, dedupeService.Check, { ...asked, ...wire });
        const verdict = expected.verdicts[i] ?? 0;
        const isDated = verdict === 2 || verdict === 3;
        expect(response, `${said} ${text} ${optIn}`).toMatchObject({
          ...{ ...wire, verdict, reason: expected.reasons[i], notices: [] },
          registrationDate: isDated && registered ? isoDate(registered) : '',
        });
      }
    }
  });
});

describe('what is not said', () => {
  it('is direct marketing by a person, and the answer says so', async () => {
    const { address } = await startServer(await smallList());
    const client = rawClient(address);
    for (const options of [Buffer.alloc(0), encodeOptions({ purpose: 0, channel: 0 })]) {
      const { responses } = await dedupe(client, [Buffer.concat([options, KEYS])]);
      const { verdicts } = expectedOf({ purpose: 'direct-marketing', channel: 'person' });
      expect([...(responses[0]?.verdicts ?? [])]).toEqual(verdicts);
      expect(responses[0]).toMatchObject({ purpose: 1, channel: 1 });
    }
    const { response } = await unary(client, dedupeService.Check, { phoneNumber: `+${LISTED}` });
    expect(response).toMatchObject({ purpose: 1, channel: 1, verdict: 2 });
  });
});

describe('an unknown purpose or channel', () => {
  it.each([
    ['purpose', { purpose: 3 }],
    ['purpose', { purpose: -1 }],
    ['channel', { channel: 5 }],
    ['channel', { channel: 2 ** 31 - 1 }],
  ])('%s %o is INVALID_ARGUMENT', async (name, wire) => {
    const { address } = await startServer(await smallList());
    const client = rawClient(address);
    const request = Buffer.concat([encodeOptions(wire), KEYS]);
    const streamed = await dedupe(client, [request]);
    expect(streamed).toMatchObject({ code: status.INVALID_ARGUMENT, responses: [] });
    expect(streamed.details).toContain(`unknown ${name}`);
    const batch = await unary(client, dedupeService.BatchCheck, request);
    expect(batch.error).toMatchObject({ code: status.INVALID_ARGUMENT });
    const check = { phoneNumber: `+${LISTED}`, ...wire };
    const { error } = await unary(client, dedupeService.Check, check);
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

it('numbers of service calls are counted under a verdict of their own', async () => {
  const { address, server } = await startServer(await smallList());
  const client = rawClient(address);
  const numbersOf = async (verdict: string): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
    return Number(
      new RegExp(`^tacet_numbers_total\\{verdict="${verdict}"\\} (\\d+)`, 'm').exec(text)?.[1],
    );
  };
  for (const verdict of VERDICT_NAMES.slice(1)) expect(await numbersOf(verdict)).toBe(0);
  const head = encodeOptions({ purpose: 2 });
  await dedupe(client, [Buffer.concat([head, encodeKeys([LISTED, CALLABLE, 0])])]);
  await unary(client, dedupeService.Check, { phoneNumber: `+${LISTED}`, purpose: 2 });
  expect(await numbersOf('not-applicable')).toBe(3);
  expect(await numbersOf('blocked')).toBe(0);
  expect(await numbersOf('unreadable')).toBe(1);
});
