import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Answerer } from '#tacet/contacts/options.js';
import { TacetError } from '#tacet/errors.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { dedupeOnce, filesIn, inFolder } from './scenario.ts';

/** An answerer that matches on the threads, by a module written out here. */
function matching(match: string, prepare: () => Promise<unknown>): Answerer {
  const source = `export const openThreadJudge = () => ({
    words: new Uint32Array(200),
    optInDays: new Uint32Array(100),
    reasons(count) { ${match} },
  });`;
  return {
    belgian: true,
    approach: USUAL_APPROACH,
    numbersMax: 100,
    bytesMax: 1 << 20,
    inFlightMax: 1,
    answer: () => Promise.reject(new Error('not asked')),
    local: {
      module: `data:text/javascript,${encodeURIComponent(source)}`,
      threadsMax: 2,
      prepare,
      assertUsable: () => undefined,
    },
  };
}

/** Dedupes 1,000 rows in blocks of about 70, on two threads. */
async function dedupe(match: string, prepare: () => Promise<unknown> = async () => undefined) {
  let found: { rows: number; callable: string } | undefined;
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in.csv');
    const callable = path.join(folder, 'c.csv');
    const rows = Array.from({ length: 1000 }, (_, row) => `${row},0475123451\n`);
    fs.writeFileSync(input, `n,phone\n${rows.join('')}`);
    const limits = { rowBytesMax: 100, headBytes: 1000, blockBytes: 1000, threads: 2 };
    try {
      const result = await dedupeOnce({ input, callable, ...limits }, matching(match, prepare));
      await result.commit();
      found = { rows: result.rows, callable: fs.readFileSync(callable, 'utf8') };
    } catch (error) {
      expect(filesIn(folder)).toEqual(['in.csv']);
      throw error;
    }
  });
  return found;
}

it('rows stay in order, whichever thread is slower', async () => {
  // Every third call is slow.
  const match = `globalThis.calls = (globalThis.calls ?? 0) + 1;
    for (let i = 0; globalThis.calls % 3 === 0 && i < 3e6; i++);
    return new Uint8Array(count).fill(1);`;
  const found = await dedupe(match);
  const rows = Array.from({ length: 1000 }, (_, row) => `${row},0475123451\n`);
  expect(found).toEqual({ rows: 1000, callable: `n,phone\n${rows.join('')}` });
});

it.each([0, 3])(
  'a thread that dies in a block, at look-up %i, fails the run, and nothing is left',
  async (calls) => {
    const match = `globalThis.left = (globalThis.left ?? ${calls}) - 1;
      return globalThis.left < 0 ? process.exit(3) : new Uint8Array(count).fill(1);`;
    await expect(dedupe(match)).rejects.toMatchObject({
      code: 'ERR_WORKER',
      message: expect.stringMatching(
        /^a thread that reads the contacts died\. Nothing was published/,
      ),
    });
  },
);

it('a thread whose judge cannot be opened fails the run, and nothing is left', async () => {
  await expect(dedupe('this is no script')).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
});

it('a list that cannot be prepared fails the run, and nothing is left', async () => {
  const failing = dedupe('', () =>
    Promise.reject(new TacetError('ERR_FORMAT_PADDING', { what: 'damage' })),
  );
  await expect(failing).rejects.toMatchObject({ code: 'ERR_FORMAT_PADDING' });
});

it('what fails on a thread fails the run, and nothing is left', async () => {
  const failing = dedupe(`throw new Error('no judge')`);
  await expect(failing).rejects.toMatchObject({
    code: 'ERR_INTERNAL',
    cause: expect.stringContaining('no judge'),
  });
});

it.each([0, 3, 50, 255])(
  'a match that gives reason %i fails the run, and nothing is left',
  async (reason) => {
    const match = `return new Uint8Array(count).fill(1).fill(${reason}, 1, 2)`;
    await expect(dedupe(match)).rejects.toMatchObject({ code: 'ERR_RECONCILE' });
  },
);

it('a match that leaves a number out fails the run, and nothing is left', async () => {
  const match = 'return new Uint8Array(count - 1).fill(1)';
  await expect(dedupe(match)).rejects.toMatchObject({ code: 'ERR_RECONCILE' });
});
