import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isWrittenInPlace, openOutputFile } from '#tacet/disk/output-file.js';
import { filesIn, inFolder } from '../contacts/scan/scenario.ts';

test('a file appears under its name when it is published, or never', async () => {
  await inFolder(async (folder) => {
    for (const isWanted of [false, true]) {
      const file = await openOutputFile(path.join(folder, 'out'));
      await file.write(Buffer.from('all'));
      await file.sync();
      expect(fs.existsSync(path.join(folder, 'out'))).toBe(false);
      if (isWanted) await file.publish();
      await file.discard();
      expect(filesIn(folder)).toEqual(isWanted ? ['out'] : []);
    }
  });
});

test('a device is written to as it is, and its failure is told', async () => {
  expect(await isWrittenInPlace('/dev/null')).toBe(true);
  const file = await openOutputFile('/dev/null');
  await file.write(Buffer.from('x'));
  await file.sync();
  await file.publish();
  expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
  const full = await openOutputFile('/dev/full');
  await expect(full.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'ERR_IO' });
  await full.discard();
});

test('a folder, and a place in a folder that is not there, are ERR_IO', async () => {
  await inFolder(async (folder) => {
    await expect(openOutputFile(folder)).rejects.toMatchObject({
      code: 'ERR_IO',
      message: expect.stringContaining('is a directory'),
    });
    const missing = openOutputFile(path.join(folder, 'none', 'out'));
    await expect(missing).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});
