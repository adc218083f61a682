import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { service as healthService } from 'grpc-health-check';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import {
  afterTest,
  CALLABLE,
  callHeaders,
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  rawCall,
  rawClient,
  smallList,
  startServer,
  status,
  temporaryFolder,
  until,
  writeList,
} from './fixture.ts';

const one = encodeKeys([LISTED]);
const CLI = fileURLToPath(import.meta.resolve('#tacet/cli/index.js'));

/** The descriptors of this process that are open on files of `folder`. */
function openFiles(folder: string): string[] {
  const paths: string[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      if (path.startsWith(folder)) paths.push(path);
    } catch {
      // The descriptor that listed the folder is closed by now.
    }
  }
  return paths;
}

/** A stream that has been answered once and says nothing more. */
async function openStream(address: string) {
  const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
  const client = rawClient(address);
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  call.on('error', () => undefined);
  const ended = new Promise<{ code: number; details: string }>((resolve) => {
    call.on('status', resolve);
  });
  call.write(one);
  await new Promise((resolve) => call.once('data', resolve));
  return { call, ended };
}

describe('a server that stops', () => {
  it('lets a stream that ends in time end as it would have', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '20s' });
    const { call, ended } = await openStream(address);
    const stopped = server.stop();
    call.write(encodeKeys([CALLABLE]));
    await new Promise((resolve) => call.once('data', resolve));
    call.end();
    call.resume();
    expect((await ended).code).toBe(status.OK);
    await stopped;
  });

  it('ends an idle stream with UNAVAILABLE once drain-timeout is over', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '200ms' });
    const { ended } = await openStream(address);
    const startMs = performance.now();
    await server.stop();
    expect(performance.now() - startMs).toBeLessThan(1500);
    expect(await ended).toMatchObject({
      code: status.UNAVAILABLE,
      details: 'the server is stopping. Send the rest to another server',
    });
  });

  it('ends a stream without a message with UNAVAILABLE too', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '200ms' });
    const call = rawCall(http2Session(address), DEDUPE, [], { end: false });
    await until('it is open', () => server.openStreams === 1);
    await server.stop();
    expect((await call).grpcStatus).toBe(status.UNAVAILABLE);
  });

  it('takes no new calls and says so', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '200ms' });
    await openStream(address);
    const stopped = server.stop();
    await Promise.resolve();
    expect(server.readiness()).toEqual({ ready: false, reasons: ['stopping'] });
    const { code } = await dedupe(rawClient(address, { 'grpc.use_local_subchannel_pool': 1 }), [
      one,
    ]);
    expect(code).toBe(status.UNAVAILABLE);
    await stopped;
  });

  it('does not wait for a client that reads nothing', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '200ms' });
    const session = http2Session(address, { initialWindowSize: 0 });
    const call = rawCall(session, DEDUPE, [framed(one)]);
    await until('it is answered', () => server.lists.current?.users.size === 1);
    await server.stop();
    await call;
    await until('the connection is gone', () => session.destroyed);
    expect(server.openStreams).toBe(0);
  });

  it('does not wait for those who only watch its health', async () => {
    const { address, server } = await startServer(await smallList(), { 'drain-timeout': '30s' });
    const session = http2Session(address);
    const stream = session.request(callHeaders(healthService['Watch']?.path ?? ''));
    stream.on('error', () => undefined);
    stream.end(framed(Buffer.alloc(0)));
    await once(stream, 'data');
    const startMs = performance.now();
    await server.stop();
    expect(performance.now() - startMs).toBeLessThan(2000);
    await until('the connection is gone', () => session.destroyed);
  });

  it('stops once, however often it is asked to', async () => {
    const { server } = await startServer(await smallList());
    const first = server.stop();
    expect(server.stop()).toBe(first);
    await first;
    await server.stop();
  });

  it('closes the list files, those of streams that were cut off included', async () => {
    const folder = temporaryFolder();
    const list = await smallList(folder);
    const { address, server } = await startServer(list, {
      'drain-timeout': '100ms',
      mapping: 'auto',
    });
    // Holds the first version, reads nothing: its hold ends only with its connection.
    const session = http2Session(address, { initialWindowSize: 0 });
    const call = rawCall(session, DEDUPE, [framed(one)], { end: false });
    await until('it is answered', () => server.lists.current?.users.size === 1);
    renameSync(await writeList(join(folder, 'next'), new Map([[CALLABLE, 0]])), list);
    expect(await server.reload()).toBe('swapped');
    expect(openFiles(folder)).toHaveLength(2);
    await server.stop();
    await call;
    await until('no list file is open', () => openFiles(folder).length === 0);
  });

  it('and whose reload is under way serves no list afterwards', async () => {
    const folder = temporaryFolder();
    const list = await smallList(folder);
    const { server } = await startServer(list);
    renameSync(await writeList(join(folder, 'next'), new Map([[CALLABLE, 0]])), list);
    const reloading = server.reload();
    await server.stop();
    expect(await reloading).toBe('refused');
    expect(server.lists.current).toBeUndefined();
    expect(openFiles(folder)).toEqual([]);
    expect(await server.reload()).toBe('refused');
    expect(openFiles(folder)).toEqual([]);
  });
});

describe('a server that cannot start', () => {
  it('leaves no port and no file open', async () => {
    const folder = temporaryFolder();
    const list = await smallList(folder);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    afterTest(() => taken.close());
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const freeAddress = free.address();
    const http = `127.0.0.1:${typeof freeAddress === 'object' ? freeAddress?.port : 0}`;
    free.close();
    await once(free, 'close');
    await expect(startServer(list, { listen: `127.0.0.1:${port}`, http })).rejects.toMatchObject({
      code: 'ERR_IO',
    });
    await expect(startServer(list, { http: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'ERR_IO',
      message: expect.stringContaining('EADDRINUSE'),
    });
    await expect(startServer(`${list}.none`, { http })).rejects.toMatchObject({ code: 'ERR_IO' });
    await expect(fetch(`http://${http}/livez`)).rejects.toThrow();
    expect(openFiles(folder)).toEqual([]);
  });
});

describe('tacet serve', () => {
  it('exits 0 on SIGTERM with clients that never read and never leave', async () => {
    const list = await smallList();
    const flags = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--drain-timeout', '200ms'];
    const child = spawn(process.execPath, [CLI, 'serve', '--list', list, ...flags], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    afterTest(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    let address = '';
    for await (const line of createInterface({ input: child.stdout })) {
      address = /^gRPC +(\S+)$/.exec(line)?.[1] ?? '';
      if (address !== '') break;
    }
    const silent = http2Session(address, { initialWindowSize: 0 });
    void rawCall(silent, DEDUPE, [framed(one)], { end: false });
    await openStream(address);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }, 10_000);
});
