import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { AtomicFile, writeFileAtomically } from '#tacet/disk/atomic-file.js';
import { writeAll } from '#tacet/disk/write-all.js';
import { filesIn, inFolder } from '../contacts/scan/scenario.ts';

test('a file is replaced whole, keeps its mode, and nothing is left beside it', async () => {
  await inFolder(async (folder) => {
    const file = path.join(folder, 'summary.json');
    fs.writeFileSync(file, 'one', { mode: 0o640 });
    await writeFileAtomically(file, 'tw\u00f6');
    expect(fs.readFileSync(file, 'utf8')).toBe('tw\u00f6');
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
    const missing = writeFileAtomically(path.join(folder, 'none', 'f'), 'x');
    await expect(missing).rejects.toMatchObject({ code: 'ERR_IO' });
    const directory = writeFileAtomically(folder, 'x');
    await expect(directory).rejects.toMatchObject({ code: 'ERR_IO' });
    expect(filesIn(folder)).toEqual(['summary.json']);
    expect(
      filesIn(path.dirname(folder)).filter((name) => name.includes(path.basename(folder))),
    ).toEqual([path.basename(folder)]);
  });
});

test('a link stays a link, the file behind it is replaced', async () => {
  await inFolder(async (folder) => {
    const [file, link] = [path.join(folder, 'file'), path.join(folder, 'link')];
    fs.writeFileSync(file, 'old');
    fs.symlinkSync('file', link);
    await writeFileAtomically(link, 'new');
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(file, 'utf8')).toBe('new');
  });
});

test('a temporary name that is given is used, whatever a killed process left there', async () => {
  await inFolder(async (folder) => {
    const [file, temporary] = [path.join(folder, 'current'), path.join(folder, 'tmp')];
    fs.writeFileSync(temporary, 'half of something longer');
    const atomic = await AtomicFile.create(file, temporary);
    await atomic.write(Buffer.from('whole'));
    expect(filesIn(folder)).toEqual(['tmp']);
    await atomic.sync();
    await atomic.publish();
    expect(filesIn(folder)).toEqual(['current']);
    expect(fs.readFileSync(file, 'utf8')).toBe('whole');
  });
});

test('writes go where they are told, and behind the last one otherwise', async () => {
  await inFolder(async (folder) => {
    const file = await AtomicFile.create(path.join(folder, 'f'));
    await file.write(Buffer.from('cd'), 2);
    await file.write(Buffer.from('ab'), 0);
    await file.sync();
    await file.publish();
    expect(fs.readFileSync(path.join(folder, 'f'), 'utf8')).toBe('abcd');
  });
});

test('short writes are repeated until all is written, at every position', async () => {
  await inFolder(async (folder) => {
    const name = path.join(folder, 'f');
    const handle = await fs.promises.open(name, 'w');
    // As a file system may: three bytes at most.
    const short = Object.assign(Object.create(handle) as fs.promises.FileHandle, {
      write: (bytes: Uint8Array, from: number, length: number, at: number | null) =>
        handle.write(bytes, from, Math.min(3, length), at),
    });
    await writeAll(short, Buffer.from('0123456789'));
    await writeAll(short, Buffer.from('ABCDEFGH'), 1);
    await handle.close();
    expect(fs.readFileSync(name, 'utf8')).toBe('0ABCDEFGH9');
  });
});

describe('a large file is flushed while it is written', () => {
  // Flushes begin every 32 MiB.
  const part = Buffer.alloc(20 << 20, 'contacts\n');

  test('and is whole', async () => {
    await inFolder(async (folder) => {
      const file = await AtomicFile.create(path.join(folder, 'large'));
      for (let count = 0; count < 4; count++) await file.write(part);
      await file.sync();
      await file.publish();
      expect(filesIn(folder)).toEqual(['large']);
      const whole = Buffer.concat([part, part, part, part]);
      expect(fs.readFileSync(path.join(folder, 'large')).equals(whole)).toBe(true);
    });
  });

  test('and leaves nothing when it is discarded meanwhile', async () => {
    await inFolder(async (folder) => {
      const file = await AtomicFile.create(path.join(folder, 'large'));
      await file.write(part);
      await file.write(part);
      await file.discard();
      expect(filesIn(folder)).toEqual([]);
    });
  });
});
