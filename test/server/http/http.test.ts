import { request } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { validUntilMs } from '#tacet/calendar/brussels.js';
import { encodeKeys, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { get, metricsOf, sampleValue } from '../../observe/exposition.ts';
import {
  CALLABLE,
  DEDUPE,
  dedupe,
  framed,
  http2Session,
  LISTED,
  rawCall,
  rawClient,
  SNAPSHOT,
  smallList,
  startServer,
  status,
  unary,
  until,
} from '../fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

const one = encodeKeys([LISTED]);

describe('/metrics', () => {
  it('has every name of the contract, with its type and labels', async () => {
    const { server, address } = await startServer(await smallList());
    await dedupe(rawClient(address), [encodeKeys(new Array(5000).fill(LISTED))]);
    await server.reload();
    const { samples, types } = await metricsOf(server.httpPort);
    const call = ['grpc_method', 'grpc_service', 'grpc_type'];
    const expected: [string, string, string[]][] = [
      ['grpc_server_started_total', 'counter', call],
      ['grpc_server_handled_total', 'counter', ['grpc_code', ...call]],
      ['grpc_server_msg_received_total', 'counter', call],
      ['grpc_server_msg_sent_total', 'counter', call],
      ['tacet_numbers_total', 'counter', ['verdict']],
      ['tacet_list_entries', 'gauge', ['list']],
      ['tacet_list_info', 'gauge', ['list', 'sha256']],
      ['tacet_list_snapshot_timestamp_seconds', 'gauge', ['list']],
      ['tacet_list_valid_until_timestamp_seconds', 'gauge', ['list']],
      ['tacet_list_reloads_total', 'counter', ['outcome']],
      ['tacet_batches_in_flight', 'gauge', []],
      ['tacet_workers', 'gauge', []],
      ['tacet_worker_busy_seconds_total', 'counter', ['worker']],
      ['tacet_worker_restarts_total', 'counter', []],
      ['tacet_mapping_info', 'gauge', ['kind']],
      ['tacet_insecure', 'gauge', []],
    ];
    for (const [name, type, labels] of expected) {
      expect([name, types.get(name)]).toEqual([name, type]);
      const sample = samples.find((candidate) => candidate.name === name);
      expect([name, Object.keys(sample?.labels ?? { none: '' }).sort()]).toEqual([name, labels]);
    }
    expect(types.get('tacet_build_info')).toBe('gauge');
    expect(types.get('grpc_server_handling_seconds')).toBe('histogram');
    expect(sampleValue(samples, 'tacet_list_entries', { list: 'dncm' })).toBe(2);
    expect(sampleValue(samples, 'tacet_workers')).toBe(2);
    expect(sampleValue(samples, 'tacet_insecure')).toBe(0);
    expect(sampleValue(samples, 'tacet_list_reloads_total', { outcome: 'unchanged' })).toBe(1);
    expect(sampleValue(samples, 'tacet_list_valid_until_timestamp_seconds')).toBe(
      validUntilMs(SNAPSHOT) / 1000,
    );
  });

  it('counts calls that succeed, fail and are cancelled, their messages and numbers', async () => {
    const { server, address } = await startServer(await smallList());
    const client = rawClient(address);
    await dedupe(client, [one, encodeKeys([CALLABLE, CALLABLE]), encodePhoneNumbers(['x'])]);
    await dedupe(client, [one, encodeOptions({ region: 'BE' })]);
    await unary(client, dedupeService.BatchCheck, one);
    await unary(client, dedupeService.BatchCheck, encodeOptions({ region: 'be' }));
    const check = { phoneNumber: '+33123456789', optInDate: '', region: '', advertiser: '' };
    await unary(client, dedupeService.Check, check);
    const session = http2Session(address);
    const cancelled = rawCall(session, DEDUPE, [framed(one)], { end: false });
    await until('it is answered', () => server.lists.current?.users.size === 1);
    session.destroy();
    await cancelled;
    await until('it is over', () => server.openStreams === 0);

    const { samples, body } = await metricsOf(server.httpPort);
    const labels = (grpc_method: string, more = {}) => ({
      grpc_method,
      grpc_service: 'tacet.v1.DedupeService',
      grpc_type: grpc_method === 'Dedupe' ? 'bidi_stream' : 'unary',
      ...more,
    });
    const handled = (method: string, grpc_code: string) =>
      sampleValue(samples, 'grpc_server_handled_total', labels(method, { grpc_code }));
    const counted = (name: string, method: string) => sampleValue(samples, name, labels(method));
    expect(counted('grpc_server_started_total', 'Dedupe')).toBe(3);
    expect(handled('Dedupe', 'OK')).toBe(1);
    expect(handled('Dedupe', 'InvalidArgument')).toBe(1);
    expect(handled('Dedupe', 'Canceled')).toBe(1);
    expect(counted('grpc_server_handling_seconds_count', 'Dedupe')).toBe(3);
    expect(counted('grpc_server_msg_received_total', 'Dedupe')).toBe(6);
    expect(counted('grpc_server_msg_sent_total', 'Dedupe')).toBe(6);
    expect(counted('grpc_server_started_total', 'BatchCheck')).toBe(2);
    expect(handled('BatchCheck', 'OK')).toBe(1);
    expect(handled('BatchCheck', 'InvalidArgument')).toBe(1);
    expect(handled('Check', 'OK')).toBe(1);
    const numbers = (verdict: string) => sampleValue(samples, 'tacet_numbers_total', { verdict });
    expect(numbers('blocked')).toBe(4);
    expect(numbers('callable')).toBe(2);
    expect(numbers('callable-opt-in')).toBe(0);
    expect(numbers('not-covered')).toBe(1);
    expect(numbers('unreadable')).toBe(1);
    expect(sampleValue(samples, 'tacet_batches_in_flight')).toBe(0);
    expect(body).not.toMatch(/32475|127\.0\.0\.1/);
  });

  it('counts a deadline as such', async () => {
    const { server, address } = await startServer(await smallList());
    await rawCall(http2Session(address), DEDUPE, [framed(one)], {
      headers: { 'grpc-timeout': '50m' },
      end: false,
    });
    const { samples } = await metricsOf(server.httpPort);
    const labels = { grpc_method: 'Dedupe', grpc_code: 'DeadlineExceeded' };
    expect(sampleValue(samples, 'grpc_server_handled_total', labels)).toBe(1);
  });

  it('says insecure only of a server that others can reach', async () => {
    const insecure = async (listen: string) => {
      const { server } = await startServer(await smallList(), { listen, insecure: 'true' });
      return sampleValue((await metricsOf(server.httpPort)).samples, 'tacet_insecure');
    };
    expect(await insecure('127.0.0.1:0')).toBe(0);
    expect(await insecure('0.0.0.0:0')).toBe(1);
  });
});

describe('the probes', () => {
  it('say live and ready, and why not', async () => {
    const { server, address } = await startServer(await smallList(), { 'drain-timeout': '300ms' });
    const port = server.httpPort;
    expect(await get(port, '/livez')).toMatchObject({ code: 200, body: '{"live":true}\n' });
    expect(await get(port, '/readyz')).toMatchObject({
      code: 200,
      body: '{"ready":true,"reasons":[]}\n',
    });
    vi.useFakeTimers({ toFake: ['Date'], now: validUntilMs(SNAPSHOT) });
    expect(await get(port, '/readyz')).toMatchObject({
      code: 503,
      body: '{"ready":false,"reasons":["the list dncm is stale"]}\n',
    });
    expect((await get(port, '/livez')).code).toBe(200);
    vi.useRealTimers();
    const open = rawCall(http2Session(address), DEDUPE, [framed(one)], { end: false });
    await until('it is answered', () => server.lists.current?.users.size === 1);
    const stopped = server.stop();
    expect(await get(port, '/readyz')).toMatchObject({
      code: 503,
      body: '{"ready":false,"reasons":["stopping"]}\n',
    });
    expect((await open).grpcStatus).toBe(status.UNAVAILABLE);
    await stopped;
  });

  it('answer HEAD without a body, and nothing else', async () => {
    const { server } = await startServer(await smallList());
    const ask = (method: string, path: string) =>
      new Promise<[number, string]>((resolve, reject) => {
        const asked = request({ port: server.httpPort, host: '127.0.0.1', method, path });
        asked.on('error', reject);
        asked.on('response', (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => resolve([response.statusCode ?? 0, body]));
        });
        asked.end();
      });
    expect(await ask('HEAD', '/readyz')).toEqual([200, '']);
    expect(await ask('GET', '/livez?verbose')).toEqual([200, '{"live":true}\n']);
    expect((await ask('POST', '/livez'))[0]).toBe(405);
    expect((await ask('GET', '/'))[0]).toBe(404);
    expect((await ask('GET', '/metrics/../etc/passwd'))[0]).toBe(404);
  });
});
