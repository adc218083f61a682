import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
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
  until,
  WORKERS_ONLY,
} from '../server/fixture.ts';

const one = encodeKeys([LISTED]);
const NGHTTP2_REFUSED_STREAM = 7;
const NGHTTP2_ENHANCE_YOUR_CALM = 11;

describe('a client that goes on sending after its status', () => {
  it('is reset behind a message over the limit', async () => {
    const { address } = await startServer(await smallList(), { 'message-bytes-max': '64KiB' });
    const session = http2Session(address);
    const stream = session.request(callHeaders(DEDUPE));
    let grpcStatus = -1;
    let written = 0;
    stream.on('response', (headers) => {
      grpcStatus = Number(headers['grpc-status'] ?? -1);
    });
    stream.on('error', () => undefined);
    stream.resume();
    // The head of a message of 1 GiB, and then as much of it as is taken.
    stream.write(Buffer.of(0, 0x40, 0, 0, 0));
    const chunk = Buffer.alloc(16_384);
    const push = (): void => {
      while (!stream.destroyed && written < 1 << 28) {
        written += chunk.length;
        if (!stream.write(chunk)) return void stream.once('drain', push);
      }
    };
    push();
    await until('the stream is closed', () => stream.closed);
    expect(grpcStatus).toBe(status.RESOURCE_EXHAUSTED);
    // No more than the window and what was on its way.
    expect(written).toBeLessThan(16 << 20);
  });

  it('gets the status of every stream that fails behind answers, 200 times', async () => {
    const { address } = await startServer(await smallList());
    const client = rawClient(address);
    const late = encodeOptions({ region: 'BE' });
    const results = await Promise.all(
      Array.from({ length: 200 }, () => dedupe(client, [one, one, late, one, one])),
    );
    expect(new Set(results.map(({ code }) => code))).toEqual(new Set([status.INVALID_ARGUMENT]));
    expect(new Set(results.map(({ responses }) => responses.length))).toEqual(new Set([2]));
  });

  it('gets the status of a message over the limit while an answer is on its way', async () => {
    const { address } = await startServer(await smallList(), { 'message-bytes-max': '1KiB' });
    const session = http2Session(address);
    const tooLong = framed(encodeKeys(new Array(200).fill(LISTED)));
    // The first call opens the connection; from the second on both messages come in one packet.
    for (let call = 0; call < 10; call++) {
      const { grpcStatus } = await rawCall(session, DEDUPE, [framed(one), tooLong]);
      expect([call, grpcStatus]).toEqual([call, status.RESOURCE_EXHAUSTED]);
    }
  });

  it('is reset without having half-closed', async () => {
    const { address } = await startServer(await smallList());
    const session = http2Session(address);
    const late = framed(encodeOptions({ region: 'BE' }));
    const outcome = await rawCall(session, DEDUPE, [framed(one), late], { end: false });
    expect(outcome).toMatchObject({ grpcStatus: status.INVALID_ARGUMENT, rstCode: 0 });
  });
});

describe('the windows', () => {
  it('are those of the server, as the client sees them', async () => {
    const windows = { streamWindowBytes: 3 << 20, connectionWindowBytes: 5 << 20 };
    const flags = { 'streams-per-connection-max': '7' };
    const { address } = await startServer(await smallList(), flags, windows);
    const session = http2Session(address);
    await until('the settings have come', () => (session.state.remoteWindowSize ?? 0) > 65_535);
    expect(session.remoteSettings.initialWindowSize).toBe(3 << 20);
    expect(session.remoteSettings.maxConcurrentStreams).toBe(7);
    expect(session.state.remoteWindowSize).toBe(5 << 20);
  });
});

describe('the limit of streams on one connection', () => {
  it('refuses the stream beyond it and serves the others', async () => {
    const { address, server } = await startServer(await smallList(), {
      'streams-per-connection-max': '3',
    });
    const session = http2Session(address);
    // Refused by the server, not held back by this side: its own settings are not known yet.
    const calls = Array.from({ length: 5 }, () =>
      rawCall(session, DEDUPE, [framed(one)], { end: false }),
    );
    const first = await Promise.race(calls);
    expect(first).toMatchObject({ grpcStatus: -1, rstCode: NGHTTP2_REFUSED_STREAM });
    await until('three streams are open', () => server.openStreams === 3);
    expect((await rawClientCheck(address)).code).toBe(status.OK);
  });

  const rawClientCheck = (address: string) => dedupe(rawClient(address), [one]);
});

describe('the limit of connections', () => {
  it('closes the one beyond it, and takes the next once one has gone', async () => {
    const { address, server } = await startServer(await smallList(), { 'connections-max': '2' });
    const sessions = [http2Session(address), http2Session(address)];
    const calls = sessions.map((session) => rawCall(session, DEDUPE, [framed(one)]));
    for (const call of calls) expect((await call).grpcStatus).toBe(status.OK);
    const third = http2Session(address);
    await until('the third is closed', () => third.closed);
    const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
    expect(metrics).toContain('tacet_limits_reached_total{reason="connections"} 1');
    sessions[0]?.destroy();
    await until('a new one is served', async () => {
      const { grpcStatus } = await rawCall(http2Session(address), DEDUPE, [framed(one)]);
      return grpcStatus === status.OK;
    });
  });

  it('counts connections that never speak', async () => {
    const { address } = await startServer(await smallList(), {
      'connections-max': '1',
      'connection-idle': '200ms',
    });
    const port = Number(address.split(':')[1]);
    const silent = connect(port, '127.0.0.1').resume();
    await until('it is closed for being idle', () => silent.closed);
    // The server may hear of it later than this side.
    await until('its place is taken', async () => {
      const { grpcStatus } = await rawCall(http2Session(address), DEDUPE, [framed(one)]);
      return grpcStatus === status.OK;
    });
  });
});

