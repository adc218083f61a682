import { describe, expect, it } from 'vitest';
import { encodeKeys, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  CALLABLE,
  DEDUPE,
  framed,
  http2Session,
  LISTED,
  rawCall,
  smallList,
  startServer,
  status,
  until,
  WORKERS_ONLY,
} from '../server/fixture.ts';

const { Check, BatchCheck, GetLists } = dedupeService;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const NAMED = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-request-id': 'dialler-7' };
const IDS = { request_id: 'dialler-7', trace_id: TRACE, span_id: SPAN };
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/);

const checkOf = (phoneNumber: string): Buffer =>
  framed(
    Check.requestSerialize({
      phoneNumber,
      optInDate: '',
      region: '',
      advertiser: 'An Advertiser',
    }),
  );
/** A field that ends before it should: no message. */
const BROKEN = framed(Buffer.from([0x0a, 0x7f, 0x30]));
const TOO_LONG = framed(encodeKeys(new Array(200).fill(LISTED)));
const TOO_MANY = framed(encodeKeys(new Array(11).fill(LISTED)));

const LIMITS = { 'message-bytes-max': '1KiB', 'numbers-per-message-max': '10' };

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A server, and the lines it has logged of calls. */
async function logged(flags: Readonly<Record<string, string>> = {}, tuning = {}) {
  const small = { 'batch-check-numbers-max': '10', ...flags };
  const started = await startServer(await smallList(), small, tuning);
  const { address, log } = started;
  const lines = (): Line[] =>
    log.map((line) => JSON.parse(line) as Line).filter(({ msg }) => /call|client/.test(msg));
  const awaited = async (count: number): Promise<Line[]> => {
    await until(`${count} lines`, () => lines().length >= count);
    return lines();
  };
  return { ...started, session: http2Session(address), lines, awaited };
}

describe('at debug level', () => {
  it('every call has a line: method, code, duration, numbers, request and trace', async () => {
    const { session, awaited } = await logged({ 'log-level': 'debug' });
    const headers = NAMED;
    await rawCall(session, Check.path, [checkOf('0475 12 34 56')], { headers });
    await rawCall(session, BatchCheck.path, [framed(encodeKeys([LISTED, CALLABLE]))], { headers });
    const batches = [encodeKeys([LISTED, CALLABLE]), encodePhoneNumbers(['x', '+33123456789'])];
    await rawCall(
      session,
      DEDUPE,
      batches.map((bytes) => framed(bytes)),
      { headers },
    );
    await rawCall(session, GetLists.path, [framed(Buffer.alloc(0))], {});
    const lines = await awaited(4);
    const duration_ms = expect.any(Number);
    const of = (method: string, numbers: number, ids: object = IDS) => ({
      ...{ level: 20, msg: 'a call ended', method: `tacet.v1.DedupeService/${method}` },
      ...{ code: 'OK', duration_ms, numbers, ...ids },
    });
    expect(lines.map(({ time: _, pid: __, hostname: ___, ...line }) => line)).toEqual([
      of('Check', 1),
      of('BatchCheck', 2),
      of('Dedupe', 4),
      of('GetLists', 0, { request_id: UUID }),
    ]);
    for (const line of lines) expect(line['duration_ms']).toBeGreaterThan(0);
  });

  it('a call that is refused says why, one that is cancelled that it was', async () => {
    const { server, session, address, awaited } = await logged({ 'log-level': 'debug' });
    const options = framed(encodeOptions({ region: 'be' }));
    await rawCall(session, BatchCheck.path, [options], { headers: NAMED });
    const other = http2Session(address);
    const open = rawCall(other, DEDUPE, [framed(encodeKeys([LISTED]))], { end: false });
    await until('it is answered', () => server.lists.current?.users.size === 1);
    other.destroy();
    await open;
    const [refused, cancelled] = await awaited(2);
    expect(refused).toMatchObject({
      ...{ level: 20, code: 'InvalidArgument', numbers: 0, ...IDS },
      details: expect.stringMatching(/^unknown region/),
    });
    expect(cancelled).toMatchObject({ level: 20, code: 'Canceled', numbers: 1 });
  });

  it('never has a number, an advertiser, a job or an address, whatever is sent', async () => {
    const { session, log, awaited } = await logged({ 'log-level': 'debug', ...LIMITS });
    const number = '0475998877';
    const headers = {
      'x-request-id': `call-${number}`,
      traceparent: number,
      'user-agent': number,
      [`x-${number}`]: number,
    };
    const send = (path: string, ...parts: Buffer[]) => rawCall(session, path, parts, { headers });
    await send(Check.path, checkOf(number));
    await send(Check.path, checkOf(`${number} ext. 5`));
    await send(Check.path, BROKEN);
    const secret = { jobId: 'Job-0475998877', advertiser: 'An Advertiser', region: 'B0475998877' };
    await send(BatchCheck.path, framed(encodeOptions(secret)));
    await send(BatchCheck.path, framed(encodePhoneNumbers([number])), BROKEN);
    await send(DEDUPE, framed(encodePhoneNumbers([number])), TOO_LONG);
    // The health service repeats the name it is asked about.
    const name = Buffer.from(`\n\n${number}`);
    await send('/grpc.health.v1.Health/Check', framed(name));
    await send(`/tacet.v1.DedupeService/${number}`, checkOf(number));
    const lines = await awaited(7);
    expect(lines.map(({ code }) => code)).toContain('NotFound');
    const text = log.join('');
    expect(text).not.toMatch(/998877|An Advertiser|Job-|127\.0\.0\.1/);
  });
});

