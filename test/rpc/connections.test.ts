import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { metricsOf, sampleValue } from '../observe/exposition.ts';
import {
  afterTest,
  callHeaders,
  DEDUPE,
  framed,
  http2Session,
  LISTED,
  rawCall,
  type StartedServer,
  smallList,
  startServer,
  status,
  until,
} from '../server/fixture.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = Buffer.from('000000040000000000', 'hex');
const GREETING = Buffer.concat([PREFACE, SETTINGS]);
/** The head of a frame of 8 MiB. */
const OVERSIZED = Buffer.from('7fffff000000000001', 'hex');
/** Headers of stream 1, of which hpack can make nothing. */
const BAD_HPACK = Buffer.from('000004010400000001ffffffff', 'hex');
const HALF_HEADERS = Buffer.from('000fff010400000001', 'hex');

const BREAKING: [name: string, bytes: Buffer][] = [
  ['a word that is no HTTP/2', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['junk after the preface', Buffer.concat([PREFACE, Buffer.alloc(64, 'x')])],
  ['a frame that is too large', Buffer.concat([GREETING, OVERSIZED])],
  ['headers that are no hpack', Buffer.concat([GREETING, BAD_HPACK])],
];
const SILENT: [name: string, bytes: Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['half a preface', PREFACE.subarray(0, 10)],
  ['a preface alone', PREFACE],
  ['half of its headers', Buffer.concat([GREETING, HALF_HEADERS])],
];

const one = encodeKeys([LISTED]);

/** A frame of headers, none of them compressed. */
function headersOf(stream: number, headers: Readonly<Record<string, string>>): Buffer {
  const text = (part: string): Buffer => Buffer.from([part.length, ...Buffer.from(part)]);
  const fields = Object.entries(headers)
    .sort()
    .flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
  return frame(1, 4, stream, Buffer.concat(fields));
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.from([0, 0, 0, type, flags, 0, 0, 0, stream]);
  head.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([head, payload]);
}

function open({ server }: StartedServer, bytes: Uint8Array): Socket {
  const socket = connect(server.grpcPort, '127.0.0.1', () => socket.write(bytes));
  socket.on('error', () => undefined);
  socket.resume();
  afterTest(() => socket.destroy());
  return socket;
}

/** Connections of the gRPC port, and what was counted of them. */
async function counted({ server }: StartedServer) {
  const { samples } = await metricsOf(server.httpPort);
  const limit = (reason: string) => sampleValue(samples, 'tacet_limits_reached_total', { reason });
  return {
    open: sampleValue(samples, 'tacet_connections'),
    broken: sampleValue(samples, 'tacet_protocol_errors_total'),
    late: limit('header-timeout'),
    refused: limit('connections'),
    resets: limit('stream-resets'),
    metadata: limit('metadata'),
  };
}

function allClosed(started: StartedServer): Promise<void> {
  return until('no connection is left', async () => (await counted(started)).open === 0, 4000);
}

describe('a connection that breaks HTTP/2', () => {
  it.each(BREAKING)('by %s is closed at once, and counted', async (_name, bytes) => {
    const started = await startServer(await smallList());
    const sockets = Array.from({ length: 5 }, () => open(started, bytes));
    await until('the server closes them', () => sockets.every(({ closed }) => closed), 4000);
    expect(await counted(started)).toMatchObject({ open: 0, broken: 5, late: 0 });
    expect(started.log.join('')).toContain('a client broke HTTP/2');
  });

  it.each(BREAKING)('by %s, and leaves, is gone', async (_name, bytes) => {
    const started = await startServer(await smallList());
    const sockets = Array.from({ length: 5 }, () => open(started, bytes));
    await pause(50);
    for (const socket of sockets) socket.destroy();
    await allClosed(started);
  });

  it('in the middle of its calls, and leaves, is gone, and its calls with it', async () => {
    const started = await startServer(await smallList());
    const headers = headersOf(1, callHeaders(DEDUPE, { ':scheme': 'http', ':authority': 'tacet' }));
    const message = frame(0, 0, 1, framed(one));
    const socket = open(started, Buffer.concat([GREETING, headers, message]));
    await until('its call is open', () => started.server.openStreams === 1);
    socket.write(OVERSIZED);
    await pause(50);
    socket.destroy();
    await allClosed(started);
    expect(started.server.openStreams).toBe(0);
  });
});

describe('a connection that does not get to its first call', () => {
  it.each(SILENT)('with %s is closed after --header-timeout', async (_name, bytes) => {
    const started = await startServer(await smallList(), { 'header-timeout': '300ms' });
    const sockets = Array.from({ length: 3 }, () => open(started, bytes));
    await until('the server closes them', () => sockets.every(({ closed }) => closed), 4000);
    expect(await counted(started)).toMatchObject({ open: 0, late: 3 });
  });

  it('but keeps to HTTP/2 stays, until it is idle for too long', async () => {
    const started = await startServer(await smallList(), { 'header-timeout': '100ms' });
    const session = http2Session(started.address);
    await pause(1500);
    expect(session.closed).toBe(false);
    expect((await rawCall(session, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
  });
});

describe('the limit of connections', () => {
  it('makes the oldest without a call go first, whatever it sent', async () => {
    const started = await startServer(await smallList(), { 'connections-max': '3' });
    const caller = http2Session(started.address);
    expect((await rawCall(caller, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
    const oldest = open(started, GREETING);
    await until('two are open', async () => (await counted(started)).open === 2);
    const younger = open(started, Buffer.alloc(0));
    await until('three are open', async () => (await counted(started)).open === 3);
    const late = http2Session(started.address);
    expect((await rawCall(late, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
    await until('the oldest is closed', () => oldest.closed);
    expect([caller.closed, younger.closed]).toEqual([false, false]);
    expect((await counted(started)).refused).toBe(1);
  });

  it('leaves room for who calls, while others open connections without end', async () => {
    const started = await startServer(await smallList(), { 'connections-max': '20' });
    const flood = setInterval(() => open(started, GREETING), 2);
    try {
      for (let call = 0; call < 20; call++) {
        const session = http2Session(started.address);
        expect((await rawCall(session, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
        session.destroy();
      }
    } finally {
      clearInterval(flood);
    }
    expect((await counted(started)).refused).toBeGreaterThan(0);
  });
});

describe('--stream-resets-max', () => {
  it('closes a connection that cancels more calls, and says so', async () => {
    const started = await startServer(await smallList(), { 'stream-resets-max': '50' });
    const session = http2Session(started.address);
    for (let call = 0; call < 60 && !session.closed; call++) {
      const stream = session.request(callHeaders(DEDUPE));
      stream.on('error', () => undefined);
      stream.close(8);
      await pause(1);
    }
    await until('it is closed', () => session.closed);
    expect(await counted(started)).toMatchObject({ open: 0, resets: 1 });
    expect(started.log.join('')).toContain('"limit":"stream-resets"');
  });

  it('lets calls be cancelled that are fewer', async () => {
    const started = await startServer(await smallList(), { 'stream-resets-max': '50' });
    const session = http2Session(started.address);
    for (let call = 0; call < 45; call++) {
      const stream = session.request(callHeaders(DEDUPE));
      stream.on('error', () => undefined);
      stream.close(8);
    }
    expect((await rawCall(session, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
    expect((await counted(started)).resets).toBe(0);
  });
});

describe('the metadata of a call', () => {
  const entries = (count: number, value: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, value]));

  it.each([
    ['130 entries', entries(130, 'a'), /has \d+ entries, more than 128/],
    ['400 entries', entries(400, 'a'), /has \d+ entries, more than 128/],
    ['70 KiB', entries(10, 'a'.repeat(7 * 1024)), /has \d+ bytes, more than 65536/],
    ['one of 70 KiB', { 'x-large': 'a'.repeat(70 * 1024) }, /has \d+ bytes, more than 65536/],
  ])('of %s is refused with RESOURCE_EXHAUSTED', async (_name, headers, text) => {
    const started = await startServer(await smallList());
    const session = http2Session(started.address);
    const refused = await rawCall(session, DEDUPE, [framed(one)], { headers });
    expect(refused.grpcStatus).toBe(status.RESOURCE_EXHAUSTED);
    expect(refused.message).toMatch(text);
    expect((await rawCall(session, DEDUPE, [framed(one)])).grpcStatus).toBe(status.OK);
    expect((await counted(started)).metadata).toBe(1);
    expect(started.log.join('')).toContain('"limit":"metadata"');
  });

  it('of 110 entries and 60 KiB is taken', async () => {
    const { address } = await startServer(await smallList());
    const headers = { ...entries(110, 'a'.repeat(400)), 'x-large': 'a'.repeat(10_000) };
    const outcome = await rawCall(http2Session(address), DEDUPE, [framed(one)], { headers });
    expect(outcome.grpcStatus).toBe(status.OK);
  });
});
