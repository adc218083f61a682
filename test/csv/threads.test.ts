import fs from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { dedupeFiles } from '#tacet/csv/dedupe.js';
import { filesIn, inFolder, TestAnswerer } from './scenario.ts';

/** A match that ends its thread at the `calls`th look-up. */
function dyingAfter(calls: number): string {
  const source = `
    export function openKeyMatch() {
      let left = ${calls};
      const words = new Uint32Array(200);
      const match = (count) => --left < 0 ? process.exit(3) : new Uint8Array(count).fill(1);
      return { belgian: true, words, optInDays: new Uint32Array(100), match };
    }`;
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

it.each([0, 3])(
  'a thread that dies at look-up %i fails the run and leaves nothing',
  async (calls) => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in.csv');
      fs.writeFileSync(input, `phone\n${'0475123456\n'.repeat(20_000)}`);
      const callable = path.join(folder, 'out.csv');
      const answerer = new TestAnswerer(() => 1);
      const local = {
        ...{ module: dyingAfter(calls), data: null, threadsMax: 2, keysMax: 100 },
        open: () => Promise.reject(new Error('only on threads')),
        assertUsable: () => undefined,
      };
      const run = dedupeFiles(
        { input, callable, headBytes: 1000, rowBytesMax: 1000, blockBytes: 4000, threads: 2 },
        Object.assign(answerer, { local }),
      );
      await expect(run).rejects.toMatchObject({ code: 'ERR_WORKER' });
      expect(filesIn(folder)).toEqual(['in.csv']);
    });
  },
);
