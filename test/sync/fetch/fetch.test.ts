import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Wait } from '#tacet/sync/fetch/fetch.js';
import { type Fetched, fetchSource, waitForReal } from '#tacet/sync/fetch/fetch-source.js';
import { fetchNewest } from '#tacet/sync/fetch/file.js';
import { ReceivedFile } from '#tacet/sync/fetch/received-file.js';
import { addressText, parseSourceAddress } from '#tacet/sync/fetch/source-address.js';
import { MORNING_MS, Place } from '../fixture.ts';

const place = new Place();
afterAll(() => place.remove());
const { signal } = new AbortController();
let files = 0;

function fetchFrom(
  from: string,
  changes: Record<string, number> = {},
  wait = waitForReal,
): Promise<Fetched> {
  const context = { nowMs: () => MORNING_MS, wait, signal };
  return fetchSource(place.options({ from, ...changes }), place.file(`out-${++files}`), context);
}

/** What was left of the fetch that was begun last. */
const leftOver = (): boolean => existsSync(place.file(`out-${files}`));

describe('an address', () => {
  it.each([
    ['sftp://acme@host/out/list.txt', 'sftp://acme@host:22/out/list.txt'],
    ['sftp://acme@host:2222/~/list-*.zip', 'sftp://acme@host:2222/~/list-*.zip'],
    ['sftp://a%40b@[::1]:22/x%20y.txt', 'sftp://a%40b@[::1]:22/x%20y.txt'],
    ['file:///srv/list.txt', 'file:///srv/list.txt'],
    ['dir:///srv/drop/*.txt', 'dir:///srv/drop/*.txt'],
    ['dir:///*', 'dir:///*'],
  ])('%s is read as %s', (text, same) => {
    expect(addressText(parseSourceAddress(text))).toBe(same);
  });

  it.each([
    '',
    '/srv/list.txt',
    'http://host/list.txt',
    'sftp://host/list.txt',
    'sftp://acme@/list.txt',
    'sftp://acme@host:0/list.txt',
    'sftp://acme@host:70000/list.txt',
    'sftp://acme@host',
    'sftp://acme@host/out/',
    'sftp://acme@host/*/list.txt',
    'file://host/list.txt',
    'dir:///srv/*/list.txt',
    'file:///a%zz',
    'file:///a%00b',
  ])('%j is refused', (text) => {
    expect(() => parseSourceAddress(text)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  });

  it('with a password is refused and not repeated', () => {
    const parse = (): unknown => parseSourceAddress('sftp://acme:hunter2@host/list.txt');
    expect(parse).toThrow(/--password-file/);
    expect(parse).not.toThrow(/hunter2/);
  });
});

describe('a file of this machine', () => {
  it('is copied with its digest, size and time', async () => {
    const path = place.write('a.txt', 'one\ntwo\n', MORNING_MS - 60_000);
    const { file, origin } = await fetchFrom(`file://${path}`);
    expect(file).toMatchObject({ bytes: 8, lastByte: 0x0a });
    expect(origin).toEqual({
      from: `file://${path}`,
      fileName: 'a.txt',
      fetchedAtUnix: MORNING_MS / 1000,
      modifiedAtUnix: MORNING_MS / 1000 - 60,
      bytes: 8,
      sha256: 'c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8',
    });
  });

  it.each([
    ['is not there', 'none.txt', 'no such file or directory'],
    ['is a folder', '', 'is no regular file'],
    ['is a pipe', 'pipe', 'is no regular file'],
  ])('that %s is ERR_FETCH', async (_, name, says) => {
    if (name === 'pipe') execFileSync('mkfifo', [place.file(name)]);
    if (name === '') mkdirSync(place.file('folder'));
    const from = `file://${place.file(name === '' ? 'folder' : name)}`;
    await expect(fetchFrom(from)).rejects.toMatchObject({
      code: 'ERR_FETCH',
      message: expect.stringContaining(says),
    });
    expect(leftOver()).toBe(false);
  });

  it('is bounded', async () => {
    const path = place.write('large.txt', Buffer.alloc(1001));
    await expect(fetchFrom(`file://${path}`, { sourceBytesMax: 1000 })).rejects.toMatchObject({
      code: 'ERR_LIMIT',
    });
    expect(leftOver()).toBe(false);
    expect((await fetchFrom(`file://${path}`, { sourceBytesMax: 1001 })).file.bytes).toBe(1001);
  });
});

describe('a drop folder', () => {
  const drop = place.file('drop');
  mkdirSync(drop);
  const from = `dir://${drop}/list-*.txt`;
  const write = (name: string, text: string, seconds: number): void => {
    writeFileSync(join(drop, name), text);
    utimesSync(join(drop, name), seconds, seconds);
  };
  /** A wait that takes no time and does something meanwhile, the n-th time. */
  const waiting = (...acts: (() => void)[]): Wait & { readonly waited: number[] } => {
    const waited: number[] = [];
    const wait = async (ms: number): Promise<void> => {
      acts[waited.length]?.();
      waited.push(ms);
    };
    return Object.assign(wait, { waited });
  };

  it('gives its newest file that matches, once it has stayed the same', async () => {
    write('list-1.txt', 'old', 1000);
    write('list-2.txt', 'new', 2000);
    write('list-3.txt.part', 'other', 3000);
    const wait = waiting();
    const { origin } = await fetchFrom(from, { stableForMs: 30_000 }, wait);
    expect(origin.fileName).toBe('list-2.txt');
    expect(wait.waited).toEqual([30_000]);
  });

  it('waits for a file that grows, even where its time of change stays', async () => {
    write('list-4.txt', 'half', 4000);
    const wait = waiting(
      () => write('list-4.txt', 'half and', 4000),
      () => write('list-4.txt', 'half and whole', 4000),
    );
    const { file } = await fetchFrom(from, { stableForMs: 30_000 }, wait);
    expect(file.bytes).toBe(14);
    expect(wait.waited).toHaveLength(3);
  });

  it('takes a newer file that comes while it waits', async () => {
    const wait = waiting(() => write('list-5.txt', 'newest', 5000));
    const { origin } = await fetchFrom(from, { stableForMs: 30_000 }, wait);
    expect(origin.fileName).toBe('list-5.txt');
    expect(wait.waited).toHaveLength(2);
  });

  it('gives up on a file that never stays the same', async () => {
    let bytes = 0;
    const wait: Wait = async () => write('list-6.txt', 'x'.repeat(++bytes), 6000);
    const options = { stableForMs: 30_000, stableWaitMaxMs: 300_000 };
    await expect(fetchFrom(from, options, wait)).rejects.toMatchObject({
      code: 'ERR_FETCH',
      message: expect.stringContaining('not complete after 300 s'),
    });
    expect(bytes).toBe(10);
    expect(leftOver()).toBe(false);
  });

  it('says that no file matches', async () => {
    await expect(fetchFrom(`dir://${drop}/*.zip`)).rejects.toMatchObject({
      code: 'ERR_FETCH',
      message: expect.stringContaining('no file matches'),
    });
  });

  it.each([
    ['grows', (path: string) => appendFileSync(path, 'more'), 'grew while it was read'],
    [
      'is replaced',
      (path: string) => {
        writeFileSync(`${path}.new`, 'x'.repeat(3_000_000));
        renameSync(`${path}.new`, path);
      },
      'was changed while it was read',
    ],
  ])('refuses a file that %s while it is read', async (_, act, says) => {
    const path = join(drop, 'list-7.txt');
    write('list-7.txt', 'x'.repeat(3_000_000), 7000);
    const into = await ReceivedFile.create(place.file(`act-${++files}`), 1e9);
    const { write: writeOn } = into;
    let written = 0;
    into.write = async (chunk) => {
      if (written++ === 1) act(path);
      await writeOn.call(into, chunk);
    };
    const stability = { stableForMs: 0, stableWaitMaxMs: 0, wait: waitForReal, signal };
    const address = { kind: 'folder', folder: drop, pattern: 'list-7.txt' } as const;
    await expect(fetchNewest(address, into, stability)).rejects.toMatchObject({
      code: 'ERR_FETCH',
      message: expect.stringContaining(says),
    });
    await into.discard();
  });

  it('ends its wait when it is cancelled', async () => {
    const abort = new AbortController();
    const wait = waitForReal(60_000, abort.signal);
    abort.abort();
    await expect(wait).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});