describe('a deadline', () => {
  it.each(['2592000S', '43200M', '720H', '99999999H'])('of %s is none', async (timeout) => {
    const { address } = await startServer(await smallList());
    const headers = { 'grpc-timeout': timeout };
    const outcome = await rawCall(http2Session(address), DEDUPE, [framed(one)], { headers });
    expect(outcome.grpcStatus).toBe(status.OK);
  });

  it('of grpc-js, 30 days ahead, works', async () => {
    const { address } = await startServer(await smallList());
    const { path, requestSerialize, responseDeserialize } = dedupeService.GetLists;
    const lists = await new Promise((resolve, reject) => {
      rawClient(address).makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        {},
        { deadline: Date.now() + 30 * 86_400_000 },
        (error, response) => (error === null ? resolve(response) : reject(error)),
      );
    });
    expect(lists).toHaveProperty('lists.0.name', 'dncm');
  });

  it('that passes ends the stream and frees its list', async () => {
    const { address, server } = await startServer(await smallList());
    const outcome = await rawCall(http2Session(address), DEDUPE, [framed(one)], {
      headers: { 'grpc-timeout': '100m' },
      end: false,
    });
    expect(outcome.grpcStatus).toBe(status.DEADLINE_EXCEEDED);
    await until('nothing is held', () => server.openStreams === 0);
    expect(server.lists.current?.users.size).toBe(0);
  });

  it('that passes with an unread answer still frees everything', async () => {
    const { address, server } = await startServer(await smallList(), {
      'stream-stall-max': '300ms',
    });
    // A window of 0: not one byte of an answer is taken.
    const session = http2Session(address, { initialWindowSize: 0 });
    const outcome = await rawCall(session, DEDUPE, [framed(one)], {
      headers: { 'grpc-timeout': '100m' },
      end: false,
    });
    expect(outcome.rstCode).toBe(NGHTTP2_ENHANCE_YOUR_CALM);
    await until('nothing is held', () => server.openStreams === 0);
    expect(server.lists.current?.users.size).toBe(0);
  });
});

describe('a client that does not read', () => {
  it.each([
    ['while it sends', Array.from({ length: 64 }, () => framed(one)), false],
    ['after it has half-closed', [framed(one)], true],
    ['behind a failure', [framed(one), framed(encodeOptions({ region: 'BE' }))], false],
  ])('is reset after stream-stall-max %s', async (_, parts, end) => {
    const { address, server } = await startServer(await smallList(), {
      'stream-stall-max': '300ms',
    });
    const session = http2Session(address, { initialWindowSize: 0 });
    const outcome = await rawCall(session, DEDUPE, parts, { end });
    expect(outcome).toMatchObject({ grpcStatus: -1, rstCode: NGHTTP2_ENHANCE_YOUR_CALM });
    await until('nothing is held', () => server.openStreams === 0);
    expect(server.lists.current?.users.size).toBe(0);
    // The connection itself is as good as before: what answers nothing passes.
    const other = rawCall(session, '/tacet.v1.DedupeService/Nope', []);
    expect((await other).grpcStatus).toBe(status.UNIMPLEMENTED);
  });

  it('of a unary answer is reset too', async () => {
    const { address } = await startServer(await smallList(), { 'stream-stall-max': '300ms' });
    const session = http2Session(address, { initialWindowSize: 0 });
    const outcome = await rawCall(session, dedupeService.BatchCheck.path, [framed(one)]);
    expect(outcome.rstCode).toBe(NGHTTP2_ENHANCE_YOUR_CALM);
  });
});

describe('a client that is gone', () => {
  it.each(['cancels', 'drops the connection'])('frees everything when it %s', async (how) => {
    const { address, server } = await startServer(await smallList(), {}, WORKERS_ONLY);
    const session = http2Session(address);
    for (let i = 0; i < 20; i++) {
      const stream = session.request(callHeaders(DEDUPE));
      stream.on('error', () => undefined);
      stream.write(framed(one));
    }
    await until('all are answered', () => server.lists.current?.users.size === 20);
    if (how === 'cancels') session.close();
    session.destroy();
    await until('nothing is held', () => server.lists.current?.users.size === 0);
    expect(server.openStreams).toBe(0);
    expect(server.pool.stats).toMatchObject({ batchesInFlight: 0, batchesWaiting: 0 });
  });
});

describe('a message of a megabyte', () => {
  it('may come in one frame', async () => {
    const { address } = await startServer(await smallList());
    const session = http2Session(address);
    await until('its settings are known', () => session.remoteSettings?.maxFrameSize === 1 << 20);
    const numbers = encodeKeys(Array.from({ length: 60_000 }, () => LISTED));
    const { code } = await dedupe(rawClient(address), [numbers]);
    expect(code).toBe(status.OK);
  });
});
