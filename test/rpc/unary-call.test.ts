import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { MessageBuffers } from '#tacet/rpc/message-buffers.js';
import { unaryMethod } from '#tacet/rpc/unary-call.js';
import { collectGarbage } from '#tacet/threads/reclaim.js';
import { dedupeService } from '#tacet/wire/service.js';
import { metricsOf, sampleValue } from '../observe/exposition.ts';
import {
  CALLABLE,
  callHeaders,
  framed,
  http2Session,
  rawCall,
  rawClient,
  smallList,
  startServer,
  status,
  unary,
  until,
} from '../server/fixture.ts';

const { path, requestSerialize, responseDeserialize } = dedupeService.Check;

const request = (more: object = {}): Buffer =>
  requestSerialize({
    ...{ phoneNumber: `+${CALLABLE}`, optInDate: '', region: '', advertiser: '', ...more },
  });

const started = async (flags: Record<string, string> = {}) => {
  const { server, address } = await startServer(await smallList(), flags);
  return { server, address, session: http2Session(address) };
};

/** Calls of `Check` that ended with a code, by its name in the metrics. */
async function handled(port: number, grpc_code: string): Promise<number | undefined> {
  const { samples } = await metricsOf(port);
  const labels = { grpc_method: 'Check', grpc_code };
  return sampleValue(samples, 'grpc_server_handled_total', labels);
}