describe('at info level', () => {
  it('calls that are answered, refused or cancelled have no line', async () => {
    const { session, lines, awaited } = await logged();
    await rawCall(session, Check.path, [checkOf('0475123456')], { headers: NAMED });
    const options = framed(encodeOptions({ region: 'be' }));
    await rawCall(session, BatchCheck.path, [options], { headers: NAMED });
    await rawCall(session, BatchCheck.path, [TOO_MANY], { headers: NAMED });
    await awaited(1);
    expect(lines()).toHaveLength(1);
  });

  it('a limit has a warning with the call that ran into it', async () => {
    const { session, awaited } = await logged(LIMITS);
    expect(await rawCall(session, DEDUPE, [TOO_MANY], { headers: NAMED })).toMatchObject({
      grpcStatus: status.RESOURCE_EXHAUSTED,
    });
    await rawCall(session, DEDUPE, [TOO_LONG], {});
    const lines = await awaited(2);
    const method = 'tacet.v1.DedupeService/Dedupe';
    const msg = 'a call ran into a limit';
    const common = { level: 40, msg, method, code: 'ResourceExhausted' };
    expect(lines).toEqual([
      expect.objectContaining({ ...common, limit: 'numbers', ...IDS }),
      expect.objectContaining({ ...common, limit: 'message-bytes', request_id: UUID }),
    ]);
    expect(lines[1]).not.toHaveProperty('trace_id');
  });

  it('a call that fails through a defect has one error, with its cause and the call', async () => {
    // Workers attach to a mapped list by its descriptor: closed behind their back.
    const flags = { kernel: 'directory' };
    const { server, session, errors, awaited } = await logged(flags, WORKERS_ONLY);
    server.lists.current?.set.close();
    const batch = framed(encodeKeys([LISTED]));
    await rawCall(session, BatchCheck.path, [batch], { headers: NAMED });
    await awaited(1);
    await rawCall(session, GetLists.path, [BROKEN], { headers: NAMED });
    const lines = await awaited(2);
    expect(lines).toHaveLength(2);
    expect(errors).toHaveLength(2);
    const common = { level: 50, msg: 'a call failed', ...IDS };
    expect(lines[0]).toMatchObject({ ...common, err: { code: expect.any(String) } });
    expect(lines[1]).toMatchObject({ ...common, code: 'Internal' });
  });

  it('a worker that dies has a warning', async () => {
    const { server, log } = await logged();
    await server.pool.threads[0]?.terminate();
    const told = (): string | undefined => log.find((line) => line.includes('worker thread'));
    await until('it is told', () => told() !== undefined);
    expect(JSON.parse(told() ?? '')).toMatchObject({ level: 40, workerRestarts: 1 });
  });

  it('a connection too many has a warning', async () => {
    const { address, session, awaited } = await logged({ 'connections-max': '1' });
    await rawCall(session, Check.path, [checkOf('0475123456')]);
    http2Session(address);
    expect((await awaited(1))[0]).toMatchObject({
      level: 40,
      msg: 'a client ran into a limit',
      limit: 'connections',
    });
  });

  it('a client that takes no answers has a warning with its call', async () => {
    const { address, awaited } = await logged({ 'stream-stall-max': '50ms' });
    const silent = http2Session(address, { initialWindowSize: 0 });
    const call = rawCall(silent, DEDUPE, [framed(encodeKeys([LISTED]))], {
      headers: NAMED,
      end: false,
    });
    expect((await awaited(1))[0]).toMatchObject({ level: 40, limit: 'stream-stall', ...IDS });
    silent.destroy();
    await call;
  });

  it('a client that goes on gets so many lines a minute a kind, the rest is counted', async () => {
    const { session, server, lines } = await logged({ 'log-repeats-max': '3', ...LIMITS });
    const handled = async (): Promise<number> => {
      const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
      return Number(/^tacet_limits_reached_total\{reason="numbers"\} (\d+)$/m.exec(metrics)?.[1]);
    };
    const before = Math.floor(performance.now() / 60_000);
    for (let call = 0; call < 50; call++) {
      await rawCall(session, DEDUPE, [TOO_MANY]);
      await rawCall(session, GetLists.path, [BROKEN]);
    }
    expect(await handled()).toBe(50);
    // A run that crosses a minute has the lines of both.
    const minutes = Math.floor(performance.now() / 60_000) - before + 1;
    expect(lines().filter(({ level }) => level === 40)).toHaveLength(3 * minutes);
    expect(lines().filter(({ level }) => level === 50)).toHaveLength(3 * minutes);
  });
});
