import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openEngine } from '#tacet/cli/dedupe/open-engine.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { afterTest, smallList } from '../../server/fixture.ts';

const NO_SERVER = { server: undefined, proxy: undefined };

/** A run of the engine inside the command, under way. */
async function runOf(list: string) {
  const engine = await openEngine({ ...NO_SERVER, lists: [list], region: 'BE', state: undefined });
  afterTest(() => engine.close());
  const run = { advertiser: '', jobId: '', workers: 1, recordsVersions: false };
  return engine.dedupe({ ...run, approach: USUAL_APPROACH });
}

/** A list whose last byte, of the padding that no answer needs, is not as the format says. */
async function damagedList(): Promise<string> {
  const list = await smallList();
  const bytes = readFileSync(list);
  bytes[bytes.length - 1] = 1;
  writeFileSync(list, bytes);
  return list;
}

describe('a run of the engine inside the command', () => {
  it('prepares no list of which a byte is wrong', async () => {
    const { local } = await runOf(await damagedList());
    await expect(local?.prepare()).rejects.toMatchObject({ code: 'ERR_FORMAT_PADDING' });
  });

  it('ends without a result where the list file was written to meanwhile', async () => {
    const list = await smallList();
    const run = await runOf(list);
    appendFileSync(list, 'more');
    await expect(run.finish()).rejects.toMatchObject({ code: 'ERR_LIST_CHANGED' });
  });

  it('goes on with its list where another file was renamed over it', async () => {
    const list = await smallList();
    const run = await runOf(list);
    renameSync(await smallList(), list);
    expect(await run.finish()).toMatchObject({
      versions: [{ lists: [{ name: 'dncm', entries: 2, override: null }] }],
    });
  });
});

const asked = (phoneNumber: string) => ({ phoneNumber, approach: USUAL_APPROACH });

describe('a check by the engine inside the command', () => {
  it('gives no verdict from a list of which a byte is wrong', async () => {
    const engine = await openEngine({
      ...NO_SERVER,
      lists: [await damagedList()],
      region: 'BE',
      state: undefined,
    });
    afterTest(() => engine.close());
    await expect(engine.check(asked('0475123456'))).rejects.toMatchObject({
      code: 'ERR_FORMAT_PADDING',
    });
  });

  it('judges by the mapped list: it makes no memory for a kernel', async () => {
    const engine = await openEngine({
      ...NO_SERVER,
      lists: [await smallList()],
      region: 'BE',
      state: undefined,
    });
    afterTest(() => engine.close());
    const memory = vi.spyOn(Reflect.get(globalThis, 'WebAssembly'), 'Memory');
    afterTest(() => memory.mockRestore());
    expect((await engine.check(asked('0475123456'))).verdict).toBe(2);
    expect((await engine.check(asked('0475123457'))).verdict).toBe(1);
    expect(memory).not.toHaveBeenCalled();
  });

  it('gives no verdict once the list file was written to', async () => {
    const list = await smallList();
    const engine = await openEngine({
      ...NO_SERVER,
      lists: [list],
      region: 'BE',
      state: undefined,
    });
    afterTest(() => engine.close());
    expect((await engine.check(asked('0475123456'))).verdict).toBe(2);
    appendFileSync(list, 'more');
    await expect(engine.check(asked('0475123457'))).rejects.toMatchObject({
      code: 'ERR_LIST_CHANGED',
    });
  });
});
