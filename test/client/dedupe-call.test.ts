import { describe, expect, it } from 'vitest';
import type { Batch } from '#tacet/client/index.js';
import { CALLABLE, LISTED, TODAY, until } from '../server/fixture.ts';
import { concat, connect, lists, lyingServer, SHA_A, served, verdicts } from './fixture.ts';

describe('a dedupe call', () => {
  const batch = { keys: [LISTED, CALLABLE] };

  it('sends what it is given in that order, however much waits', async () => {
    const { client } = await served();
    const call = client.dedupe({ batchesInFlightMax: 2, jobId: 'job-1', advertiser: 'ACME' });
    const order: number[] = [];
    const answers = Array.from({ length: 100 }, (_, i) => {
      const keys = [i % 2 === 0 ? LISTED : CALLABLE];
      return call.send({ keys }).then(({ verdicts: [verdict] }) => {
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
    await Promise.all(Array.from({ length: 50 }, () => call.send(batch)));
    call.cancel();
    expect(most).toBe(3);
  });

  it('takes no batch after finish(), and finishes once', async () => {
    const { client } = await served();
    const call = client.dedupe();
    await call.send(batch);
    const finished = call.finish();
    expect(call.finish()).toBe(finished);
    await expect(call.send(batch)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    expect((await finished).numbers).toBe(2);
    await expect(call.send(batch)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    call.cancel();
  });

  it('takes text and keys, each with opt-ins or without', async () => {
    const { client } = await served();
    const call = client.dedupe();
    const optInDays = Uint32Array.of(TODAY, 0);
    const answers = await Promise.all([
      call.send({ phoneNumbers: ['0475123456', 'x'] }),
      call.send({ phoneNumbers: ['0475123456', 'x'], optInDays }),
      call.send({ keys: BigUint64Array.of(BigInt(LISTED), BigInt(LISTED)), optInDays }),
      call.send({ keys: [] }),
    ]);
    expect(answers.map(({ verdicts }) => [...verdicts])).toEqual([[2, 5], [3, 5], [3, 2], []]);
    const columns = ['verdicts', 'registeredDays', 'reasons', 'matchedLists'];
    expect(Object.keys(answers[0]!)).toEqual(columns);
    expect((await call.finish()).numbers).toBe(6);
  });

  it('refuses a batch that no server would take, and goes on', async () => {
    const { client } = await served();
    const call = client.dedupe();
    // What JavaScript may give, and no type allows.
    const both = { keys: [LISTED], phoneNumbers: ['0475123456'] } as unknown as Batch;
    const neither = {} as Batch;
    const wrong: Batch[] = [
      ...[both, neither, { keys: [-1] }, { keys: [1.5] }],
      ...[
        { keys: [LISTED], optInDays: [] },
        { phoneNumbers: ['1'], optInDays: [1, 2] },
      ],
    ];
    for (const one of wrong) {
      await expect(call.send(one)).rejects.toMatchObject({ code: 'ERR_REQUEST' });
    }
    expect([...(await call.send({ keys: [LISTED] })).verdicts]).toEqual([2]);
    expect((await call.finish()).numbers).toBe(1);
  });

  it('ends with ERR_CANCELLED on abort, everything that waits included', async () => {
    const { client, server } = await served();
    const abort = new AbortController();
    const call = client.dedupe({ signal: abort.signal, batchesInFlightMax: 1 });
    await call.send(batch);
    const waiting = Promise.allSettled([call.send(batch), call.send(batch), call.finish()]);
    abort.abort();
    for (const result of await waiting) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CANCELLED' } });
    }
    await expect(call.send(batch)).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
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
