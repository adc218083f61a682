import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import { byLastDigit, dedupeOnce, filesIn, inFolder, TestAnswerer } from '../scan/scenario.ts';

const FILE = 'phone,n\n0475123451,a\n0475123455,b\n0475123459,c\n';
const CALLABLE = 'phone,n\n0475123451,a\n';
const BLOCKED = 'phone,n,tacet_verdict,tacet_reason\n0475123455,b,blocked,listed\n';

const answerer = () => new TestAnswerer(byLastDigit);

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('outputs', () => {
  test('appear under their names with commit, and not before', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      fs.writeFileSync(path.join(folder, 'c'), 'yesterday', { mode: 0o600 });
      const places = { callable: path.join(folder, 'c'), blocked: path.join(folder, 'b') };
      const result = await dedupeOnce({ input, ...places }, answerer());
      expect(fs.readFileSync(places.callable, 'utf8')).toBe('yesterday');
      expect(fs.existsSync(places.blocked)).toBe(false);
      await result.commit();
      expect(filesIn(folder)).toEqual(['b', 'c', 'in']);
      expect(fs.readFileSync(places.callable, 'utf8')).toBe(CALLABLE);
      expect(fs.readFileSync(places.blocked, 'utf8')).toBe(BLOCKED);
      expect(fs.statSync(places.callable).mode & 0o777).toBe(0o600);
      await result.discard();
      expect(filesIn(folder)).toEqual(['b', 'c', 'in']);
    });
  });

  test('discard leaves what was there', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      fs.writeFileSync(path.join(folder, 'c'), 'yesterday');
      const result = await dedupeOnce({ input, callable: path.join(folder, 'c') }, answerer());
      await result.discard();
      expect(filesIn(folder)).toEqual(['c', 'in']);
      expect(fs.readFileSync(path.join(folder, 'c'), 'utf8')).toBe('yesterday');
    });
  });

  test('named .gz are gzip, their digest that of the compressed file', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      const callable = path.join(folder, 'c.gz');
      const result = await dedupeOnce({ input, callable }, answerer());
      await result.commit();
      const bytes = fs.readFileSync(callable);
      expect(zlib.gunzipSync(bytes).toString()).toBe(CALLABLE);
      expect(result.outputs).toEqual([
        { kind: 'callable', name: callable, bytes: bytes.length, sha256: sha256(bytes), rows: 1 },
      ]);
    });
  });

  test('and input have no digest where none is wanted', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      const places = { callable: path.join(folder, 'c'), blocked: path.join(folder, 'b.gz') };
      const result = await dedupeOnce({ input, ...places, digests: false }, answerer());
      await result.commit();
      const evidence = [result.input, ...result.outputs];
      expect(evidence.map(({ sha256: digest }) => digest)).toEqual([null, null, null]);
      expect(fs.readFileSync(places.callable, 'utf8')).toBe(CALLABLE);
    });
  });

  test('- is standard output, devices are written as they are', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      const stdout = new PassThrough();
      const places = { callable: '/dev/null', blocked: '-', undecided: '/dev/null' };
      const result = await dedupeOnce({ input, ...places, stdout }, answerer());
      await result.commit();
      expect(stdout.read().toString()).toBe(BLOCKED);
      expect(result.outputs.map((output) => output.sha256)[0]).toBe(sha256(CALLABLE));
      expect(filesIn(folder)).toEqual(['in']);
    });
  });

  test('standard output closed by its reader is an error, and nothing is left', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      const stdout = new Writable({
        write: (_chunk, _encoding, done) =>
          done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
      });
      const places = { callable: path.join(folder, 'c'), blocked: '-' };
      const run = dedupeFiles({ input, ...places, stdout }, answerer());
      await expect(run).rejects.toMatchObject({
        code: 'ERR_IO',
        message: expect.stringMatching(/standard output/),
      });
      expect(filesIn(folder)).toEqual(['in']);
    });
  });

  test.each([
    ['plain', ''],
    ['gzip', '.gz'],
  ])('a full disk is an error, %s', async (_, suffix) => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      const full = path.join(folder, `full${suffix}`);
      fs.symlinkSync('/dev/full', full);
      const places = { callable: path.join(folder, 'c'), blocked: full };
      await expect(dedupeFiles({ input, ...places }, answerer())).rejects.toMatchObject({
        code: 'ERR_IO',
        message: expect.stringMatching(/no space left/),
      });
      expect(filesIn(folder)).toEqual([`full${suffix}`, 'in']);
    });
  });

  test('a link stays a link and the file behind it is replaced', async () => {
    await inFolder(async (folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, FILE);
      fs.writeFileSync(path.join(folder, 'real'), 'yesterday');
      fs.symlinkSync('real', path.join(folder, 'link'));
      const result = await dedupeOnce({ input, callable: path.join(folder, 'link') }, answerer());
      await result.commit();
      expect(fs.lstatSync(path.join(folder, 'link')).isSymbolicLink()).toBe(true);
      expect(fs.readFileSync(path.join(folder, 'real'), 'utf8')).toBe(CALLABLE);
    });
  });
});

