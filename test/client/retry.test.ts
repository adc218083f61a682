import { createServer, type ServerHttp2Stream } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { encodeBatch } from '#tacet/client/batch.js';
import { afterTest, LISTED, smallList, startServer, until } from '../server/fixture.ts';
import { concat, connect, lists, SHA_A, serveMethods, verdicts } from './fixture.ts';

const ANSWER = concat(lists(SHA_A), verdicts(2));

/** A server whose BatchCheck fails with `codes`, one after the other, before it answers. */
async function failing(...codes: number[]): Promise<{ address: string; calls: () => number }> {
  let calls = 0;
  const { server, address } = await serveMethods({
    BatchCheck: (_: unknown, callback: (error: object | null, bytes?: Buffer) => void) => {
      const code = codes[calls++];
      if (code === undefined) callback(null, ANSWER);
      else callback({ code, details: 'as told' });
    },
  });
  afterTest(() => server.forceShutdown());
  return { address, calls: () => calls };
}

/** A balancer without a server: answers each call by `respond`. */
async function balancer(respond: (stream: ServerHttp2Stream, before: number) => void) {
  let calls = 0;
  const server = createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    respond(stream, calls++);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => server.close());
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { address: `127.0.0.1:${bound.port}`, calls: () => calls };
}

describe('a unary call that is lost on the way', () => {
  it('is sent again until it is answered', async () => {
    const { UNAVAILABLE } = status;
    const { address, calls } = await failing(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
    const { verdicts: got } = await connect(address).batchCheck({ keys: [LISTED] });
    expect([...got]).toEqual([2]);
    expect(calls()).toBe(4);
  });

  it('also where it is larger than what grpc-js keeps for its own retries', async () => {
    const { address, calls } = await failing(status.UNAVAILABLE);
    const batch = { keys: new BigUint64Array(400_000).fill(BigInt(LISTED)) };
    expect(encodeBatch(batch).request.length).toBeGreaterThan(3 * 1024 ** 2);
    // One verdict for them all: that it came is what is asked here.
    await expect(connect(address).batchCheck(batch)).rejects.toMatchObject({
      code: 'ERR_RECONCILE',
    });
    expect(calls()).toBe(2);
  });

  it('is given up after retriesMax, with ERR_SERVER', async () => {
    const { address, calls } = await failing(...new Array(10).fill(status.UNAVAILABLE));
    await expect(
      connect(address, { retriesMax: 2 }).batchCheck({ keys: [LISTED] }),
    ).rejects.toMatchObject({ code: 'ERR_SERVER' });
    expect(calls()).toBe(3);
    const once = await failing(status.UNAVAILABLE);
    await expect(
      connect(once.address, { retriesMax: 0 }).batchCheck({ keys: [LISTED] }),
    ).rejects.toMatchObject({ code: 'ERR_SERVER' });
    expect(once.calls()).toBe(1);
  });

  it('is given up where the next try would come too late', async () => {
    const { address, calls } = await failing(...new Array(100).fill(status.UNAVAILABLE));
    const client = connect(address, { retriesMax: 100, timeoutMs: 500 });
    const startMs = performance.now();
    await expect(client.batchCheck({ keys: [LISTED] })).rejects.toMatchObject({
      code: 'ERR_SERVER',
    });
    expect(performance.now() - startMs).toBeLessThan(1500);
    // 0, 80-100, 240-300 ms, and perhaps one more.
    expect(calls()).toBeGreaterThan(1);
    expect(calls()).toBeLessThan(5);
  });

  it.each([
    ['INVALID_ARGUMENT', 'ERR_REQUEST'],
    ['RESOURCE_EXHAUSTED', 'ERR_LIMIT'],
    ['FAILED_PRECONDITION', 'ERR_LIST_STALE'],
    ['INTERNAL', 'ERR_SERVER'],
  ] as const)('is not one that ends with %s', async (name, code) => {
    const { address, calls } = await failing(status[name]);
    await expect(connect(address).batchCheck({ keys: [LISTED] })).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
  });

  it('is not sent again once the client is closed, which does not wait for it', async () => {
    const { address, calls } = await failing(...new Array(9).fill(status.UNAVAILABLE));
    const client = connect(address, { retriesMax: 9, timeoutMs: 60_000 });
    const checking = client.batchCheck({ keys: [LISTED] });
    const failed = expect(checking).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await until('it waits', () => calls() === 3);
    client.close();
    await failed;
    expect(calls()).toBe(3);
  });
});

describe('what a balancer says of a server that is away', () => {
  it.each([
    [
      'a page of HTML',
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 502, 'content-type': 'text/html' });
        stream.end('<html><body>502 Bad Gateway</body></html>');
      },
    ],
    ['a reset with INTERNAL_ERROR', (stream: ServerHttp2Stream) => stream.close(2)],
    ['a reset with CANCEL', (stream: ServerHttp2Stream) => stream.close(8)],
    [
      'a reset behind the head of an answer',
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        setImmediate(() => stream.close(2));
      },
    ],
    [
      'a status without a message',
      (stream: ServerHttp2Stream) => {
        stream.respond({ ':status': 204, 'grpc-status': '14' }, { endStream: true });
      },
    ],
  ])('such as %s: sent again, then ERR_SERVER', async (_, respond) => {
    const { address, calls } = await balancer(respond);
    const client = connect(address, { retriesMax: 1 });
    await expect(client.check({ phoneNumber: '1' })).rejects.toMatchObject({ code: 'ERR_SERVER' });
    expect(calls()).toBe(2);
    const call = client.dedupe({ reopensMax: 1 });
    const batch = { keys: [LISTED] };
    await expect(call.send(batch)).rejects.toMatchObject({ code: 'ERR_SERVER' });
    expect(calls()).toBe(4);
  });
});

