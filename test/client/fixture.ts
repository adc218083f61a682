/** Servers that lie: real grpc-js servers that answer as a test tells them. */
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { TacetClient, type TacetClientOptions } from '#tacet/client/index.js';
import type { SummaryMessage } from '#tacet/wire/gen/messages.js';
import { dedupeService, encodeResponseParts } from '#tacet/wire/service.js';
import { afterTest, smallList, startServer } from '../server/fixture.ts';

export type Call = ServerDuplexStream<Buffer, Buffer>;

export const SHA_A = 'a'.repeat(64);
export const SHA_B = 'b'.repeat(64);

/** The bytes that name the lists of a response. */
export function lists(...sha256s: string[]): Buffer {
  return encodeResponseParts({
    lists: sha256s.map((sha256, index) => ({
      name: `list-${index}`,
      sha256,
      snapshotDate: '2026-01-01',
      entries: 1,
      validUntilUnix: 2_000_000_000,
      sourceSha256: SHA_A,
      revision: 0,
    })),
  });
}

export function verdicts(...values: number[]): Buffer {
  return Buffer.of(0x12, values.length, ...values);
}

export function reasons(...values: number[]): Buffer {
  return Buffer.of(0x32, values.length, ...values);
}

export function summary(counts: Partial<SummaryMessage>): Buffer {
  return encodeResponseParts({
    summary: {
      numbers: 0,
      callable: 0,
      blocked: 0,
      callableOptIn: 0,
      notCovered: 0,
      unreadable: 0,
      notApplicable: 0,
      jobId: '',
      advertiser: '',
      startedUnixMs: 0,
      finishedUnixMs: 0,
      ...counts,
    },
  });
}

export const concat = (...parts: Buffer[]): Buffer => Buffer.concat(parts);

type Method = 'Check' | 'BatchCheck' | 'GetLists' | 'Dedupe';

/** A server with these methods; the others fail. It is for the caller to end. */
export async function serveMethods(
  methods: Partial<Record<Method, UntypedHandleCall>>,
): Promise<{ server: Server; address: string }> {
  const server = new Server();
  const none = (_: unknown, callback: (error: Error) => void): void => callback(new Error('none'));
  const all = { Check: none, BatchCheck: none, GetLists: none, Dedupe: none, ...methods };
  server.addService(dedupeService, all);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { server, address: `127.0.0.1:${port}` };
}

/** A server whose Dedupe is `dedupe`, told how many streams came before. */
export async function lyingServer(dedupe: (call: Call, before: number) => void): Promise<string> {
  let streams = 0;
  const { server, address } = await serveMethods({
    BatchCheck: (_: unknown, callback: (error: null, bytes: Buffer) => void) =>
      callback(null, concat(lists(SHA_A), verdicts(1, 1, 1))),
    Dedupe: (call: Call) => dedupe(call, streams++),
  });
  afterTest(() => server.forceShutdown());
  return address;
}

export function connect(address: string, options?: TacetClientOptions): TacetClient {
  const client = new TacetClient(address, options);
  afterTest(() => client.close());
  return client;
}

/** A server with the small list, and a client of it. */
export async function served(flags: Record<string, string> = {}) {
  const started = await startServer(await smallList(), flags);
  return { ...started, client: connect(started.address) };
}
