import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RpcServer } from '#tacet/rpc/server.js';
import { rehearse } from '#tacet/server/rehearsal.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { metricsOf, sampleValue } from '../observe/exposition.ts';
import {
  dedupe,
  LISTED,
  LISTED_DAY,
  rawClient,
  smallList,
  startServer,
  temporaryFolder,
  writeList,
} from './fixture.ts';

const REHEARSED = { rehearsalMs: 150 };

/** What the metrics of a server tell of calls, numbers, connections and limits. */
async function countedBy(port: number): Promise<[string, number][]> {
  const { samples } = await metricsOf(port);
  const counted = /^(grpc_server_|tacet_numbers_total|tacet_connections|tacet_limit|tacet_stream)/;
  return samples
    .filter(({ name, value }) => counted.test(name) && value !== 0)
    .map(({ name, value }) => [name, value]);
}

describe('a rehearsal', () => {
  it.each([
    {},
    { 'disclose-dates': 'true' },
    {
      'numbers-per-message-max': '1',
      'batch-check-numbers-max': '1',
      'message-bytes-max': '1024',
    },
    { workers: '1', kernel: 'directory' },
    { 'index-copy-max': '0', 'connections-max': '1', 'streams-per-connection-max': '1' },
  ])('leaves no trace in metrics and log: %j', async (flags) => {
    const { server, log } = await startServer(
      await smallList(),
      { ...flags, 'log-level': 'debug' },
      REHEARSED,
    );
    expect(await countedBy(server.httpPort)).toEqual([]);
    const lines = log.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(lines.filter((line) => /call|client|rehears/.test(line))).toEqual([]);
    expect(server.openStreams).toBe(0);
  });

  it('has gone through the workers and the event loop', async () => {
    const { server } = await startServer(await smallList(), {}, REHEARSED);
    const { samples } = await metricsOf(server.httpPort);
    const busy = ['0', '1'].map(
      (worker) => sampleValue(samples, 'tacet_worker_busy_seconds_total', { worker }) ?? 0,
    );
    expect(Math.max(...busy)).toBeGreaterThan(0);
    expect(server.pool.stats.inlineBusySeconds).toBeGreaterThan(0);
  });

  it('leaves the answers as they are', async () => {
    const { address } = await startServer(
      await smallList(),
      { 'disclose-dates': 'true' },
      REHEARSED,
    );
    const { responses } = await dedupe(rawClient(address), [encodeKeys([LISTED])]);
    expect([...(responses[0]?.verdicts ?? [])]).toEqual([2]);
  });

  it('does not hide what is wrong with a list', async () => {
    const path = join(temporaryFolder(), 'list.tacet');
    await writeList(path, new Map([[LISTED, LISTED_DAY]]));
    appendFileSync(path, 'x');
    await expect(startServer(path, {}, REHEARSED)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_FORMAT/),
    });
  });

  it('of a list with a wrong byte ends with what is wrong with the list', async () => {
    const path = join(temporaryFolder(), 'list.tacet');
    // Far apart, so that the directory has many pages.
    const numbers = Array.from({ length: 200 }, (_, i) => LISTED + i * 70_001);
    await writeList(path, new Map(numbers.map((number) => [number, LISTED_DAY])));
    const bytes = readFileSync(path);
    for (let place = 0; place < 40; place++) {
      const damaged = Buffer.from(bytes);
      const at = 4096 + Math.floor(((bytes.length - 4096) * place) / 40);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
      writeFileSync(path, damaged);
      const started = startServer(path, {}, { rehearsalMs: 10 });
      const code = expect.stringMatching(/^ERR_FORMAT/);
      await expect(started, `byte ${at}`).rejects.toMatchObject({ code });
    }
  });

  it.each([
    ['hangs up', (socket: Socket) => socket.destroy()],
    ['is no gRPC server', (socket: Socket) => socket.end('220 ready\r\n')],
    ['says nothing', () => undefined],
  ])('of a server that %s is an error, soon', async (_, adopt) => {
    const server = {
      numbersPerMessageMax: 1000,
      messageBytesMax: 65_536,
      discloseDates: false,
      workers: 1,
      rehearsalMs: 10,
    };
    await expect(rehearse({ adopt } as Pick<RpcServer, 'adopt'>, server)).rejects.toThrow();
  });
});
