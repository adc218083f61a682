import { describe, expect, it } from 'vitest';
import { isServing } from '#tacet/client/health.js';
import {
  encodeBatch,
  REASON_LISTED,
  REASON_NAMES,
  REASON_OPT_IN_LATER,
  TacetClient,
  verdictOfReason,
} from '#tacet/client/index.js';
import {
  CALLABLE,
  LISTED,
  LISTED_DAY,
  LISTED_UNDATED,
  smallList,
  startServer,
  TODAY,
  until,
} from '../server/fixture.ts';
import { concat, connect, lists, lyingServer, SHA_A, verdicts } from './fixture.ts';

const TEXTS = ['0475 12 34 56', '+32 475 12 34 57', 'nobody', '+33 1 23 45 67 89'];
const VERDICTS = [2, 1, 5, 4];

async function served(flags: Record<string, string> = {}) {
  const started = await startServer(await smallList(), flags);
  return { ...started, client: connect(started.address) };
}

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
    const { request, count } = encodeBatch({ phoneNumbers: TEXTS });
    const [first, second] = await Promise.all([
      call.answer(request, count),
      call.answer(request, count),
    ]);
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
    const { request, count } = encodeBatch({ keys: [LISTED] });
    await expect(call.answer(request, count)).rejects.toMatchObject({ code: 'ERR_SERVER' });
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

describe('a dedupe call', () => {
  const { request, count } = encodeBatch({ keys: [LISTED, CALLABLE] });

  it('sends what it is given in that order, however much waits', async () => {
    const { client } = await served();
    const call = client.dedupe({ batchesInFlightMax: 2, jobId: 'job-1', advertiser: 'ACME' });
    const order: number[] = [];
    const answers = Array.from({ length: 100 }, (_, i) => {
      const batch = encodeBatch({ keys: [i % 2 === 0 ? LISTED : CALLABLE] });
      return call.answer(batch.request, 1).then(({ verdicts: [verdict] }) => {
        order.push(i);
        return verdict;
      });
    });
    // Half-closes behind what still waits.
    const summary = await call.finish();
    expect(await Promise.all(answers)).toEqual(
      Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 2 : 1)),
    );
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(summary).toMatchObject({ numbers: 100, jobId: 'job-1', advertiser: 'ACME' });
  });

  it('never has more unanswered than it may', async () => {
    let unanswered = 0;
    let most = 0;
    const address = await lyingServer((call) => {
      call.on('data', () => {
        most = Math.max(most, ++unanswered);
        setImmediate(() => {
          unanswered--;
          call.write(concat(lists(SHA_A), verdicts(2, 1)));
        });
      });
    });
    const call = connect(address).dedupe({ batchesInFlightMax: 3 });
    await Promise.all(Array.from({ length: 50 }, () => call.answer(request, count)));
    call.cancel();
    expect(most).toBe(3);
  });

  it('takes no batch after finish(), and finishes once', async () => {
    const { client } = await served();
    const call = client.dedupe();
    await call.answer(request, count);
    const finished = call.finish();
    expect(call.finish()).toBe(finished);
    await expect(call.answer(request, count)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    expect((await finished).numbers).toBe(2);
    await expect(call.answer(request, count)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    call.cancel();
  });

  it('ends with ERR_CANCELLED on abort, everything that waits included', async () => {
    const { client, server } = await served();
    const abort = new AbortController();
    const call = client.dedupe({ signal: abort.signal, batchesInFlightMax: 1 });
    await call.answer(request, count);
    const waiting = Promise.allSettled([
      call.answer(request, count),
      call.answer(request, count),
      call.finish(),
    ]);
    abort.abort();
    for (const result of await waiting) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CANCELLED' } });
    }
    await expect(call.answer(request, count)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await until('the stream is gone', () => server.openStreams === 0);
    await expect(client.dedupe({ signal: abort.signal }).finish()).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });

  it('leaves nothing on a signal that outlives it, and no stream on the server', async () => {
    const { client, server } = await served();
    let listeners = 0;
    const { signal } = new AbortController();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners++;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners--;
        remove(...args);
      },
    });
    for (let i = 0; i < 20; i++) {
      const call = client.dedupe({ signal });
      if (i % 2 === 0) await call.finish();
      else call.cancel();
    }
    expect(listeners).toBe(0);
    await until('no stream is left', () => server.openStreams === 0);
  });
});
