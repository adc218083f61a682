import fs from 'node:fs';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { orAbort } from '#tacet/contacts/abort.js';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import type { ContactBatch } from '#tacet/contacts/judge/batch.js';
import type { Answerer } from '#tacet/contacts/options.js';
import { type Approach, USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { dedupeOnce, filesIn, inFolder, TestAnswerer } from '../scan/scenario.ts';

const ROWS = 1000;
const FILE = `phone,n\n${'0475123451,a\n'.repeat(ROWS)}`;

/** Answers as told; everything else is generous. */
function answering(
  answer: (batch: ContactBatch) => Promise<Uint8Array>,
  approach: Approach = USUAL_APPROACH,
): Answerer {
  const asked = { belgian: true, approach };
  return { ...asked, numbersMax: 100, bytesMax: 1 << 20, inFlightMax: 3, answer };
}

async function withInput(run: (input: string, folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in.csv');
    fs.writeFileSync(input, FILE);
    await run(input, folder);
    expect(filesIn(folder)).toEqual(['in.csv']);
  });
}

function placesIn(folder: string) {
  const place = (name: string) => path.join(folder, name);
  return { callable: place('c.csv'), blocked: place('b.csv.gz'), undecided: place('u.csv') };
}

describe('answers that lie are caught and nothing is published', () => {
  const good = (count: number) => new Uint8Array(count).fill(1);
  test.each<[string, (batch: ContactBatch) => Uint8Array]>([
    ['one short', ({ count }) => good(count - 1)],
    ['one long', ({ count }) => good(count + 1)],
    ['empty', () => new Uint8Array(0)],
    ['a reason 0', ({ count }) => good(count).fill(0, count - 1)],
    ['an outcome of rows in doubt', ({ count }) => good(count).fill(50, 0, 1)],
    ['a reason 255', ({ count }) => good(count).fill(255, 50, 51)],
  ])('%s', async (_, lie) => {
    await withInput(async (input, folder) => {
      let asked = 0;
      const liar = answering(async (batch) => (++asked < 7 ? good(batch.count) : lie(batch)));
      await expect(dedupeFiles({ input, ...placesIn(folder) }, liar)).rejects.toMatchObject({
        code: 'ERR_RECONCILE',
        detail: { where: 'numbers 601 to 700' },
      });
    });
  });

  test.each<[string, number, number, Approach]>([
    ['a service call, where none was declared', 1, 3, USUAL_APPROACH],
    ['an opt-in for a channel, where people call', 1, 4, USUAL_APPROACH],
    ['no entry on the list, for SMS', 4, 1, { purpose: 'direct-marketing', channel: 'sms' }],
    ['a later opt-in, for faxes', 4, 2, { purpose: 'direct-marketing', channel: 'fax' }],
    ['no entry on the list, by machine', 4, 1, { ...USUAL_APPROACH, channel: 'automated' }],
    ['no entry on the list, for service', 3, 1, { purpose: 'service', channel: 'person' }],
  ])('the reason of %s', async (_, usual, lie, approach) => {
    await withInput(async (input, folder) => {
      const liar = answering(
        async ({ count }) => good(count).fill(usual).fill(lie, 0, 1),
        approach,
      );
      await expect(dedupeFiles({ input, ...placesIn(folder) }, liar)).rejects.toMatchObject({
        code: 'ERR_RECONCILE',
        detail: { what: expect.stringContaining('which was not declared') },
      });
    });
  });
});

test('the failure of an answer is the failure of the run, and nothing is left', async () => {
  await withInput(async (input, folder) => {
    const failure = new Error('the list is stale');
    let asked = 0;
    const failing = answering(async ({ count }) => {
      if (++asked === 5) throw failure;
      return new Uint8Array(count).fill(10);
    });
    await expect(dedupeFiles({ input, ...placesIn(folder) }, failing)).rejects.toBe(failure);
  });
});

