import {
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTick } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { verifyListFile } from '#tacet/list/verify.js';
import { verifyInWorker } from '#tacet/threads/verify/verifier.js';
import { badListFiles } from '../fixtures/bad-list-files.ts';
import { composeListFile, goodList, PAGE } from '../fixtures/list-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tacet-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: Uint8Array, name = 'list.tacet'): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
  return path;
}

/** 2,000 numbers, each on a page of its own: 512,001 bucket starts. */
function sparseList() {
  const numbers = BigUint64Array.from({ length: 2000 }, (_, index) => BigInt(index * 70_000 + 1));
  return goodList(numbers, new Uint16Array(2000));
}

describe('a good list file', () => {
  it.each(['auto', 'shared'] as const)('passes, mapping %s', async (mapping) => {
    const handle = await openListFile(fileOf(composeListFile(goodList())), { mapping });
    try {
      await expect(verifyListFile(handle)).resolves.toEqual(handle.header);
      await expect(verifyInWorker(handle)).resolves.toEqual(handle.header);
    } finally {
      closeListFile(handle);
    }
  });

  it('passes by its path', async () => {
    const path = fileOf(composeListFile(goodList()));
    const header = await verifyListFile(path);
    expect(header.entries).toBe(9);
    await expect(verifyInWorker(path)).resolves.toEqual(header);
  });

  it('passes with numbers and days alone, or with unknown optional sections', async () => {
    const list = goodList();
    list.sections.splice(2);
    await expect(verifyListFile(fileOf(composeListFile(list)))).resolves.toBeDefined();
    list.sections.unshift({ kind: 5, required: false, body: new Uint8Array(70_000).fill(7) });
    await expect(verifyListFile(fileOf(composeListFile(list)))).resolves.toBeDefined();
  });

  it('passes when every key is beyond the reach of the directory', async () => {
    const numbers = BigUint64Array.of(68_719_476_736n, 999_999_999_999_999n);
    const bytes = composeListFile(goodList(numbers, new Uint16Array(2)));
    await expect(verifyListFile(fileOf(bytes))).resolves.toMatchObject({ entries: 2 });
  });

  it('passes when it is so sparse that the directory is longer than the numbers', async () => {
    const list = sparseList();
    await expect(verifyListFile(fileOf(composeListFile(list)))).resolves.toBeDefined();
  });

  it('passes when the last page of the directory is in use', async () => {
    const numbers = BigUint64Array.of(1n, 68_719_476_735n);
    const bytes = composeListFile(goodList(numbers, new Uint16Array(2)));
    await expect(verifyListFile(fileOf(bytes))).resolves.toMatchObject({ entries: 2 });
  });
});

describe('a bad list file is refused', () => {
  it.each(badListFiles())('$found: $rule', async ({ bytes, code, found }) => {
    const path = fileOf(bytes);
    await expect(verifyListFile(path)).rejects.toMatchObject({ name: 'TacetError', code });
    if (found === 'open') {
      await expect(openListFile(path)).rejects.toMatchObject({ code });
    } else {
      closeListFile(await openListFile(path));
    }
  });

  it('when one bucket start of half a million is wrong', async () => {
    const list = sparseList();
    const body = list.sections[3]?.body ?? new Uint8Array();
    const starts = body.length - 8 - 2000 - 4; // The last start.
    for (const from of [starts - 4, starts - 4 * 300_000]) {
      const before = body[from] ?? 0;
      body[from] = before ^ 1;
      const verifying = verifyListFile(fileOf(composeListFile(list)));
      await expect(verifying).rejects.toMatchObject({ code: 'ERR_FORMAT_INDEX' });
      body[from] = before;
    }
  });

  it('by the worker with the same error', async () => {
    const path = fileOf(composeListFile(goodList()));
    const bytes = readFileSync(path);
    bytes[PAGE] = 2;
    writeFileSync(path, bytes);
    const here = await verifyListFile(path).catch((error: unknown) => error);
    const there = await verifyInWorker(path).catch((error: unknown) => error);
    expect(there).toMatchObject({ name: 'TacetError', code: 'ERR_FORMAT_CHECKSUM' });
    expect(String(there)).toBe(String(here));
    expect(String(there)).toContain(path);
  });
});

describe('a file that changes', () => {
  it('is refused when it was written to after it was opened', async () => {
    const path = fileOf(composeListFile(goodList()));
    const handle = await openListFile(path);
    utimesSync(path, 1, 1);
    await expect(verifyListFile(handle)).rejects.toMatchObject({ code: 'ERR_IO' });
    closeListFile(handle);
  });

  it('is refused, without a crash, when it is truncated while being verified', async () => {
    const list = goodList();
    list.sections.push({ kind: 5, required: false, body: new Uint8Array(64 * 1_048_576) });
    const path = fileOf(composeListFile(list));
    const handle = await openListFile(path);
    const verifying = verifyListFile(handle).catch((error: unknown) => error);
    for (let turn = 0; turn < 20; turn++) await nextTick();
    truncateSync(path, 5 * PAGE);
    expect(await verifying).toMatchObject({ code: 'ERR_FORMAT_SIZE' });
    closeListFile(handle);
  });

  it('and its shared copy is verified as it was read', async () => {
    const path = fileOf(composeListFile(goodList()));
    const handle = await openListFile(path, { mapping: 'shared' });
    // In bounds: numbers begin at the second page.
    new Uint8Array(handle.shared!)[PAGE + 8] = 7;
    await expect(verifyListFile(handle)).rejects.toMatchObject({ code: 'ERR_FORMAT_CHECKSUM' });
    closeListFile(handle);
  });
});

describe('verifying in a worker', () => {
  it('ends when it is cancelled', async () => {
    const path = fileOf(composeListFile(goodList()));
    const cancelled = expect(
      verifyInWorker(path, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await cancelled;
    const later = new AbortController();
    const verifying = verifyInWorker(path, { signal: later.signal });
    later.abort();
    await expect(verifying).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('reports a file that is not there', async () => {
    const path = join(folder, 'absent.tacet');
    await expect(verifyInWorker(path)).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});
