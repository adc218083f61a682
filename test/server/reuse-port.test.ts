import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { metricsOf, sampleValue } from '../observe/exposition.ts';
import { dedupe, LISTED, rawClient, smallList, startServer, status } from './fixture.ts';

const SHARED = { 'reuse-port': 'true' };
const CONNECTIONS = 40;

/** Whether this Node has the option, asked of Node itself rather than of its version. */
async function nodeCanReusePort(): Promise<boolean> {
  const servers = [createServer(), createServer()];
  let port = 0;
  try {
    for (const server of servers) {
      port = await new Promise<number>((resolve, reject) => {
        server.once('error', reject);
        const wanted = { host: '127.0.0.1', port, reusePort: true };
        server.listen(wanted, () => resolve((server.address() as { port: number }).port));
      });
    }
    return true;
  } catch {
    return false;
  } finally {
    for (const server of servers) server.close();
  }
}

const canReusePort = await nodeCanReusePort();

describe.runIf(canReusePort)('a port', () => {
  it('is shared by servers, of which each gets connections until it stops', async () => {
    const list = await smallList();
    const first = await startServer(list, SHARED);
    const second = await startServer(list, { ...SHARED, listen: first.address });
    const askAll = async (): Promise<void> => {
      for (let i = 0; i < CONNECTIONS; i++) {
        // Without this all clients would share one connection.
        const client = rawClient(first.address, { 'grpc.use_local_subchannel_pool': 1 });
        const { code, responses } = await dedupe(client, [encodeKeys([LISTED])]);
        expect([code, ...(responses[0]?.verdicts ?? [])]).toEqual([status.OK, 2]);
        client.close();
      }
    };
    await askAll();
    const answered = await Promise.all(
      [first, second].map(async ({ server }) => {
        const { samples } = await metricsOf(server.httpPort);
        return sampleValue(samples, 'tacet_numbers_total', { verdict: 'blocked' }) ?? 0;
      }),
    );
    expect(answered.reduce((sum, count) => sum + count, 0)).toBe(CONNECTIONS);
    expect(Math.min(...answered)).toBeGreaterThan(0);
    await second.server.stop();
    await askAll();
  });

  it('is not shared with a server that did not ask for it', async () => {
    const list = await smallList();
    const { address } = await startServer(list, SHARED);
    await expect(startServer(list, { listen: address })).rejects.toMatchObject({ code: 'ERR_IO' });
  });
});

describe.runIf(!canReusePort)('a port on a Node that cannot share it', () => {
  it('is refused, with the Node that could', async () => {
    await expect(startServer(await smallList(), SHARED)).rejects.toThrow(
      /--reuse-port: Node .* cannot; run 22\.12/,
    );
  });
});
