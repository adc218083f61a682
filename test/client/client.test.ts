import { describe, expect, it } from 'vitest';
import { isServing } from '#tacet/client/health.js';
import {
  REASON_LISTED,
  REASON_NAMES,
  REASON_OPT_IN_LATER,
  TacetClient,
  verdictOfReason,
} from '#tacet/client/index.js';
import { CALLABLE, LISTED, LISTED_DAY, LISTED_UNDATED, TODAY, until } from '../server/fixture.ts';
import { connect, lyingServer, SHA_A, served } from './fixture.ts';

const TEXTS = ['0475 12 34 56', '+32 475 12 34 57', 'nobody', '+33 1 23 45 67 89'];
const VERDICTS = [2, 1, 5, 4];

/** `count` texts, the four of {@link TEXTS} over and over. */
function* texts(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield TEXTS[i % 4] ?? '';
}

describe('a client', () => {
  it('checks one number', async () => {
    const { client } = await served({ 'disclose-dates': 'true' });
    await client.ready();
    expect(await client.check({ phoneNumber: '0475123456' })).toMatchObject({
      verdict: 2,
      reason: REASON_LISTED,
      e164: '+32475123456',
      registrationDate: new Date(LISTED_DAY * 86_400_000).toISOString().slice(0, 10),
      lists: [{ name: 'dncm' }],
    });
    const optInDate = new Date(TODAY * 86_400_000).toISOString().slice(0, 10);
    expect(await client.check({ phoneNumber: '0475123456', optInDate })).toMatchObject({
      verdict: 3,
      reason: REASON_OPT_IN_LATER,
    });
  });

  it('is told why each verdict is what it is, if it asks', async () => {
    const { client } = await served();
    const printed = (reasons: Uint8Array) => Array.from(reasons, (reason) => REASON_NAMES[reason]);
    const names = ['listed', 'not-listed', 'no-digits', 'foreign'];
    const asked = await client.batchCheck({ phoneNumbers: TEXTS }, { reasons: true });
    expect(printed(asked.reasons)).toEqual(names);
    expect((await client.batchCheck({ phoneNumbers: TEXTS })).reasons).toHaveLength(0);
    const call = client.dedupe({ reasons: true });
    const batch = { phoneNumbers: TEXTS };
    const [first, second] = await Promise.all([call.send(batch), call.send(batch)]);
    expect(printed(first.reasons)).toEqual(names);
    expect(second.reasons).toEqual(first.reasons);
    expect(Array.from(first.reasons, verdictOfReason)).toEqual(VERDICTS);
    await call.finish();
    for await (const batch of client.verdicts(TEXTS, { reasons: true, batchNumbers: 3 })) {
      expect(printed(batch.reasons)).toEqual(names.slice(batch.firstNumber, batch.firstNumber + 3));
    }
    for await (const batch of client.verdicts(TEXTS)) expect(batch.reasons).toHaveLength(0);
  });

  it('checks a batch, with opt-ins and dates', async () => {
    const { client } = await served({ 'disclose-dates': 'true' });
    const answer = await client.batchCheck(
      { keys: [LISTED, LISTED, LISTED_UNDATED, CALLABLE], optInDays: [0, TODAY, TODAY, TODAY] },
      { registrationDates: true, advertiser: 'ACME', region: 'BE' },
    );
    expect([...answer.verdicts]).toEqual([2, 3, 2, 1]);
    expect([...answer.registeredDays]).toEqual([LISTED_DAY, LISTED_DAY, 0]);
    expect((await client.batchCheck({ phoneNumbers: TEXTS })).verdicts).toEqual(
      Buffer.from(VERDICTS),
    );
  });

  it('gives errors of the server their code', async () => {
    const { client } = await served();
    await expect(client.check({ phoneNumber: '1', region: 'xx' })).rejects.toMatchObject({
      code: 'ERR_REQUEST',
    });
    await expect(
      client.batchCheck({ keys: [LISTED] }, { registrationDates: true }),
    ).rejects.toMatchObject({ code: 'ERR_DATES_NOT_DISCLOSED' });
    await expect(client.batchCheck({ keys: new Array(10_001).fill(LISTED) })).rejects.toMatchObject(
      { code: 'ERR_LIMIT' },
    );
    const call = client.dedupe({ listSha256: SHA_A, versionTriesMax: 1 });
    await expect(call.finish()).rejects.toMatchObject({ code: 'ERR_LIST_VERSION' });
  });

  it('fails with ERR_SERVER where nobody answers', async () => {
    const client = connect('127.0.0.1:1', { timeoutMs: 300 });
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_SERVER' });
    await expect(client.getLists()).rejects.toMatchObject({ code: 'ERR_SERVER' });
    const call = client.dedupe({ reopensMax: 1 });
    const batch = { keys: [LISTED] };
    await expect(call.send(batch)).rejects.toMatchObject({ code: 'ERR_SERVER' });
  });

  it('fails with ERR_SERVER where an answer does not come in time', async () => {
    const address = await lyingServer(() => undefined);
    const client = new TacetClient(address, { timeoutMs: 1 });
    await expect(client.getLists()).rejects.toMatchObject({ code: 'ERR_SERVER' });
    client.close();
  });

  it('asks for the health of a server', async () => {
    const { address } = await served();
    expect(await isServing(address)).toBe(true);
    await expect(isServing('127.0.0.1:1', { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ERR_SERVER',
    });
  });
});

describe('verdicts()', () => {
  it.each([
    ['iterable', (count: number) => texts(count)],
    [
      'async iterable',
      async function* (count: number) {
        yield* texts(count);
      },
    ],
  ])('yields every batch of an %s with its verdicts, in order', async (_, source) => {
    const { client } = await served();
    const got: number[] = [];
    let batches = 0;
    for await (const batch of client.verdicts(source(10_001), { batchNumbers: 100 })) {
      expect(batch.phoneNumbers).toHaveLength(batches < 100 ? 100 : 1);
      expect(batch.phoneNumbers[0]).toBe(TEXTS[got.length % 4]);
      got.push(...batch.verdicts);
      batches++;
    }
    expect(batches).toBe(101);
    expect(got).toEqual(Array.from({ length: 10_001 }, (_, i) => VERDICTS[i % 4]));
  });

  it('yields nothing for nothing, reconciled all the same', async () => {
    const { client } = await served();
    for await (const batch of client.verdicts([])) throw new Error(`${batch.verdicts.length}`);
  });

  it('takes no more from its source than may be unanswered', async () => {
    const { client } = await served();
    let taken = 0;
    function* counted() {
      for (const text of texts(100_000)) {
        taken++;
        yield text;
      }
    }
    const generator = client.verdicts(counted(), { batchNumbers: 10, batchesInFlightMax: 4 });
    for (let i = 0; i < 50; i++) await generator.next();
    expect(taken).toBeLessThanOrEqual((50 + 4) * 10);
    await generator.return(undefined);
  });

  it('ends its stream when the caller stops or the source fails', async () => {
    const { client, server } = await served();
    for await (const _ of client.verdicts(texts(1000), { batchNumbers: 10 })) break;
    await until('the stream is gone', () => server.openStreams === 0);
    function* failing() {
      yield* texts(500);
      throw new Error('no more');
    }
    const run = async () => {
      for await (const _ of client.verdicts(failing(), { batchNumbers: 10 }));
    };
    await expect(run()).rejects.toThrow('no more');
    await until('the stream is gone', () => server.openStreams === 0);
  });

  it('ends with what the server says', async () => {
    const { client } = await served({ 'numbers-per-message-max': '10000' });
    const run = async () => {
      for await (const _ of client.verdicts(texts(30_000), { batchNumbers: 10_001 }));
    };
    await expect(run()).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });
});

describe('batches', () => {
  it('come back with their verdicts and all that was in them', async () => {
    const { client } = await served();
    const batches = [
      { keys: [LISTED, CALLABLE], optInDays: [TODAY, 0], rows: ['a', 'b'] },
      { keys: [CALLABLE], rows: ['c'] },
    ];
    const seen: unknown[] = [];
    for await (const { rows, firstNumber, verdicts } of client.verdicts(batches)) {
      // Checked by the compiler: what a batch holds besides keeps its type.
      const typed: readonly string[] = rows;
      seen.push([typed, firstNumber, [...verdicts]]);
    }
    expect(seen).toEqual([
      [['a', 'b'], 0, [3, 1]],
      [['c'], 2, [1]],
    ]);
  });

  it('are taken no further ahead than may be unanswered', async () => {
    const { client } = await served();
    let taken = 0;
    const endless = function* () {
      for (;;) {
        taken++;
        yield { keys: [LISTED] };
      }
    };
    let seen = 0;
    for await (const _ of client.verdicts(endless(), { batchesInFlightMax: 4 })) {
      expect(taken - seen++).toBeLessThanOrEqual(4);
      if (seen === 50) break;
    }
  });
});
