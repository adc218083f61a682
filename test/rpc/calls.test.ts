import { constants as http2 } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { service as health } from 'grpc-health-check';
import { describe, expect, it } from 'vitest';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { metricsOf, sampleValue } from '../observe/exposition.ts';
import {
  callHeaders,
  DEDUPE,
  framed,
  http2Session,
  LISTED,
  rawCall,
  smallList,
  startServer,
  status,
  until,
} from '../server/fixture.ts';

const { BatchCheck, Check, GetLists } = dedupeService;
const HEALTH = '/grpc.health.v1.Health/Check';
const one = framed(encodeKeys([LISTED]));
const check = framed(
  Check.requestSerialize({
    phoneNumber: '+32475123456',
    optInDate: '',
    region: '',
    advertiser: '',
  }),
);

const started = async (flags: Record<string, string> = {}) => {
  const { server, address, errors } = await startServer(await smallList(), flags);
  return { server, address, errors, session: http2Session(address) };
};

const reasonOf = (details: string): string | undefined =>
  decodeErrorInfo(Buffer.from(details, 'base64'))?.reason;

/** The first headers of an answer. */
function headersOf(
  session: ReturnType<typeof http2Session>,
  headers: Record<string, string>,
  parts: readonly Buffer[] = [],
): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    stream.on('response', resolve);
    stream.resume();
    for (const part of parts) stream.write(part);
    stream.end();
  });
}

describe('a deadline', () => {
  it.each([
    ['Check', Check.path, check],
    ['BatchCheck', BatchCheck.path, one],
    ['GetLists', GetLists.path, framed(Buffer.alloc(0))],
  ])('that has passed when the message is whole ends %s', async (_, path, message) => {
    const { session } = await started();
    const headers = { 'grpc-timeout': '1n' };
    const { grpcStatus, details, body } = await rawCall(session, path, [message], { headers });
    expect(grpcStatus).toBe(status.DEADLINE_EXCEEDED);
    expect(reasonOf(details)).toBe('ERR_DEADLINE');
    expect(body).toHaveLength(0);
  });

  it.each([
    ['a Check whose message never comes', Check.path, []],
    ['a Check of half a message', Check.path, [check.subarray(0, 9)]],
    ['a BatchCheck that is not half-closed', BatchCheck.path, [one]],
    ['a stream without a message', DEDUPE, []],
    ['a stream that was answered', DEDUPE, [one]],
  ])('ends %s', async (_, path, parts) => {
    const { session, server } = await started();
    const call = rawCall(session, path, parts, { headers: { 'grpc-timeout': '100m' }, end: false });
    const { grpcStatus, details, rstCode } = await call;
    expect(grpcStatus).toBe(status.DEADLINE_EXCEEDED);
    expect(reasonOf(details)).toBe('ERR_DEADLINE');
    expect(rstCode).toBe(http2.NGHTTP2_NO_ERROR);
    const { samples } = await metricsOf(server.httpPort);
    const labels = { grpc_code: 'DeadlineExceeded', grpc_method: path.split('/')[2] ?? '' };
    expect(sampleValue(samples, 'grpc_server_handled_total', labels)).toBe(1);
  });

  it.each([
    ['Check', Check.path, check],
    ['Dedupe', DEDUPE, one],
  ])('that cannot be read is told by %s', async (_, path, message) => {
    const { session } = await started();
    const headers = { 'grpc-timeout': '5 minutes' };
    const { grpcStatus, details } = await rawCall(session, path, [message], { headers });
    expect(grpcStatus).toBe(status.INTERNAL);
    expect(reasonOf(details)).toBe('ERR_REQUEST');
  });
});

describe('a message that is not whole', () => {
  it.each([
    ['half a head', DEDUPE, [one.subarray(0, 3)]],
    ['half a message', DEDUPE, [one.subarray(0, 9)]],
    ['half a second message', DEDUPE, [one, one.subarray(0, 9)]],
    ['half a message of BatchCheck', BatchCheck.path, [one.subarray(0, 9)]],
    ['no message of BatchCheck', BatchCheck.path, []],
    ['no message of GetLists', GetLists.path, []],
  ])('is INTERNAL with its reason: %s', async (_, path, parts) => {
    const { session, server } = await started();
    const { grpcStatus, details } = await rawCall(session, path, parts);
    expect(grpcStatus).toBe(status.INTERNAL);
    expect(reasonOf(details)).toBe('ERR_WIRE');
    await until('nothing is held', () => server.openStreams === 0);
    expect(server.lists.current?.users.size).toBe(0);
  });

  it.each([
    ['two messages', BatchCheck.path, [one, one]],
    ['a message with another flag', DEDUPE, [Buffer.of(2, 0, 0, 0, 0)]],
  ])('nor is one of %s taken', async (_, path, parts) => {
    const { session } = await started();
    const { grpcStatus, details } = await rawCall(session, path, parts);
    expect(grpcStatus).toBe(status.UNIMPLEMENTED);
    expect(reasonOf(details)).toBe('ERR_REQUEST');
  });
});

