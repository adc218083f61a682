/** Real servers on free ports, real list files, real clients; all of it gone after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2, type Settings } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterEach } from 'vitest';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { writeListFile } from '#tacet/list/write.js';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { TacetServer } from '#tacet/server/server.js';
import type { ServerTuning } from '#tacet/server/tuning.js';
import type { Layout } from '#tacet/source/layout/layout.js';
import { type DecodedResponse, decodeResponse } from '#tacet/wire/response-reader.js';
import { dedupeService } from '#tacet/wire/service.js';

/** Heavy runs are this many times as long; 1 keeps the suite quick. */
export const SCALE = Number(process.env['TEST_SCALE'] ?? 1);

export const TODAY = brusselsDay(Date.now());
/** Yesterday's file, as it is fetched this morning. */
export const SNAPSHOT = TODAY - 1;

/** +32 475 12 34 56, on the list since {@link LISTED_DAY}. */
export const LISTED = 32475123456;
export const LISTED_DAY = TODAY - 100;
/** On the list, its day unknown. */
export const LISTED_UNDATED = 3221234567;
export const CALLABLE = 32475123457;

const layout: Layout = {
  kind: 'separated',
  separator: ';',
  columns: ['number', 'date'],
  numberForm: 'trunk',
  dateForm: 'DD/MM/YYYY',
  header: false,
  quotes: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
};

const cleanups: (() => unknown)[] = [];

/** Runs after the test, the latest first. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-test-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a list file of `entries` (key to registration day, 0 = unknown); returns its path. */
export async function writeList(
  path: string,
  entries: ReadonlyMap<number, number>,
  { snapshotDay = SNAPSHOT, name = 'dncm' } = {},
): Promise<string> {
  const sorted = [...entries].sort(([a], [b]) => a - b);
  await writeListFile(path, {
    name,
    snapshotDay,
    layout,
    sourceSha256: '0'.repeat(64),
    numbers: BigUint64Array.from(sorted, ([key]) => BigInt(key)),
    days: Uint16Array.from(sorted, ([, day]) => day),
  });
  return path;
}

/** A list of two numbers. */
export function smallList(folder = temporaryFolder()): Promise<string> {
  const entries = new Map([
    [LISTED, LISTED_DAY],
    [LISTED_UNDATED, 0],
  ]);
  return writeList(join(folder, 'small.tacet'), entries);
}

/** The event loop answers no batch itself. */
export const WORKERS_ONLY = { inlineBytesMax: 0 };

export interface StartedServer {
  readonly server: TacetServer;
  readonly address: string;
  /** What was logged as an error, one JSON line each. */
  readonly errors: string[];
  /** All that was logged, likewise. */
  readonly log: string[];
}

/** Starts a server of list files; flags as of `tacet serve`, without their dashes. */
export async function startServer(
  list: string | readonly string[],
  flags: Readonly<Record<string, string>> = {},
  tuning: Partial<ServerTuning> = {},
): Promise<StartedServer> {
  const texts = { workers: '2', listen: '127.0.0.1:0', http: '127.0.0.1:0', ...flags };
  const options = readServeOptions({
    flags: {
      list: [list].flat(),
      ...Object.fromEntries(Object.entries(texts).map(([flag, text]) => [flag, [text]])),
    },
    environment: {},
    config: undefined,
  });
  const errors: string[] = [];
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
    // 50 is an error, see pino's levels.
    if (Number(/"level":(\d+)/.exec(line)?.[1]) >= 50) errors.push(line);
  };
  const log = pino({ level: options.logLevel }, { write });
  const server = await TacetServer.start(options, {
    version: '0.0.0-test',
    log,
    tuning: { rehearsalMs: 0, ...tuning },
  });
  afterTest(() => server.stop());
  return { server, address: `127.0.0.1:${server.grpcPort}`, errors, log: lines };
}

/** A grpc-js client that knows nothing of Tacet. */
export function rawClient(address: string, options: Record<string, number> = {}): Client {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
    ...options,
  });
  afterTest(() => client.close());
  return client;
}

