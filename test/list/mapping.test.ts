import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import {
  chooseMapping,
  readerOf,
  readerOfFd,
  readShared,
  sectionBytes,
} from '#tacet/list/mapping.js';
import {
  bytesOf,
  composeListFile,
  GOOD_DAYS,
  GOOD_NUMBERS,
  goodList,
} from '../fixtures/list-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tacet-mapping-'));
const path = join(folder, 'list.tacet');
writeFileSync(path, composeListFile(goodList()));
const fd = openSync(path, 'r');
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const SECTION = { kind: 1, required: true, offset: 65_536, bytes: 8, sha256: '' };
const MMAP = loads('mmap-io');

/** The add-on is optional: where it cannot be built, the same tests expect the shared copy. */
function loads(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

describe('which mapping is used', () => {
  it('is a shared copy when that is asked for', () => {
    expect(chooseMapping({ fd, sections: [SECTION] }, 'shared')).toEqual({
      kind: 'shared',
      reason: 'a shared copy was asked for',
    });
  });

  it('is mmap where mmap-io loads, else a shared copy, and the reason says so', () => {
    const { kind, reason } = chooseMapping({ fd, sections: [SECTION] }, 'auto');
    if (MMAP) {
      expect([kind, reason]).toEqual(['mmap', 'mmap-io maps the file']);
    } else {
      expect(kind).toBe('shared');
      expect(reason).toMatch(/^mmap-io cannot be loaded \(.+\)$/);
    }
  });

  it.runIf(MMAP)('loads the binary of mmap-io without the modules that look for it', () => {
    const mapping = new URL('../../dist/list/mapping.js', import.meta.url);
    const script = `
      import { openSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import { chooseMapping } from ${JSON.stringify(mapping.href)};
      const fd = openSync(${JSON.stringify(path)}, 'r');
      const { kind } = chooseMapping({ fd, sections: [] }, 'auto');
      const { cache } = createRequire(import.meta.url);
      console.log(kind, Object.keys(cache).filter((file) => !file.endsWith('mmap_io.node')).length);
    `;
    const node = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
    expect(String(node.stdout)).toBe('mmap 0\n');
  });

  it.each([
    [2_147_483_648 - 65_536 - 8, 8, MMAP ? 'mmap' : 'shared'],
    [2_147_483_648 - 65_536, 65_536, 'shared'],
    [65_536, 2_147_483_648, 'shared'],
    [4_294_967_296, 8, 'shared'],
  ])(
    'for a section at %d of %d bytes is decided by the 2 GiB that can be mapped',
    (offset, bytes, kind) => {
      const choice = chooseMapping({ fd, sections: [{ ...SECTION, offset, bytes }] }, 'auto');
      expect(choice.kind).toBe(kind);
    },
  );

  it('is a shared copy, with a reason, for what cannot be mapped', () => {
    const directory = openSync(folder, 'r');
    const choice = chooseMapping({ fd: directory, sections: [SECTION] }, 'auto');
    closeSync(directory);
    expect(choice.kind).toBe('shared');
    expect(choice.reason).not.toBe('');
  });
});

describe.each(['auto', 'shared'] as const)('sections, mapping %s', (mapping) => {
  it('are the bytes of the file', async () => {
    const handle = await openListFile(path, { mapping });
    const [numbers, days] = handle.header.sections;
    // The good list has both.
    expect(Buffer.from(sectionBytes(handle, numbers!)).equals(bytesOf(GOOD_NUMBERS))).toBe(true);
    expect(Buffer.from(sectionBytes(handle, days!)).equals(bytesOf(GOOD_DAYS))).toBe(true);
    const read = new Uint8Array(GOOD_DAYS.byteLength);
    await readerOf(handle)(read, days!.offset);
    expect(read).toEqual(bytesOf(GOOD_DAYS));
    closeListFile(handle);
  });
});

describe('reading', () => {
  it('fills a shared copy across several reads', async () => {
    const bytes = new Uint8Array(9_000_000).map((_, index) => index * 7);
    const large = join(folder, 'large');
    writeFileSync(large, bytes);
    const file = openSync(large, 'r');
    const shared = await readShared({ fd: file, path: large, fileBytes: bytes.length });
    closeSync(file);
    expect(Buffer.from(shared).equals(bytes)).toBe(true);
  });

  it('fails where the file ends too early', async () => {
    const reading = readerOfFd(fd, path)(new Uint8Array(10), 5 * 65_536 - 9);
    await expect(reading).rejects.toMatchObject({ code: 'ERR_FORMAT_SIZE' });
    const sharing = readShared({ fd, path, fileBytes: 5 * 65_536 + 1 });
    await expect(sharing).rejects.toMatchObject({ code: 'ERR_FORMAT_SIZE' });
  });

  it('fails with a limit where there is no memory for a copy', async () => {
    const sharing = readShared({ fd, path, fileBytes: 2 ** 53 });
    await expect(sharing).rejects.toMatchObject({ code: 'ERR_LIMIT' });
  });
});
