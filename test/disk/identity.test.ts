import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { identityOf, isSameFile } from '#tacet/disk/identity.js';
import { inFolder } from '../contacts/scan/scenario.ts';

test('every name of a file has its identity, also of one yet to be made', async () => {
  await inFolder(async (folder) => {
    const at = (name: string) => path.join(folder, name);
    fs.mkdirSync(at('sub'));
    fs.symlinkSync('sub', at('way'));
    fs.writeFileSync(at('file'), '');
    fs.linkSync(at('file'), at('hard'));
    fs.symlinkSync('file', at('soft'));
    fs.writeFileSync(at('other'), '');
    const identities = await Promise.all(
      ['file', 'hard', 'soft', 'sub/../file'].map((name) => identityOf(at(name))),
    );
    expect(new Set(identities).size).toBe(1);
    expect(await identityOf(at('other'))).not.toBe(identities[0]);
    expect(await identityOf(at('way/new'))).toBe(await identityOf(at('sub/new')));
    expect(await identityOf(at('new'))).not.toBe(await identityOf(at('sub/new')));
    await expect(identityOf(at('none/new'))).rejects.toMatchObject({ code: 'ENOENT' });
    const stats = (name: string) => fs.statSync(at(name));
    expect(isSameFile(stats('file'), stats('hard'))).toBe(true);
    expect(isSameFile(stats('file'), stats('other'))).toBe(false);
  });
});
