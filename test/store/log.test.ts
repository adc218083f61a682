import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLog } from '#tacet/store/log.js';
import type { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { newStore } from './fixture.ts';

const MANY = 10_000;

async function storeWith(text: string): Promise<{ store: ListStore; path: string }> {
  const store = await newStore();
  const path = store.file('log.jsonl');
  writeFileSync(path, text);
  return { store, path };
}

describe('reading the log of a store', () => {
  it('goes on where it stopped', async () => {
    const store = await newStore();
    const none = await readLog(store, undefined, MANY);
    expect(none).toMatchObject({ lines: [], continues: false });
    await withWriter(store, 'test', (writer) => writer.log({ event: 'one' }));
    const first = await readLog(store, none.position, MANY);
    expect(first.lines.map((line) => JSON.parse(line).event)).toEqual(['one']);
    expect(first.continues).toBe(true);
    await withWriter(store, 'test', (writer) => writer.log({ event: 'two' }));
    const second = await readLog(store, first.position, MANY);
    expect(second.lines.map((line) => JSON.parse(line).event)).toEqual(['two']);
    expect(await readLog(store, second.position, MANY)).toMatchObject({
      lines: [],
      continues: true,
    });
  });

  it('leaves a line that is still being written for the next time', async () => {
    const { store, path } = await storeWith('one\ntw');
    const first = await readLog(store, undefined, MANY);
    expect(first).toMatchObject({ lines: ['one'], continues: false });
    appendFileSync(path, 'o\n');
    expect((await readLog(store, first.position, MANY)).lines).toEqual(['two']);
  });

  it('holds no more than it may: of more, the newest whole lines', async () => {
    const { store, path } = await storeWith('one\ntwo\nthree\n');
    const tail = await readLog(store, undefined, 8);
    expect(tail.lines).toEqual(['three']);
    appendFileSync(path, 'four\nfive\nsix\n');
    expect((await readLog(store, tail.position, 6)).lines).toEqual(['six']);
  });

  it('goes on behind a line that is longer than that', async () => {
    const { store, path } = await storeWith('x'.repeat(100));
    const first = await readLog(store, undefined, 8);
    expect(first.lines).toEqual([]);
    appendFileSync(path, '\nnext\n');
    expect((await readLog(store, first.position, MANY)).lines.at(-1)).toBe('next');
  });

  it('begins anew where the log has shrunk or is another file, and says so', async () => {
    const { store, path } = await storeWith('one\ntwo\n');
    const { position } = await readLog(store, undefined, MANY);
    truncateSync(path, 4);
    expect(await readLog(store, position, MANY)).toMatchObject({
      lines: ['one'],
      continues: false,
    });
    writeFileSync(`${path}.new`, 'three\nfour\n');
    renameSync(`${path}.new`, path);
    expect(await readLog(store, position, MANY)).toMatchObject({
      lines: ['three', 'four'],
      continues: false,
    });
  });

  it('says what it cannot read', async () => {
    const store = await newStore();
    mkdirSync(store.file('log.jsonl'));
    await expect(readLog(store, undefined, MANY)).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});