/** Flags of a server whose limits a test reaches with little. */
export const SMALL_LIMITS = {
  'numbers-per-message-max': '100',
  'batch-check-numbers-max': '10',
  'message-bytes-max': '4KiB',
};

export interface DedupeResult {
  readonly responses: DecodedResponse[];
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** Sends `requests` on one stream, half-closes, and takes everything that comes back. */
export function dedupe(client: Client, requests: readonly Uint8Array[]): Promise<DedupeResult> {
  const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const responses: DecodedResponse[] = [];
  return new Promise((resolve) => {
    call.on('data', (bytes: Buffer) => responses.push(decodeResponse(bytes)));
    call.on('error', () => undefined);
    call.on('status', (ended) => resolve({ responses, ...ended }));
    for (const request of requests) call.write(Buffer.from(request));
    call.end();
  });
}

/** A stream that has been answered once and stays open; `ended` gives the code it ends with. */
export async function openStream(client: Client, request: Uint8Array) {
  const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  call.on('error', () => undefined);
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  const answered = new Promise((resolve) => call.once('data', resolve));
  call.write(Buffer.from(request));
  await answered;
  return { ended, write: (next: Uint8Array): boolean => call.write(Buffer.from(next)) };
}

/** One unary call: its response, or the error it fails with. */
export function unary<Request, Response>(
  client: Client,
  method: {
    path: string;
    requestSerialize(request: Request): Buffer;
    responseDeserialize(bytes: Buffer): Response;
  },
  request: Request,
): Promise<{ response?: Response | undefined; error?: ServiceError }> {
  const { path, requestSerialize, responseDeserialize } = method;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, value) =>
      resolve(error === null ? { response: value } : { error }),
    );
  });
}

/** Resolves once `condition` holds; fails, saying what was awaited, after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A bare HTTP/2 connection, for what grpc-js would never send. */
export function http2Session(address: string, settings: Settings = {}): ClientHttp2Session {
  const options = { settings, maxSendHeaderBlockLength: 1024 ** 2 };
  const session = connectHttp2(`http://${address}`, options);
  session.on('error', () => undefined);
  afterTest(() => session.destroy());
  return session;
}

/** The headers of a gRPC call. */
export function callHeaders(path: string, more: Record<string, string> = {}) {
  return {
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    ...more,
  };
}

/** A message as it goes over the wire: flag, length, bytes. */
export function framed(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export interface RawOutcome {
  /** grpc-status, -1 where none came. */
  readonly grpcStatus: number;
  readonly message: string;
  /** Of `grpc-status-details-bin`, base64. */
  readonly details: string;
  /** The code of the RST_STREAM frame, 0 = none or NO_ERROR. */
  readonly rstCode: number;
  readonly body: Buffer;
}

/** One raw call: what it ended with. The request side stays open unless `end`. */
export function rawCall(
  session: ClientHttp2Session,
  path: string,
  parts: readonly Uint8Array[],
  { headers = {}, end = true }: { headers?: Record<string, string>; end?: boolean } = {},
): Promise<RawOutcome> {
  return new Promise((resolve) => {
    const stream = session.request(callHeaders(path, headers));
    let grpcStatus = -1;
    let message = '';
    let details = '';
    const note = (fields: Record<string, unknown>): void => {
      if (fields['grpc-status'] === undefined) return;
      grpcStatus = Number(fields['grpc-status']);
      message = decodeURIComponent(String(fields['grpc-message'] ?? ''));
      details = String(fields['grpc-status-details-bin'] ?? '');
    };
    const body: Buffer[] = [];
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () =>
      resolve({ grpcStatus, message, details, rstCode: stream.rstCode, body: Buffer.concat(body) }),
    );
    for (const part of parts) stream.write(part);
    if (end) stream.end();
  });
}

export const DEDUPE = dedupeService.Dedupe.path;
export { status };