describe('places that are wrong usage', () => {
  /** Files: in, hard (the same by a hard link), soft (by a symbolic one), sub/. */
  async function refusal(places: { callable?: string; blocked?: string; undecided?: string }) {
    let failure: unknown;
    await inFolder(async (folder) => {
      fs.writeFileSync(path.join(folder, 'in'), FILE);
      fs.linkSync(path.join(folder, 'in'), path.join(folder, 'hard'));
      fs.symlinkSync('in', path.join(folder, 'soft'));
      fs.mkdirSync(path.join(folder, 'sub'));
      const before = filesIn(folder);
      const inside = Object.fromEntries(
        Object.entries(places).map(([kind, name]) => [
          kind,
          name === '-' || name === '' ? name : `${folder}/${name}`,
        ]),
      );
      failure = await dedupeFiles({ input: path.join(folder, 'in'), ...inside }, answerer()).then(
        () => 'no failure',
        (error: unknown) => error,
      );
      expect(filesIn(folder)).toEqual(before);
    });
    return failure;
  }

  test.each([
    ['none named', {}, /no output is named/],
    ['the input', { callable: 'in' }, /same file as the input/],
    ['the input by another path', { callable: 'sub/../in' }, /same file as the input/],
    ['the input by a hard link', { blocked: 'hard' }, /same file as the input/],
    ['the input by a symbolic link', { undecided: 'soft' }, /same file as the input/],
    ['two the same', { callable: 'c', blocked: 'sub/../c' }, /same file as --callable/],
    ['two to standard output', { callable: '-', undecided: '-' }, /same file as --callable/],
    ['a directory', { callable: 'sub' }, /is a directory/],
    ['an empty name', { callable: '' }, /is empty/],
  ])('%s', async (_, places, message) => {
    expect(await refusal(places)).toMatchObject({
      code: 'ERR_USAGE',
      message: expect.stringMatching(message),
    });
  });

  test('a directory that is missing is ERR_IO', async () => {
    expect(await refusal({ callable: 'none/c' })).toMatchObject({
      code: 'ERR_IO',
      message: expect.stringMatching(/--callable.*no such file or directory/),
    });
  });

  test('standard input redirected from an output', async () => {
    await inFolder(async (folder) => {
      const file = path.join(folder, 'in');
      fs.writeFileSync(file, FILE);
      const fd = fs.openSync(file, 'r');
      const stdin = fs.createReadStream('', { fd });
      const run = dedupeFiles(
        { input: '-', stdin: Object.assign(stdin, { fd }), callable: file },
        answerer(),
      );
      await expect(run).rejects.toMatchObject({ code: 'ERR_USAGE' });
      stdin.destroy();
    });
  });
});
