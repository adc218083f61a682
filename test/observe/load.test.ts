import {
  linkSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { ListStore } from '#tacet/store/store.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { decodeResponse } from '#tacet/wire/response-reader.js';
import { dedupeService } from '#tacet/wire/service.js';
import {
  dedupe,
  rawClient,
  SCALE,
  SNAPSHOT,
  startServer,
  status,
  temporaryFolder,
  until,
  WORKERS_ONLY,
  writeList,
} from '../server/fixture.ts';
import { addVersion, switchTo } from '../serving/store-fixture.ts';

/** With TEST_SCALE=4 these are 200, 1,000 and 100, for some minutes of load. */
const SWAPS = 50 * SCALE;
const CANCELS = 250 * SCALE;
const KILLS = 25 * SCALE;

const FIRST = 32475000000;
const ENTRIES = 20_000;

/** Every second number is listed: the even ones, or the odd ones. */
function half(parity: 0 | 1): Map<number, number> {
  return new Map(
    Array.from({ length: ENTRIES }, (_, i) => [FIRST + i * 2 + parity, SNAPSHOT - 100]),
  );
}

const verdictOf = (key: number, parity: number): number => (key % 2 === parity ? 2 : 1);

/** Requests of sizes that are answered inline and by workers. */
const BATCHES = [7, 3000, 100, 9000, 1, 600].map((count, turn) => {
  const keys = Array.from({ length: count }, (_, i) => FIRST + ((turn * 977 + i) % ENTRIES));
  return { keys, request: encodeKeys(keys) };
});
const REQUESTS = BATCHES.map(({ request }) => request);

/** One stream of all batches, answered from one version: the parity of what it blocks. */
async function checkedStream(client: Client, parityOf: (sha256: string) => number) {
  const { responses, code, details } = await dedupe(client, REQUESTS);
  expect({ code, details }).toEqual({ code: status.OK, details: 'OK' });
  const sha256 = responses[0]?.lists[0]?.sha256 ?? '';
  const parity = parityOf(sha256);
  let wrong = 0;
  BATCHES.forEach(({ keys }, batch) => {
    const { verdicts } = responses[batch] ?? { verdicts: new Uint8Array(0) };
    keys.forEach((key, i) => {
      if (verdicts[i] !== verdictOf(key, parity)) wrong++;
    });
  });
  expect(wrong).toBe(0);
  expect(responses.at(-1)?.lists[0]?.sha256).toBe(sha256);
  expect(responses.at(-1)?.summary?.numbers).toBe(12_708);
  return parity;
}

/** How often `folder` occurs among the open files and the maps of this process. */
function traces(folder: string): { files: number; maps: number } {
  let files = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) files++;
    } catch {
      // The descriptor that listed the folder is closed by now.
    }
  }
  return { files, maps: readFileSync('/proc/self/maps', 'utf8').split(folder).length - 1 };
}

/** A list and how it is replaced by that of a parity. */
interface Placed {
  readonly list: string;
  /** The versions, by parity. */
  readonly shas: readonly string[];
  place(parity: number): Promise<void>;
}

/** A file that another one is renamed over. */
async function placeFile(folder: string): Promise<Placed> {
  const masters = [
    await writeList(join(folder, 'even'), half(0)),
    await writeList(join(folder, 'odd'), half(1)),
  ] as const;
  const list = join(folder, 'list.tacet');
  const place = async (parity: number): Promise<void> => {
    linkSync(masters[parity === 0 ? 0 : 1], join(folder, 'next'));
    renameSync(join(folder, 'next'), list);
  };
  return { list, shas: await Promise.all(masters.map(sha256Of)), place };
}

async function sha256Of(file: string): Promise<string> {
  const handle = await openListFile(file);
  closeListFile(handle);
  return handle.header.sha256;
}

/** A store whose pointer moves. */
async function placeInStore(folder: string): Promise<Placed> {
  const store = await ListStore.open(join(folder, 'store'), { create: true });
  const versions = [
    await addVersion(store, [...half(0).keys()]),
    await addVersion(store, [...half(1).keys()]),
  ] as const;
  const place = (parity: number): Promise<void> => switchTo(store, versions[parity === 0 ? 0 : 1]);
  const shas = await Promise.all(versions.map((name) => sha256Of(store.listFile(name))));
  return { list: store.path, shas, place };
}

