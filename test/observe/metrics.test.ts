import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import {
  afterTest,
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  LISTED_DAY,
  rawCall,
  rawClient,
  smallList,
  startServer,
  status,
  temporaryFolder,
  unary,
  until,
  WORKERS_ONLY,
  writeList,
} from '../server/fixture.ts';
import { metricsOf, sampleValue } from './exposition.ts';

const one = encodeKeys([LISTED]);
const LIMITS = 'tacet_limits_reached_total';

/** A message that goes to a worker. */
const many = encodeKeys(new Array(5000).fill(LISTED));

describe('the metrics of calls', () => {
  it('exist at zero before the first call, every method with every status', async () => {
    const { server } = await startServer(await smallList());
    const { samples } = await metricsOf(server.httpPort);
    for (const grpc_method of ['Check', 'BatchCheck', 'Dedupe', 'GetLists']) {
      for (const grpc_code of ['OK', 'ResourceExhausted', 'Internal']) {
        const labels = { grpc_method, grpc_code };
        expect(sampleValue(samples, 'grpc_server_handled_total', labels)).toBe(0);
      }
      for (const name of ['grpc_server_started_total', 'grpc_server_handling_seconds_count']) {
        expect(sampleValue(samples, name, { grpc_method })).toBe(0);
      }
    }
    expect(sampleValue(samples, 'grpc_server_started_total', { grpc_type: 'bidi_stream' })).toBe(0);
  });

  it('have buckets from 50 us to 1 s, and on to 30 minutes for streams', async () => {
    const { server } = await startServer(await smallList());
    const { samples } = await metricsOf(server.httpPort);
    const bounds = samples
      .filter(({ name }) => name === 'grpc_server_handling_seconds_bucket')
      .filter(({ labels }) => labels['grpc_method'] === 'Dedupe')
      .map(({ labels }) => labels['le']);
    expect(bounds[0]).toBe('0.00005');
    expect(bounds).toEqual(expect.arrayContaining(['0.01', '1', '60', '1800', '+Inf']));
    expect(bounds).toHaveLength(24);
  });

  it('count what is under way, by method, and let go of it', async () => {
    const { server, address } = await startServer(await smallList());
    const inFlight = async (grpc_method: string) =>
      sampleValue((await metricsOf(server.httpPort)).samples, 'tacet_calls_in_flight', {
        grpc_method,
      });
    const session = http2Session(address);
    const open = rawCall(session, DEDUPE, [framed(one)], { end: false });
    await until('it is answered', () => server.openStreams === 1);
    expect(await inFlight('Dedupe')).toBe(1);
    expect(await inFlight('Check')).toBe(0);
    session.destroy();
    await open;
    await until('it is over', async () => (await inFlight('Dedupe')) === 0);
  });

  it('count the bytes of open and of closed connections', async () => {
    const { server, address } = await startServer(await smallList());
    const bytes = async () => {
      const { samples } = await metricsOf(server.httpPort);
      return ['tacet_received_bytes_total', 'tacet_sent_bytes_total', 'tacet_connections'].map(
        (name) => sampleValue(samples, name) ?? -1,
      );
    };
    expect(await bytes()).toEqual([0, 0, 0]);
    const client = rawClient(address);
    await dedupe(client, [many]);
    const [received = 0, sent = 0, connections] = await bytes();
    // 8 bytes a number in, 1 out, and the frames around them.
    expect(received).toBeGreaterThan(40_000);
    expect(received).toBeLessThan(42_000);
    expect(sent).toBeGreaterThan(5000);
    expect(sent).toBeLessThan(7000);
    expect(connections).toBe(1);
    client.close();
    await until('it is closed', async () => (await bytes())[2] === 0);
    const [receivedAtEnd = 0, sentAtEnd = 0] = await bytes();
    expect(receivedAtEnd).toBeGreaterThanOrEqual(received);
    expect(sentAtEnd).toBeGreaterThanOrEqual(sent);
  });
});