describe('a closed client', () => {
  it('refuses calls with ERR_CANCELLED', async () => {
    const { address } = await startServer(await smallList());
    const client = connect(address);
    client.close();
    await expect(client.check({ phoneNumber: '1' })).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
    await expect(client.ready()).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await expect(client.dedupe().finish()).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('ends a stream that waits to be opened again', async () => {
    const { address, calls } = await balancer((stream) => stream.close(2));
    const client = connect(address);
    const call = client.dedupe();
    const batch = { keys: [LISTED] };
    const answer = expect(call.send(batch)).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
    await until('it waits', () => calls() === 2);
    client.close();
    await answer;
  });
});

describe('many calls at once', () => {
  it('leave nothing behind and make Node warn of nothing', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    const { address } = await startServer(await smallList());
    const client = connect(address);
    const streams = Array.from({ length: 20 }, () => client.dedupe());
    await Promise.all([
      ...Array.from({ length: 50 }, () => client.check({ phoneNumber: '0475123456' })),
      ...streams.map((call) => call.finish()),
    ]);
    // Warnings are told in a later tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('several servers', () => {
  it('are asked in turn with round_robin, and one of them with pick_first', async () => {
    const servers = await Promise.all([failing(), failing(), failing()]);
    const address = `ipv4:${servers.map((server) => server.address).join()}`;
    const spread = connect(address, { loadBalancing: 'round_robin' });
    await until('all are connected to', async () => {
      await spread.batchCheck({ keys: [LISTED] });
      return servers.every(({ calls }) => calls() > 0);
    });
    const before = servers.map(({ calls }) => calls());
    for (let i = 0; i < 30; i++) await spread.batchCheck({ keys: [LISTED] });
    expect(servers.map(({ calls }, i) => calls() - (before[i] ?? 0))).toEqual([10, 10, 10]);
    const one = connect(address);
    const now = servers.map(({ calls }) => calls());
    for (let i = 0; i < 30; i++) await one.batchCheck({ keys: [LISTED] });
    const more = servers.map(({ calls }, i) => calls() - (now[i] ?? 0));
    expect(more.toSorted((a, b) => a - b)).toEqual([0, 0, 30]);
  });
});