describe('under streaming load', () => {
  it.each([
    ['file', placeFile],
    ['store', placeInStore],
  ])(
    `${SWAPS} swaps of a %s give no wrong answer, each stream is one version`,
    async (what, make) => {
      const folder = temporaryFolder();
      const { list, shas, place } = await make(folder);
      await place(0);
      const { server, address } = await startServer(list, {
        verify: 'header',
        'list-poll': '10ms',
      });
      const parityOf = (sha256: string): number => shas.indexOf(sha256);
      const seen = [0, 0];
      let swapping = true;
      const load = Array.from({ length: 2 }, async () => {
        const client = rawClient(address, { 'grpc.use_local_subchannel_pool': 1 });
        while (swapping) {
          const parity = await checkedStream(client, parityOf);
          seen[parity] = (seen[parity] ?? 0) + 1;
        }
      });
      for (let swap = 1; swap <= SWAPS; swap++) {
        await place(swap % 2);
        if (what === 'file') await server.reload();
        const shaNow = () => server.lists.current?.versions[0]?.sha256;
        await until('the other version serves', () => shaNow() === shas[swap % 2]);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      swapping = false;
      await Promise.all(load);
      expect(Math.min(...seen)).toBeGreaterThan(5);
      // What is left is the current file, mapped by the two workers and the main thread.
      await until('all other versions are gone', () => {
        const { files, maps } = traces(folder);
        return files === 1 && maps <= 3 * 3;
      });
    },
  );

  it(`${CANCELS} cancelled streams leave nothing in flight within a second`, async () => {
    const list = await writeList(join(temporaryFolder(), 'list.tacet'), half(0));
    const { server, address } = await startServer(list, { 'streams-per-connection-max': '1000' });
    const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
    const client = rawClient(address);
    const ended: Promise<unknown>[] = [];
    let answers = 0;
    for (let i = 0; i < CANCELS; i++) {
      const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
      call.on('error', () => undefined);
      call.on('data', (bytes: Buffer) => {
        answers++;
        if (i % 2 === 0 && decodeResponse(bytes).verdicts.length > 1000) call.cancel();
      });
      ended.push(new Promise((resolve) => call.on('status', resolve)));
      for (const request of REQUESTS) call.write(request);
      // Half of them in the middle of their answers, half with nothing answered yet.
      if (i % 2 === 1) setImmediate(() => call.cancel());
      if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(ended);
    expect(answers).toBeGreaterThan(50);
    await until(
      'nothing is in flight',
      () => {
        const { batchesInFlight, batchesWaiting } = server.pool.stats;
        const held = server.lists.current?.users.size;
        return batchesInFlight + batchesWaiting + server.openStreams + (held ?? 0) === 0;
      },
      1000,
    );
    expect(await checkedStream(client, () => 0)).toBe(0);
  });

  it(`killing a worker ${KILLS} times loses nothing`, async () => {
    const list = await writeList(join(temporaryFolder(), 'list.tacet'), half(0));
    const { server, address, errors } = await startServer(list, {}, WORKERS_ONLY);
    let killing = true;
    let streams = 0;
    const load = Array.from({ length: 3 }, async () => {
      const client = rawClient(address);
      while (killing) {
        await checkedStream(client, () => 0);
        streams++;
      }
    });
    for (let kill = 0; kill < KILLS; kill++) {
      const { workerRestarts } = server.pool.stats;
      const { threads } = server.pool;
      await threads[kill % threads.length]?.terminate();
      await until('it is replaced', () => server.pool.stats.workerRestarts > workerRestarts);
    }
    killing = false;
    await Promise.all(load);
    expect(streams).toBeGreaterThan(5);
    expect(errors).toEqual([]);
    expect(server.pool.stats).toMatchObject({ batchesInFlight: 0, batchesWaiting: 0, workers: 2 });
  });
});

describe('a reload', () => {
  it('of a bad file is refused with its reason, and the old list goes on', async () => {
    const folder = temporaryFolder();
    const good = await writeList(join(folder, 'good'), half(0));
    const served = join(folder, 'list.tacet');
    linkSync(good, served);
    const { server, address } = await startServer(served);
    const bytes = readFileSync(good);
    const corrupt = Buffer.from(bytes);
    // In the middle of the numbers, which begin at 64 KiB.
    corrupt[65_536 + 8000] = (corrupt[65_536 + 8000] ?? 0) ^ 1;
    const stale = readFileSync(
      await writeList(join(folder, 'stale'), half(1), { snapshotDay: SNAPSHOT - 6 }),
    );
    const bad: [string, Buffer, string][] = [
      ['truncated', bytes.subarray(0, bytes.length - 1), 'ERR_FORMAT_SIZE'],
      ['corrupt', corrupt, 'ERR_FORMAT_CHECKSUM'],
      ['stale', stale, 'ERR_LIST_STALE'],
      ['empty', Buffer.alloc(0), 'ERR_FORMAT_'],
      ['no list', Buffer.from('0475123456;01/01/2020\n'), 'ERR_FORMAT_'],
    ];
    for (const [what, content, code] of bad) {
      writeFileSync(join(folder, 'next'), content);
      renameSync(join(folder, 'next'), served);
      expect([what, await server.reload()]).toEqual([what, 'refused']);
      expect(server.lists.lastRefusal).toMatchObject({ code: expect.stringContaining(code) });
      expect(await checkedStream(rawClient(address), () => 0)).toBe(0);
    }
    expect(server.readiness()).toEqual({ ready: true, reasons: [] });
    linkSync(good, join(folder, 'next'));
    renameSync(join(folder, 'next'), served);
    expect(await server.reload()).toBe('unchanged');
    expect(server.lists.lastRefusal).toBeUndefined();
    expect(traces(folder).files).toBe(1);
  });

  it('asked for many times at once happens one after the other', async () => {
    const folder = temporaryFolder();
    const served = await writeList(join(folder, 'list.tacet'), half(0));
    const { server, address } = await startServer(served);
    renameSync(await writeList(join(folder, 'next'), half(1)), served);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => server.reload()));
    expect(outcomes).toEqual(['swapped', 'unchanged', 'unchanged', 'unchanged', 'unchanged']);
    expect(await checkedStream(rawClient(address), () => 1)).toBe(1);
    await until('the first version is gone', () => traces(folder).files === 1);
  });
});
