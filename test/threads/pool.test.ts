import { describe, expect, it } from 'vitest';
import { encodeKeys, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import { encodeOptions } from '#tacet/wire/service.js';
import { CONTEXT, evenKeys, evenSet, startPool, TODAY, until } from './fixture.ts';

const ALLOWED = { optionsAllowed: true };
const { keys, verdicts } = evenKeys(500);
const request = encodeKeys(keys);

describe('a batch', () => {
  it.each([
    ['inline', 1 << 20],
    ['from a worker', 0],
  ])('is answered number by number, %s', async (_, inlineBytesMax) => {
    const pool = startPool({ inlineBytesMax });
    const { body, counts } = await pool.answer(request, await evenSet(), CONTEXT, ALLOWED);
    expect([...decodeResponse(body).verdicts]).toEqual(verdicts);
    expect(counts).toEqual([0, 250, 250, 0, 0, 0, 0]);
  });

  it('has the same bytes for an answer inline and from a worker, days included', async () => {
    const set = await evenSet();
    const context = { ...CONTEXT, registrationDays: true };
    const inline = await startPool({ inlineBytesMax: 1 << 20 }).answer(
      request,
      set,
      context,
      ALLOWED,
    );
    const pooled = await startPool().answer(request, set, context, ALLOWED);
    expect(pooled.body.equals(inline.body)).toBe(true);
    expect([...decodeResponse(pooled.body).registeredDays]).toEqual(
      new Array(250).fill(TODAY - 10),
    );
  });

  it('may begin at any byte of its buffer', async () => {
    const pool = startPool();
    const set = await evenSet();
    for (let shift = 0; shift < 9; shift++) {
      const buffer = Buffer.concat([Buffer.alloc(shift, 0xff), request]);
      const { body } = await pool.answer(buffer.subarray(shift), set, CONTEXT, ALLOWED);
      expect([...decodeResponse(body).verdicts]).toEqual(verdicts);
    }
  });

  it('may be of exactly the largest size, and not of one byte more', async () => {
    const pool = startPool({ messageBytesMax: 8192, batchesMax: 2 });
    const set = await evenSet();
    const padding = (bytes: number) =>
      Buffer.concat([Buffer.of(0x7a, 0xfd, 0x3f), Buffer.alloc(bytes - 3)]);
    const whole = padding(8192);
    expect((await pool.answer(whole, set, CONTEXT, ALLOWED)).counts).toEqual([0, 0, 0, 0, 0, 0, 0]);
    await expect(pool.answer(padding(8193), set, CONTEXT, ALLOWED)).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
  });

  it('of the most numbers with the most days fits into its slot', async () => {
    const pool = startPool({ numbersMax: 300, batchesMax: 1 });
    const listed = encodeKeys(Array.from({ length: 300 }, (_, i) => (keys[0] ?? 0) + i * 2));
    const context = { ...CONTEXT, registrationDays: true };
    const { body, counts } = await pool.answer(listed, await evenSet(), context, ALLOWED);
    expect(counts).toEqual([0, 0, 300, 0, 0, 0, 0]);
    expect(decodeResponse(body).registeredDays).toHaveLength(300);
  });

  it('that fails leaves nothing of itself in the next one', async () => {
    const pool = startPool({ workers: 1, batchesMax: 1 });
    const set = await evenSet();
    const bad: [Buffer, string][] = [
      [Buffer.concat([request, encodePhoneNumbers(['0475000000'])]), 'ERR_REQUEST'],
      [Buffer.concat([request, Buffer.of(0x12, 9)]), 'ERR_WIRE'],
      [encodeOptions({ region: 'BE' }), 'ERR_REQUEST'],
    ];
    for (const [bytes, code] of bad) {
      await expect(
        pool.answer(bytes, set, CONTEXT, { optionsAllowed: false }),
      ).rejects.toMatchObject({ code });
      const { body, counts } = await pool.answer(request, set, CONTEXT, ALLOWED);
      expect([...decodeResponse(body).verdicts]).toEqual(verdicts);
      expect(counts).toEqual([0, 250, 250, 0, 0, 0, 0]);
    }
  });
});

describe('batches in flight', () => {
  it('are bounded by the slots; the rest waits its turn and is answered', async () => {
    const pool = startPool({ batchesMax: 3 });
    const set = await evenSet();
    const answers = Array.from({ length: 50 }, (_, i) =>
      pool.answer(encodeKeys(evenKeys(200, i).keys), set, CONTEXT, ALLOWED),
    );
    await until('47 wait', () => pool.stats.batchesWaiting === 47);
    expect(pool.stats.batchesInFlight).toBe(50);
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      expect([...decodeResponse(answer.body).verdicts]).toEqual(evenKeys(200, i).verdicts);
    }
    expect(pool.stats).toMatchObject({ batchesInFlight: 0, batchesWaiting: 0 });
  });

  it('that wait are let go on abort, and lose no slot', async () => {
    const pool = startPool({ batchesMax: 1 });
    const set = await evenSet();
    const abort = new AbortController();
    const first = pool.answer(request, set, CONTEXT, ALLOWED);
    const options = { optionsAllowed: true, signal: abort.signal };
    const waiting = Array.from({ length: 5 }, () => pool.answer(request, set, CONTEXT, options));
    const results = Promise.allSettled(waiting);
    await until('they wait', () => pool.stats.batchesWaiting === 5);
    abort.abort(new Error('gone'));
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CANCELLED' } });
    }
    await first;
    for (let i = 0; i < 3; i++) await pool.answer(request, set, CONTEXT, ALLOWED);
    expect(pool.stats).toMatchObject({ batchesInFlight: 0, batchesWaiting: 0 });
  });

  it('are all rejected when the pool is destroyed, and no thread is left', async () => {
    const pool = startPool({ batchesMax: 2 });
    const set = await evenSet();
    const results = Promise.allSettled(
      Array.from({ length: 20 }, () => pool.answer(request, set, CONTEXT, ALLOWED)),
    );
    await until('they are under way', () => pool.stats.batchesWaiting === 18);
    await pool.destroy();
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_STOPPING' } });
    }
    expect(pool.threads).toHaveLength(0);
    await expect(pool.answer(request, set, CONTEXT, ALLOWED)).rejects.toMatchObject({
      code: 'ERR_STOPPING',
    });
    pool.retire(set);
    await pool.destroy();
  });
});