describe('the limits reached', () => {
  const reached = async (port: number) => {
    const { samples } = await metricsOf(port);
    const counts = samples.filter(({ name, value }) => name === LIMITS && value > 0);
    return counts.map(({ labels, value }) => [labels['reason'], value]);
  };

  it('are counted by reason: numbers and bytes of a message', async () => {
    const { server, address } = await startServer(await smallList(), {
      'numbers-per-message-max': '4000',
      'batch-check-numbers-max': '10',
      'message-bytes-max': '64KiB',
    });
    expect(await reached(server.httpPort)).toEqual([]);
    const client = rawClient(address);
    expect((await dedupe(client, [many])).code).toBe(status.RESOURCE_EXHAUSTED);
    const eleven = encodeKeys(new Array(11).fill(LISTED));
    const { error } = await unary(client, dedupeService.BatchCheck, eleven);
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    const long = encodeKeys(new Array(9000).fill(LISTED));
    expect((await dedupe(client, [long])).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await reached(server.httpPort)).toEqual([
      ['message-bytes', 1],
      ['numbers', 2],
    ]);
  });

  it('are counted where a client takes nothing, or stays on an old list for too long', async () => {
    const folder = temporaryFolder();
    const path = await smallList(folder);
    const { server, address } = await startServer(path, {
      'stream-stall-max': '200ms',
      'stream-pin-max': '200ms',
    });
    const stalled = http2Session(address, { initialWindowSize: 0 });
    await rawCall(stalled, DEDUPE, [framed(one)], { end: true });
    expect(await reached(server.httpPort)).toEqual([['stream-stall', 1]]);
    const pinned = rawCall(http2Session(address), DEDUPE, [framed(one)], { end: false });
    await until('it is answered', () => server.lists.current?.users.size === 1);
    const next = await writeList(join(folder, 'next'), new Map([[LISTED, LISTED_DAY]]));
    renameSync(next, path);
    expect(await server.reload()).toBe('swapped');
    expect((await pinned).grpcStatus).toBe(status.UNAVAILABLE);
    expect(await reached(server.httpPort)).toEqual([
      ['stream-pin', 1],
      ['stream-stall', 1],
    ]);
  });
});

describe('the metrics of the list', () => {
  it('say that a reload was refused, until one is good again', async () => {
    const path = await smallList();
    const good = readFileSync(path);
    const { server } = await startServer(path);
    const state = async () => {
      const { samples } = await metricsOf(server.httpPort);
      return [
        sampleValue(samples, 'tacet_list_last_reload_successful'),
        sampleValue(samples, 'tacet_list_reloads_total', { outcome: 'refused' }),
        sampleValue(samples, 'tacet_list_last_reload_success_timestamp_seconds'),
      ] as const;
    };
    const [atStart, none, loadedSeconds = 0] = await state();
    expect([atStart, none]).toEqual([1, 0]);
    expect(Math.abs(Date.now() / 1000 - loadedSeconds)).toBeLessThan(30);
    const replace = (bytes: Uint8Array): void => {
      writeFileSync(`${path}.new`, bytes);
      renameSync(`${path}.new`, path);
    };
    replace(good.subarray(0, 1000));
    expect(await server.reload()).toBe('refused');
    expect(await state()).toEqual([0, 1, loadedSeconds]);
    replace(good);
    expect(await server.reload()).toBe('unchanged');
    const [atEnd, once, lastSeconds = 0] = await state();
    expect([atEnd, once]).toEqual([1, 1]);
    expect(lastSeconds).toBeGreaterThan(loadedSeconds);
  });

  it('tell the room on the disk of the list, and survive that it is gone', async () => {
    const path = await smallList();
    const { server } = await startServer(path);
    const { samples } = await metricsOf(server.httpPort);
    const free = sampleValue(samples, 'tacet_list_disk_free_bytes', { list: 'dncm' }) ?? -1;
    const size = sampleValue(samples, 'tacet_list_disk_bytes', { list: 'dncm' }) ?? -1;
    expect(free).toBeGreaterThan(0);
    expect(size).toBeGreaterThan(free);

    const folder = dirname(path);
    const other = await startServer(path);
    renameSync(folder, `${folder}-moved`);
    afterTest(() => renameSync(`${folder}-moved`, folder));
    const moved = (await metricsOf(other.server.httpPort)).samples;
    expect(sampleValue(moved, 'tacet_list_disk_free_bytes')).toBeUndefined();
    expect(sampleValue(moved, 'tacet_list_entries')).toBe(2);
  });
});

