import { describe, expect, it } from 'vitest';
import type { ApproachOptions, DedupeCallOptions } from '#tacet/client/index.js';
import { isoDate, mayCall } from '#tacet/client/index.js';
import { encodeBatchParts, encodeResponseParts } from '#tacet/wire/service.js';
import { afterTest, CALLABLE, LISTED, TODAY } from '../server/fixture.ts';
import {
  type Call,
  concat,
  connect,
  lists,
  lyingServer,
  SHA_A,
  served,
  serveMethods,
  summary,
  verdicts,
} from './fixture.ts';

const PHONE_NUMBERS = ['0475 12 34 56', '0475123457', '+33123456789', 'x'];
const SERVICE = { purpose: 'service' } as const;
const SMS = { channel: 'sms' } as const;
const AUTOMATED = { purpose: 'direct-marketing', channel: 'automated' } as const;

describe('a purpose and a channel', () => {
  it.each<[ApproachOptions, number[]]>([
    [{}, [2, 1, 4, 5]],
    [SERVICE, [6, 6, 6, 5]],
    [{ ...SERVICE, channel: 'fax' }, [6, 6, 6, 5]],
    [SMS, [2, 2, 4, 5]],
    [AUTOMATED, [2, 2, 4, 5]],
  ])('%o are asked for by their printed names, and come back: %j', async (asked, expected) => {
    const { client } = await served();
    const applied = {
      ...{ purpose: asked.purpose ?? 'direct-marketing', channel: asked.channel ?? 'person' },
      notices: [],
    };
    const batch = await client.batchCheck({ phoneNumbers: PHONE_NUMBERS }, asked);
    expect([...batch.verdicts]).toEqual(expected);
    expect(batch).toMatchObject(applied);
    for (const [i, phoneNumber] of PHONE_NUMBERS.entries()) {
      const check = await client.check({ phoneNumber, ...asked });
      expect(check).toMatchObject({ ...applied, verdict: expected[i] });
    }
    const call = client.dedupe(asked);
    const answer = await call.send({ phoneNumbers: PHONE_NUMBERS });
    expect([...answer.verdicts]).toEqual(expected);
    const notApplicable = expected.filter((verdict) => verdict === 6).length;
    expect(await call.finish()).toMatchObject({ ...applied, numbers: 4, notApplicable });
  });

  it('count opt-ins where the channel needs one, a day beside each verdict 2 or 3', async () => {
    const { client } = await served({ 'disclose-dates': 'true' });
    const optInDates = [isoDate(TODAY), isoDate(TODAY), '', undefined];
    const keys = [LISTED, CALLABLE, CALLABLE, 33_123_456_789];
    const asked = { ...SMS, registrationDates: true, reasons: true };
    const answer = await client.batchCheck({ keys, optInDates }, asked);
    expect([...answer.verdicts]).toEqual([3, 3, 2, 4]);
    expect([...answer.reasons]).toEqual([4, 4, 15, 20]);
    expect([...answer.registeredDays]).toEqual([TODAY - 100, 0, 0]);
    expect([...answer.verdicts].map((verdict) => mayCall(verdict))).toEqual([
      ...[true, true, false, false],
    ]);
  });

  it.each([
    [{ purpose: 'marketing' }, 'purpose'],
    [{ channel: 'SMS' }, 'channel'],
    [{ channel: 2 }, 'channel'],
  ])('%o is ERR_REQUEST', async (wrong, where) => {
    const { client } = await served();
    // What no compiler has seen.
    const options = wrong as DedupeCallOptions;
    const refused = { code: 'ERR_REQUEST', detail: { where } };
    await expect(client.check({ phoneNumber: '1', ...options })).rejects.toMatchObject(refused);
    await expect(client.batchCheck({ keys: [1] }, options)).rejects.toMatchObject(refused);
    expect(() => client.dedupe(options)).toThrow(`${where}: the option cannot be used`);
  });
});

