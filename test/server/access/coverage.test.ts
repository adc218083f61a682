import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { encodeOptions } from '#tacet/wire/service.js';
import { tacet } from '../../cli/commands.ts';
import { rawClient, startServer, TODAY, temporaryFolder, until, writeList } from '../fixture.ts';
import { accessFile, dedupeWith, tokenOf, writeAccess } from './fixture.ts';

/** 0475 00 00 00 to 0475 99 99 99, of which every tenth is listed. */
const FIRST = 32475000000;
const NUMBERS = 1_000_000;
const BATCH = 50_000;

const batchAt = (start: number, options: object, length = BATCH): Buffer =>
  Buffer.concat([
    encodeOptions({ advertiser: 'alpha', ...options }),
    encodeKeys(Float64Array.from({ length }, (_, i) => FIRST + start + i)),
  ]);

async function served() {
  const folder = temporaryFolder();
  const entries = new Map<number, number>();
  for (let i = 0; i < NUMBERS; i += 10) entries.set(FIRST + i, TODAY - 100);
  const list = await writeList(join(folder, 'list.tacet'), entries);
  const state = join(folder, 'state');
  const access = writeAccess(accessFile());
  const start = () => startServer(list, { access, state });
  return { start, state, started: await start() };
}

/** Asks for all numbers in order; how many were answered, and what ended it. */
async function walk(address: string, client: string, options: object = {}) {
  const to = rawClient(address);
  for (let start = 0; start < NUMBERS; start += BATCH) {
    const ended = await dedupeWith(to, [batchAt(start, options)], tokenOf(client));
    if (ended.code !== status.OK) return { answered: start, ended };
  }
  return { answered: NUMBERS, ended: undefined };
}

describe('who walks through number blocks', () => {
  it('is stopped with all clients of its party, also after a restart, until released', async () => {
    const { started, start, state } = await served();
    const { answered, ended } = await walk(started.address, 'dialler');
    expect(ended?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(ended?.details).toMatch(/^this client was stopped: .+; some \d+ listed ones were told/);
    const [details] = ended?.metadata.get('grpc-status-details-bin') ?? [];
    expect(decodeErrorInfo(details as Buffer)?.metadata).toEqual({ limit: 'stopped' });
    expect(answered).toBeLessThan(NUMBERS / 4);
    const first = async (address: string, client: string) => {
      const few = batchAt(0, {}, 100);
      const one = await dedupeWith(rawClient(address), [few], tokenOf(client));
      return one.code === status.OK;
    };
    expect(await first(started.address, 'all')).toBe(false);
    await started.server.stop();
    const again = await start();
    expect(await first(again.address, 'dialler')).toBe(false);
    const person = ['--by', 'A. Person', '--reason', 'it was a test of ours'];
    const released = await tacet([
      'access',
      'release',
      'party:centre',
      '--state',
      state,
      ...person,
    ]);
    expect(released.code).toBe(0);
    await until('it is let in again', () => first(again.address, 'dialler'));
  });

  it('is not, while it only asks for service calls: their answers tell nothing', async () => {
    const { started } = await served();
    expect((await walk(started.address, 'all', { purpose: 2 })).answered).toBe(NUMBERS);
  });
});