describe('the metrics of the process', () => {
  it('tell memory as Pss, and the lag of the event loop', async () => {
    const { server } = await startServer(await smallList());
    const { samples } = await metricsOf(server.httpPort);
    const kinds = ['anonymous', 'file', 'shared'].map(
      (kind) => sampleValue(samples, 'tacet_memory_pss_bytes', { kind }) ?? -1,
    );
    const pss = kinds.reduce((sum, bytes) => sum + bytes, 0);
    expect(Math.min(...kinds)).toBeGreaterThanOrEqual(0);
    expect(pss).toBeGreaterThan(20 * 1024 ** 2);
    expect(pss).toBeLessThanOrEqual((process.memoryUsage().rss + 2 ** 27) * 1.5);

    const slow = async () => {
      const read = (await metricsOf(server.httpPort)).samples;
      const bucket = (le: string) =>
        sampleValue(read, 'tacet_event_loop_lag_seconds_bucket', { le }) ?? -1;
      return bucket('+Inf') - bucket('0.1');
    };
    const before = await slow();
    const end = performance.now() + 300;
    while (performance.now() < end);
    await until('the stall is seen', async () => (await slow()) > before);
  });

  it('are under 1,000 series after every kind of call', async () => {
    const { server, address } = await startServer(await smallList());
    const session = http2Session(address);
    for (const path of ['/grpc.health.v1.Health/Check', '/no.Such/Method', DEDUPE]) {
      await rawCall(session, path, [framed(Buffer.alloc(0))]);
      await rawCall(session, `${path}${'x'.repeat(50)}`, []);
    }
    const { samples, body } = await metricsOf(server.httpPort);
    expect(samples.length).toBeGreaterThan(200);
    expect(samples.length).toBeLessThan(1000);
    expect(body).not.toMatch(/xxxx|no\.Such/);
  });
});

describe('a scrape', () => {
  /** Keeps the workers that run now busy for `ms`, in a loop of their own that nothing ends. */
  async function occupyWorkers(count: number, ms: number): Promise<void> {
    const session = new Session();
    session.connect();
    afterTest(() => session.disconnect());
    const stuck = new Set<string>();
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId } }) => {
      const expression = `for (const end = Date.now() + ${ms}; Date.now() < end;);`;
      const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
      stuck.add(sessionId);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await until('all workers are met', () => stuck.size >= count);
  }

  it('does not wait for workers that are stuck', async () => {
    const { server, address } = await startServer(
      await smallList(),
      { workers: '2' },
      WORKERS_ONLY,
    );
    await occupyWorkers(2, 3000);
    const answer = dedupe(rawClient(address), [many, many]);
    await until('batches wait', () => server.pool.stats.batchesInFlight === 2);
    const startMs = performance.now();
    const { samples } = await metricsOf(server.httpPort);
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect(sampleValue(samples, 'tacet_batches_in_flight')).toBe(2);
    expect((await answer).code).toBe(status.OK);
  });

  it('tells workers that died and were replaced', async () => {
    const { server } = await startServer(await smallList());
    const [worker] = server.pool.threads;
    if (worker === undefined) throw new Error('the pool has no worker');
    const gone = once(worker, 'exit');
    void worker.terminate();
    await gone;
    await until('another one lives', () => server.pool.stats.workerRestarts === 1);
    const { samples } = await metricsOf(server.httpPort);
    expect(sampleValue(samples, 'tacet_worker_restarts_total')).toBe(1);
    expect(sampleValue(samples, 'tacet_workers')).toBe(2);
    expect(sampleValue(samples, 'tacet_workers_wanted')).toBe(2);
  });
});