/** A server that answers one number as it is told, whatever it is asked. */
async function answering(parts: {
  verdict: number;
  purpose: number;
  channel: number;
  notices?: string[];
}) {
  const { verdict, ...said } = parts;
  const unlisted = { e164: '', registrationDate: '', matchedLists: 0 };
  const answer = { verdict, reason: 0, ...unlisted, notices: [], ...said };
  const { server, address } = await serveMethods({
    Check: (_: unknown, callback: (error: null, value: unknown) => void) =>
      callback(null, { ...answer, lists: [] }),
    BatchCheck: (_: unknown, callback: (error: null, bytes: Buffer) => void) =>
      callback(null, concat(lists(SHA_A), encodeBatchParts(said), verdicts(verdict))),
    Dedupe: (call: Call) => {
      const names = ['', 'callable', 'blocked', '', '', '', 'notApplicable'];
      call.once('data', () =>
        call.write(concat(lists(SHA_A), encodeResponseParts(said), verdicts(verdict))),
      );
      call.on('end', () => {
        const counts = { numbers: 1, [names[verdict] ?? '']: 1 };
        call.write(concat(lists(SHA_A), encodeResponseParts(said), summary(counts)));
        call.end();
      });
    },
  });
  afterTest(() => server.forceShutdown());
  return connect(address);
}

/** What each of the three ways to ask ends with: a code, or `none`. */
async function ends(client: ReturnType<typeof connect>, asked: ApproachOptions) {
  const stream = async () => {
    const call = client.dedupe(asked);
    await call.send({ keys: [1] });
    return call.finish();
  };
  const asking = [
    client.check({ phoneNumber: '1', ...asked }),
    client.batchCheck({ keys: [1] }, asked),
    stream(),
  ];
  const codes = asking.map((each) =>
    each.then(() => 'none').catch((error: { code: string }) => error.code),
  );
  return Promise.all(codes);
}

const ALL_REFUSED = ['ERR_RECONCILE', 'ERR_RECONCILE', 'ERR_RECONCILE'];

describe('an answer that does not repeat what was asked for', () => {
  it.each([
    ['of an older server, which knows no purpose', { purpose: 0, channel: 0 }, SERVICE],
    ['of an older server, which knows no channel', { purpose: 0, channel: 0 }, SMS],
    ['of one that applied another purpose', { purpose: 1, channel: 1 }, SERVICE],
    ['of one that applied another channel', { purpose: 1, channel: 1 }, SMS],
    ['of one that applied a channel nobody knows', { purpose: 1, channel: 9 }, SMS],
    ['of one that applied what was not asked for', { purpose: 2, channel: 1 }, {}],
    ['of one that applied a channel not asked for', { purpose: 1, channel: 3 }, {}],
  ])('%s, is ERR_RECONCILE', async (_, said, asked) => {
    const client = await answering({ ...said, verdict: 1 });
    expect(await ends(client, asked)).toEqual(ALL_REFUSED);
  });

  it('says so', async () => {
    const client = await answering({ purpose: 0, channel: 0, verdict: 1 });
    await expect(client.check({ phoneNumber: '1', ...SERVICE })).rejects.toThrow(
      'the purpose that was asked for, expected service, got none, as of an older server. Do not ' +
        'use the results; ask a server of the same version as this client',
    );
  });
});

describe('a verdict of service calls', () => {
  it('is good where one was declared', async () => {
    const client = await answering({ purpose: 2, channel: 1, verdict: 6 });
    expect(await ends(client, SERVICE)).toEqual(['none', 'none', 'none']);
  });

  it.each([
    ['with no purpose', 0],
    ['with the usual purpose', 1],
  ])('is ERR_RECONCILE where none was, %s', async (_, purpose) => {
    const client = await answering({ purpose, channel: purpose, verdict: 6 });
    expect(await ends(client, {})).toEqual(ALL_REFUSED);
  });
});

describe('notices', () => {
  it('come with the answer, or with the summary, each once', async () => {
    const notices = ['The advertiser has no licence.', 'Only some of the lists were used.'];
    const client = await answering({ purpose: 1, channel: 1, verdict: 1, notices });
    expect(await client.check({ phoneNumber: '1' })).toMatchObject({ notices });
    expect(await client.batchCheck({ keys: [1] })).toMatchObject({ notices });
    const call = client.dedupe();
    await call.send({ keys: [1] });
    expect(await call.finish()).toMatchObject({ notices });
  });

  it('are none of an older server', async () => {
    const address = await lyingServer((call) => {
      call.once('data', () => call.write(concat(lists(SHA_A), verdicts(1))));
      call.on('end', () => {
        call.write(summary({ numbers: 1, callable: 1 }));
        call.end();
      });
    });
    const call = connect(address).dedupe();
    await call.send({ keys: [1] });
    expect(await call.finish()).toMatchObject({
      notices: [],
      purpose: 'direct-marketing',
      channel: 'person',
    });
  });
});