describe('a worker that dies', () => {
  it('under its batch costs a retry and no answer', async () => {
    const pool = startPool();
    const set = await evenSet(2000);
    await pool.answer(request, set, CONTEXT, ALLOWED);
    for (let kill = 0; kill < 10; kill++) {
      const answers = Array.from({ length: 8 }, (_, i) =>
        pool.answer(encodeKeys(evenKeys(2000, i).keys), set, CONTEXT, ALLOWED),
      );
      void pool.threads[kill % pool.threads.length]?.terminate();
      for (const [i, { body }] of (await Promise.all(answers)).entries()) {
        expect([...decodeResponse(body).verdicts]).toEqual(evenKeys(2000, i).verdicts);
      }
      // The next is killed only once this one has a successor at work.
      await until('it is replaced', () => pool.stats.workerRestarts === kill + 1);
    }
    expect(pool.stats.workers).toBe(2);
  });

  it('while it starts is replaced as well, with batches waiting', async () => {
    const pool = startPool({ workers: 1 });
    const set = await evenSet();
    await pool.answer(request, set, CONTEXT, ALLOWED);
    const [ready] = pool.threads;
    await ready?.terminate();
    const [starting] = pool.threads;
    expect(starting).not.toBe(ready);
    const answer = pool.answer(request, set, CONTEXT, ALLOWED);
    await starting?.terminate();
    expect([...decodeResponse((await answer).body).verdicts]).toEqual(verdicts);
  });

  it('every time is an error after the retries, and the pool goes on', async () => {
    const limits = { numbersMax: 1 << 20, messageBytesMax: 16 << 20, batchesMax: 1 };
    const pool = startPool({ ...limits, workers: 1, retriesMax: 2 });
    const set = await evenSet();
    await pool.answer(request, set, CONTEXT, ALLOWED);
    // A million numbers: a worker is at it for long enough to be met.
    const big = encodeKeys(BigUint64Array.from({ length: 1 << 20 }, (_, i) => BigInt(i * 997)));
    const context = { ...CONTEXT, numbersMax: 1 << 20 };
    const failed = expect(pool.answer(big, set, context, ALLOWED)).rejects.toMatchObject({
      code: 'ERR_WORKER',
      message: expect.stringContaining('died 3 times'),
    });
    for (let deaths = 0; deaths < 3; deaths++) {
      await until('a worker has the batch', () => pool.stats.workerRestarts === deaths);
      await pool.threads[0]?.terminate();
    }
    await failed;
    const again = await pool.answer(request, set, CONTEXT, ALLOWED);
    expect([...decodeResponse(again.body).verdicts]).toEqual(verdicts);
  });
});

describe('the busy time', () => {
  it('grows with the work and stays with the places of the workers', async () => {
    const pool = startPool();
    const set = await evenSet();
    const big = encodeKeys(evenKeys(100_000).keys);
    await Promise.all(Array.from({ length: 8 }, () => pool.answer(big, set, CONTEXT, ALLOWED)));
    const { workerBusySeconds } = pool.stats;
    expect(workerBusySeconds).toHaveLength(2);
    expect(Math.min(...workerBusySeconds)).toBeGreaterThan(0);
  });
});