describe('batches', () => {
  test('are never more or larger than the answerer takes, nor more at once', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in.csv');
      fs.writeFileSync(input, `phone\n${`${'9'.repeat(90)}\n`.repeat(500)}`);
      const answerer = new TestAnswerer(
        () => 39,
        () => 2,
      );
      answerer.bytesMax = 1000; // also checked by the answerer itself
      answerer.inFlightMax = 2;
      const result = await dedupeOnce({ input, callable: '/dev/null' }, answerer);
      await result.discard();
      expect(answerer.keys.length).toBe(500);
      expect(answerer.inFlightSeen).toBe(2);
    });
  });

  test('of an answerer that takes nothing are an error', async () => {
    const generous = answering(async () => new Uint8Array(0));
    const none = { ...generous, bytesMax: 20 };
    await expect(dedupeFiles({ input: '-', callable: '-' }, none)).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
  });

  test('report progress that ends at the whole file', async () => {
    await withInput(async (input) => {
      const seen: number[][] = [];
      const onProgress = (...progress: number[]) => seen.push(progress);
      const answerer = answering(async ({ count }) => new Uint8Array(count).fill(1));
      // The first block has no more rows than fit behind the header: one in 13 bytes.
      const limits = { rowBytesMax: 100, headBytes: 1308, blockBytes: 1300 };
      const options = { input, callable: '/dev/null', onProgress, ...limits };
      const result = await dedupeOnce(options, answerer);
      await result.discard();
      expect(seen.map(([rows]) => rows)).toEqual(seen.map((_, index) => (index + 1) * 100));
      expect(seen.at(-1)).toEqual([ROWS, FILE.length, FILE.length]);
    });
  });
});

test('a wait that begins after the abort ends at once', async () => {
  const waiting = orAbort(new Promise(() => {}), AbortSignal.abort());
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
});

describe('an abort ends the run at once and leaves nothing', () => {
  const cancelled = { code: 'ERR_CANCELLED' };

  test('before it began', async () => {
    await withInput(async (input, folder) => {
      const signal = AbortSignal.abort();
      const answerer = answering(async () => new Uint8Array(0));
      const run = dedupeFiles({ input, ...placesIn(folder), signal }, answerer);
      await expect(run).rejects.toMatchObject(cancelled);
    });
  });

  test('while an answer never comes', async () => {
    await withInput(async (input, folder) => {
      const controller = new AbortController();
      let asked = 0;
      const silent = answering(() => {
        if (++asked === 3) setImmediate(() => controller.abort());
        return new Promise(() => {});
      });
      const { signal } = controller;
      const run = dedupeFiles({ input, ...placesIn(folder), signal }, silent);
      await expect(run).rejects.toMatchObject(cancelled);
      expect(asked).toBe(3);
    });
  });

  test('while standard input never ends', async () => {
    await withInput(async (_, folder) => {
      const controller = new AbortController();
      const stdin = new PassThrough();
      stdin.write(FILE);
      setImmediate(() => controller.abort());
      const { signal } = controller;
      const answerer = answering(async ({ count }) => new Uint8Array(count).fill(1));
      const run = dedupeFiles({ input: '-', stdin, ...placesIn(folder), signal }, answerer);
      await expect(run).rejects.toMatchObject(cancelled);
      expect(stdin.destroyed).toBe(true);
    });
  });

  test('while standard output takes nothing', async () => {
    await withInput(async (input, folder) => {
      const controller = new AbortController();
      const stdout = new Writable({ write: () => setImmediate(() => controller.abort()) });
      const { signal } = controller;
      const answerer = answering(async ({ count }) => new Uint8Array(count).fill(1));
      const places = { ...placesIn(folder), callable: '-', stdout };
      const run = dedupeFiles({ input, ...places, signal }, answerer);
      await expect(run).rejects.toMatchObject(cancelled);
    });
  });
});

test('an output that is slow holds the reading back', async () => {
  // 32 MiB in, a reader that takes 16 KiB a turn and stops after 1 MiB for good.
  const chunk = Buffer.from(`${'0475123451,a'.padEnd(127, 'x')}\n`.repeat(512));
  const chunksMax = 512;
  let chunks = 0;
  const stdin = new PassThrough();
  const controller = new AbortController();
  const feed = () => {
    while (chunks < chunksMax) {
      chunks++;
      if (!stdin.write(chunk)) {
        stdin.once('drain', feed);
        return;
      }
    }
    stdin.end();
  };
  feed();
  const stdout = new Writable({ write: () => {} });
  const answerer = answering(async ({ count }) => new Uint8Array(count).fill(1));
  const { signal } = controller;
  const run = dedupeFiles(
    {
      ...{ input: '-', stdin, header: false, columns: [1], callable: '-', stdout, signal },
      ...{ threads: 2, blockBytes: 1 << 20 },
    },
    answerer,
  );
  // Turns enough for all chunks, were nothing held back.
  for (let turn = 0; turn < 20_000; turn++) await new Promise(setImmediate);
  const taken = chunks;
  controller.abort();
  await expect(run).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  expect(taken * chunk.length).toBeGreaterThan(1 << 20);
  expect(taken * chunk.length).toBeLessThan(12 << 20);
});
