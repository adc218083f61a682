import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import { byLastDigit, dedupeOnce, filesIn, inFolder, TestAnswerer } from '../scan/scenario.ts';

const FILE = 'phone,n\n0475123451,a\n0475123455,b\n0475123459,c\n';
const CALLABLE = 'phone,n\n0475123451,a\n';

const answerer = () => new TestAnswerer(byLastDigit);

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('inputs', () => {
  const gzip = zlib.gzipSync(FILE);
  test.each([
    ['plain', Buffer.from(FILE)],
    ['gzip', gzip],
    [
      'gzip of two members',
      Buffer.concat([zlib.gzipSync(FILE.slice(0, 30)), zlib.gzipSync(FILE.slice(30))]),
    ],
    ['gzip padded with zeros', Buffer.concat([gzip, Buffer.alloc(512)])],
  ])('%s is read whole, and hashed as it is on the disk', async (_, bytes) => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, bytes);
      const callable = path.join(folder, 'c');
      const result = await dedupeOnce({ input, callable }, answerer());
      await result.commit();
      expect(fs.readFileSync(callable, 'utf8')).toBe(CALLABLE);
      const evidence = { name: input, bytes: bytes.length, sha256: sha256(bytes), rows: 3 };
      expect(result.input).toEqual(evidence);
    });
  });

  test.each([
    ['cut short', gzip.subarray(0, gzip.length - 6)],
    ['cut short in a later member', Buffer.concat([gzip, gzip.subarray(0, 12)])],
    ['followed by something else', Buffer.concat([gzip, Buffer.from('0475123451,a\n')])],
    ['followed by zeros and another member', Buffer.concat([gzip, Buffer.alloc(9), gzip])],
    ['damaged', Buffer.concat([gzip.subarray(0, 14), Buffer.from('xxxx'), gzip.subarray(18)])],
  ])('gzip that is %s is refused and nothing is left', async (_, bytes) => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in.gz');
      fs.writeFileSync(input, bytes);
      const run = dedupeFiles({ input, callable: path.join(folder, 'c') }, answerer());
      await expect(run).rejects.toMatchObject({
        code: 'ERR_CSV',
        message: expect.stringMatching(/damaged or truncated gzip/),
      });
      expect(filesIn(folder)).toEqual(['in.gz']);
    });
  });

  test.each([
    ['as it comes', [Buffer.from(FILE)]],
    ['byte by byte', [...Buffer.from(FILE)].map((byte) => Buffer.from([byte]))],
    ['gzip byte by byte', [...gzip].map((byte) => Buffer.from([byte]))],
  ])('- is standard input, %s', async (_, chunks) => {
    await inFolder(async (folder) => {
      const callable = path.join(folder, 'c');
      const stdin = Readable.from(chunks, { objectMode: false });
      const result = await dedupeOnce({ input: '-', stdin, callable }, answerer());
      await result.commit();
      expect(fs.readFileSync(callable, 'utf8')).toBe(CALLABLE);
      expect(result.input).toMatchObject({ name: '-', sha256: sha256(Buffer.concat(chunks)) });
    });
  });

  test('a named pipe is read as it is written', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'pipe');
      execFileSync('mkfifo', [input]);
      const callable = path.join(folder, 'c');
      const running = dedupeOnce({ input, callable }, answerer());
      await fs.promises.writeFile(input, FILE);
      await (await running).commit();
      expect(fs.readFileSync(callable, 'utf8')).toBe(CALLABLE);
    });
  });

  test('a named pipe that nobody writes can be aborted', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'pipe');
      execFileSync('mkfifo', [input]);
      const signal = AbortSignal.timeout(50);
      const running = dedupeFiles({ input, callable: path.join(folder, 'c'), signal }, answerer());
      await expect(running).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
      expect(filesIn(folder)).toEqual(['pipe']);
    });
  });

  test.each([
    ['missing', 'none.csv', /no such file/],
    ['a directory', '.', /is a directory/],
    ['a device', '/dev/null', /neither a file nor a pipe/],
  ])('that is %s is ERR_IO', async (_, name, message) => {
    await inFolder(async (folder) => {
      const input = path.resolve(folder, name);
      const run = dedupeFiles({ input, callable: path.join(folder, 'c') }, answerer());
      await expect(run).rejects.toMatchObject({
        code: 'ERR_IO',
        message: expect.stringMatching(message),
      });
      expect(filesIn(folder)).toEqual([]);
    });
  });

  test('standard input that fails is ERR_IO', async () => {
    await inFolder(async (folder) => {
      let reads = 0;
      const stdin = new Readable({
        read() {
          if (reads++ === 0) this.push(FILE);
          else this.destroy(new Error('gone'));
        },
      });
      const run = dedupeFiles({ input: '-', stdin, callable: path.join(folder, 'c') }, answerer());
      await expect(run).rejects.toMatchObject({ code: 'ERR_IO' });
      expect(filesIn(folder)).toEqual([]);
    });
  });
});