describe('what is no call of a method', () => {
  it('has a status alone where our service has no such method', async () => {
    const { session } = await started();
    const path = '/tacet.v1.DedupeService/Nope';
    const headers = await headersOf(session, callHeaders(path));
    expect(headers).toMatchObject({ ':status': 200, 'grpc-status': '12' });
    const { details, message } = await rawCall(session, path, [one], { end: false });
    expect(reasonOf(details)).toBe('ERR_REQUEST');
    expect(message).toBe('the service has no such method');
  });

  it.each([
    ['GET', { ':method': 'GET' }, 405],
    ['no content type', { 'content-type': '' }, 415],
    ['text', { 'content-type': 'text/plain' }, 415],
    ['gRPC-Web', { 'content-type': 'application/grpc-web' }, 415],
  ])('is an error of HTTP for %s', async (_, more, code) => {
    const { session } = await started();
    for (const path of [Check.path, DEDUPE]) {
      const headers = await headersOf(session, { ...callHeaders(path), ...more });
      expect(headers[':status']).toBe(code);
      expect(headers).not.toHaveProperty('grpc-status');
    }
  });
});

describe('identity', () => {
  it('is the only encoding that is advertised, by every answer', async () => {
    const { session } = await started();
    const calls: [string, Buffer[]][] = [
      [Check.path, [check]],
      [Check.path, []],
      [BatchCheck.path, [one]],
      [DEDUPE, [one]],
      [DEDUPE, [framed(encodeOptions({ region: 'x' }))]],
      ['/tacet.v1.DedupeService/Nope', []],
      [HEALTH, [framed(Buffer.alloc(0))]],
    ];
    for (const [path, parts] of calls) {
      const headers = await headersOf(session, callHeaders(path), parts);
      expect([path, headers['grpc-accept-encoding']]).toEqual([path, 'identity']);
    }
  });
});

describe('a client that never reads', () => {
  it('stops being read once as much as one stream may have is unanswered', async () => {
    const { server, address } = await started({ 'batches-per-stream-max': '4' });
    const session = http2Session(address, { initialWindowSize: 0 });
    const stream = session.request(callHeaders(DEDUPE));
    stream.on('error', () => undefined);
    const message = framed(encodeKeys(new Array<number>(20_000).fill(LISTED)));
    let written = 0;
    const push = (): void => {
      while (written < 256 << 20) {
        written += message.length;
        if (!stream.write(message)) return void stream.once('drain', push);
      }
    };
    push();
    await until('it is answered', () => server.lists.current?.users.size === 1);
    let before = -1;
    await until('nothing more is taken', async () => {
      if (before === written) return true;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return false;
    });
    // What waits to be taken, the stream's window, and what is on its way.
    expect(written).toBeLessThan(16 << 20);
    stream.destroy();
  });
});

describe('a call that grpc-js answers', () => {
  const empty = framed(Buffer.alloc(0));

  it('is counted as ours are, by the status that it was sent', async () => {
    const { server, session } = await started();
    await rawCall(session, HEALTH, [empty]);
    await rawCall(session, HEALTH, [framed(Buffer.of(0x0a, 1, 0x78))]);
    const { samples } = await metricsOf(server.httpPort);
    const of = (name: string, more: Record<string, string> = {}) =>
      sampleValue(samples, name, { grpc_service: 'grpc.health.v1.Health', ...more });
    expect(of('grpc_server_started_total', { grpc_type: 'unary' })).toBe(2);
    expect(of('grpc_server_msg_received_total')).toBe(2);
    expect(of('grpc_server_msg_sent_total')).toBe(1);
    expect(of('grpc_server_handled_total', { grpc_code: 'OK' })).toBe(1);
    expect(of('grpc_server_handled_total', { grpc_code: 'NotFound' })).toBe(1);
    expect(of('tacet_calls_in_flight')).toBe(0);
  });

  it('may have a deadline that no timer counts, and is refused if it is compressed', async () => {
    const { session } = await started();
    const distant = await rawCall(session, HEALTH, [empty], {
      headers: { 'grpc-timeout': '99999999H' },
    });
    expect(distant.grpcStatus).toBe(status.OK);
    const bomb = framed(gzipSync(Buffer.alloc(4_000_000)), true);
    const headers = { 'grpc-encoding': 'gzip' };
    const { grpcStatus, details } = await rawCall(session, HEALTH, [bomb], { headers });
    expect(grpcStatus).toBe(status.UNIMPLEMENTED);
    expect(reasonOf(details)).toBe('ERR_REQUEST');
  });

  it('is told to stop behind its status, and reset where its client takes nothing', async () => {
    const { session, address } = await started({ 'stream-stall-max': '300ms' });
    const long = Buffer.concat([Buffer.of(0, 0x40, 0, 0, 0), Buffer.alloc(5000)]);
    const refused = await rawCall(session, HEALTH, [long], { end: false });
    expect(refused).toMatchObject({ grpcStatus: status.RESOURCE_EXHAUSTED, rstCode: 0 });
    const silent = http2Session(address, { initialWindowSize: 0 });
    const stalled = await rawCall(silent, health['Watch']?.path ?? '', [empty]);
    expect(stalled.rstCode).toBe(http2.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  it('does not make a connection idle while it is open', async () => {
    const { session } = await started({ 'connection-idle': '200ms' });
    const watch = rawCall(session, health['Watch']?.path ?? '', [empty]);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(session.closed).toBe(false);
    session.destroy();
    await watch;
  });
});