describe('a unary call', () => {
  it('is answered whole however its bytes are cut', async () => {
    const { session } = await started();
    const bytes = framed(request());
    for (let cut = 1; cut < bytes.length; cut++) {
      const { grpcStatus, body } = await rawCall(session, path, [
        bytes.subarray(0, cut),
        bytes.subarray(cut),
      ]);
      expect(grpcStatus).toBe(status.OK);
      expect(body.readUInt32BE(1)).toBe(body.length - 5);
      expect(responseDeserialize(body.subarray(5)).verdict).toBe(1);
    }
  });

  it.each([
    ['no message', [], 'INTERNAL', 'no whole message'],
    ['half a head', [Buffer.of(0, 0)], 'INTERNAL', 'no whole message'],
    ['half a message', [framed(request()).subarray(0, 9)], 'INTERNAL', 'no whole message'],
    ['two messages', [framed(request()), framed(request())], 'UNIMPLEMENTED', 'one message'],
    ['a compressed message', [framed(request(), true)], 'UNIMPLEMENTED', 'grpc-encoding identity'],
    ['an unknown region', [framed(request({ region: 'XX' }))], 'INVALID_ARGUMENT', 'region'],
  ] as const)('of %s has its status and its reason', async (_, parts, code, reason) => {
    const { server, session } = await started();
    const { grpcStatus, message, body } = await rawCall(session, path, [...parts]);
    expect(grpcStatus).toBe(status[code]);
    expect(message).toContain(reason);
    expect(body).toHaveLength(0);
    expect(await handled(server.httpPort, 'OK')).toBe(0);
  });

  it('is refused and told to stop behind a message over the limit', async () => {
    const { session } = await started({ 'message-bytes-max': '64KiB' });
    const stream = session.request(callHeaders(path));
    let grpcStatus = -1;
    stream.on('response', (headers) => {
      grpcStatus = Number(headers['grpc-status'] ?? -1);
    });
    stream.on('error', () => undefined);
    stream.resume();
    stream.write(framed(Buffer.alloc(70_000)));
    // Never ended by the client.
    await until('the stream is closed', () => stream.closed);
    expect(grpcStatus).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('whose connection is lost counts as cancelled, and nothing is left of it', async () => {
    const { server, session } = await started();
    const stream = session.request(callHeaders(path));
    stream.on('error', () => undefined);
    stream.write(framed(request()).subarray(0, 9));
    const inFlight = async (): Promise<number | undefined> => {
      const { samples } = await metricsOf(server.httpPort);
      return sampleValue(samples, 'tacet_calls_in_flight', { grpc_method: 'Check' });
    };
    await until('it is under way', async () => (await inFlight()) === 1);
    session.destroy();
    await until('it is over', async () => (await inFlight()) === 0);
    expect(await handled(server.httpPort, 'Canceled')).toBe(1);
    expect(await handled(server.httpPort, 'OK')).toBe(0);
  });

  it('answers a deadline, and other content types', async () => {
    const { session } = await started();
    const parts = [framed(request())];
    const timed = await rawCall(session, path, parts, { headers: { 'grpc-timeout': '5S' } });
    expect(timed.grpcStatus).toBe(status.OK);
    const proto = { 'content-type': 'application/grpc+proto' };
    expect((await rawCall(session, path, parts, { headers: proto })).grpcStatus).toBe(status.OK);
    const stream = session.request({ ...callHeaders(path), 'content-type': 'text/plain' });
    const [headers] = await new Promise<[Record<string, unknown>]>((resolve) => {
      stream.on('response', (fields) => resolve([fields]));
      stream.end();
    });
    expect(headers[':status']).toBe(415);
  });

  it('is counted as any call is', async () => {
    const { server, address } = await started();
    const client = rawClient(address);
    const check = { phoneNumber: `+${CALLABLE}`, optInDate: '', region: '', advertiser: '' };
    for (let call = 0; call < 3; call++) await unary(client, dedupeService.Check, check);
    const { samples } = await metricsOf(server.httpPort);
    const of = (name: string): number | undefined =>
      sampleValue(samples, name, { grpc_method: 'Check' });
    expect(of('grpc_server_started_total')).toBe(3);
    expect(of('grpc_server_msg_received_total')).toBe(3);
    expect(of('grpc_server_msg_sent_total')).toBe(3);
    expect(of('grpc_server_handling_seconds_count')).toBe(3);
    expect(await handled(server.httpPort, 'OK')).toBe(3);
  });

  it('holds what it was sent, not all that was read with it', async () => {
    const stream = new EventEmitter();
    const events = { messageReceived: vi.fn(), messageSent: vi.fn(), ended: vi.fn() };
    const observer = { started: () => events };
    const watch = { watch: () => undefined, clear: () => undefined };
    const method = unaryMethod(dedupeService.Check, () => new Promise(() => undefined));
    // The parts of a stream, and of what a server has for it, that are used until the end.
    const parts = {
      ...{ observer, stalls: watch, deadlines: watch, messageBytesMax: 65_536 },
      buffers: new MessageBuffers(),
    } as unknown as Parameters<typeof method.open>[1];
    const incoming = { stream, headers: {} } as unknown as Parameters<typeof method.open>[0];
    method.open(incoming, parts);
    stream.emit('data', Buffer.of(0, 0, 0, 0x7f, 0xff));
    const reads: WeakRef<ArrayBuffer>[] = [];
    for (let byte = 0; byte < 2000; byte++) {
      // As node:http2 gives a frame of one byte among 64 KiB of others.
      const read = new ArrayBuffer(65_536);
      reads.push(new WeakRef(read));
      stream.emit('data', Buffer.from(read, 7, 1));
    }
    // A WeakRef keeps what it refers to until the turn in which it was made has ended.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(reads.filter((read) => read.deref() !== undefined).length).toBeLessThan(20);
    expect(events.ended).not.toHaveBeenCalled();
    stream.emit('close');
    expect(events.ended).toHaveBeenCalledTimes(1);
  });

  it('keeps an idle connection from being closed while it is under way', async () => {
    const { session } = await started({ 'connection-idle': '300ms' });
    const stream = session.request(callHeaders(path));
    let grpcStatus = -1;
    stream.on('trailers', (fields) => {
      grpcStatus = Number(fields['grpc-status']);
    });
    stream.on('error', () => undefined);
    stream.resume();
    const bytes = framed(request());
    stream.write(bytes.subarray(0, 9));
    await new Promise((resolve) => setTimeout(resolve, 900));
    stream.end(bytes.subarray(9));
    await until('the stream is closed', () => stream.closed);
    expect(grpcStatus).toBe(status.OK);
    await until('then the idle connection is closed', () => session.closed);
  });
});
