import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { decodeErrorInfo } from '#tacet/wire/error-info.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import { get, parseMetrics } from '../../observe/exposition.ts';
import {
  framed,
  http2Session,
  LISTED,
  LISTED_DAY,
  rawCall,
  rawClient,
  smallList,
  startServer,
} from '../fixture.ts';
import { accessFile, ask, healthWith, reflectionWith, tokenOf, writeAccess } from './fixture.ts';

const number = { phoneNumber: '0475123456', optInDate: '', region: '', advertiser: 'alpha' };

async function served(flags: Record<string, string> = {}) {
  return startServer(await smallList(), { access: writeAccess(accessFile()), ...flags });
}

describe('a call without valid credentials', () => {
  it.each([
    ['another scheme', `Basic ${Buffer.from('dialler:secret').toString('base64')}`],
    ['no scheme', tokenOf('dialler')],
    ['two tokens', `Bearer ${tokenOf('dialler')}, Bearer ${tokenOf('all')}`],
    ['a token and more', `Bearer ${tokenOf('dialler')} more`],
    ['a token in other case', `Bearer ${tokenOf('dialler').toUpperCase()}`],
    ['the hash of a token', `Bearer ${accessFile().clients.dialler.tokens[0]?.sha256}`],
  ])('is refused with %s', async (_, authorization) => {
    const { address } = await served();
    const session = http2Session(address);
    const ended = await rawCall(session, dedupeService.GetLists.path, [framed(Buffer.alloc(0))], {
      headers: { authorization },
    });
    expect(ended.grpcStatus).toBe(status.UNAUTHENTICATED);
  });

  it('learns nothing: unknown methods, malformed messages and versions get the same', async () => {
    const { address } = await served();
    const session = http2Session(address);
    const message = Buffer.concat([encodeOptions({ listSha256: 'f'.repeat(64) })]);
    for (const [path, bytes] of [
      ['/tacet.v1.DedupeService/Nothing', Buffer.alloc(0)],
      ['/other.Service/Nothing', Buffer.alloc(0)],
      [dedupeService.Check.path, Buffer.from('ffff', 'hex')],
      [dedupeService.BatchCheck.path, message],
      [dedupeService.Dedupe.path, message],
    ] as const) {
      const ended = await rawCall(session, path, [framed(bytes)]);
      expect([path, ended.grpcStatus, ended.message]).toEqual([
        path,
        status.UNAUTHENTICATED,
        'no valid credentials. Send a token or a client certificate that the operator has ' +
          'entered and that has not ended',
      ]);
      const info = decodeErrorInfo(Buffer.from(ended.details, 'base64'));
      expect(info).toEqual({ reason: 'ERR_UNAUTHENTICATED', domain: 'tacet', metadata: {} });
    }
  });

  it('may ask health and reflection where they are open, and nothing else', async () => {
    const { address } = await served({ 'open-health': 'true', 'open-reflection': 'true' });
    const client = rawClient(address);
    expect((await healthWith(client, undefined)).code).toBe(status.OK);
    expect((await reflectionWith(client, undefined)).code).toBe(status.OK);
    expect((await ask(client, 'GetLists', {}, undefined)).code).toBe(status.UNAUTHENTICATED);
  });
});

describe('what a server with an access file tells', () => {
  it('dates, only to clients that may have them', async () => {
    const { address } = await served({ 'disclose-dates': 'true' });
    const client = rawClient(address);
    const batch = Buffer.concat([
      encodeOptions({ advertiser: 'alpha', registrationDates: true }),
      encodeKeys([LISTED]),
    ]);
    const refused = await ask(client, 'BatchCheck', batch, tokenOf('dialler'));
    expect(refused.code).toBe(status.PERMISSION_DENIED);
    expect((await ask(client, 'BatchCheck', batch, tokenOf('all'))).code).toBe(status.OK);
    const lists = async (name: string) =>
      (await ask(client, 'GetLists', {}, tokenOf(name))).response;
    expect(await lists('dialler')).toMatchObject({ limits: { registrationDates: false } });
    expect(await lists('all')).toMatchObject({ limits: { registrationDates: true } });
    const checked = async (name: string) =>
      (await ask(client, 'Check', number, tokenOf(name))).response;
    expect(await checked('dialler')).toMatchObject({ verdict: 2, registrationDate: '' });
    expect(await checked('all')).toMatchObject({
      verdict: 2,
      registrationDate: formatIsoDay(LISTED_DAY),
    });
  });

  it('its metrics count calls, numbers and refusals by client', async () => {
    const { address, server } = await served();
    const client = rawClient(address);
    await ask(client, 'Check', number, tokenOf('dialler'));
    await ask(client, 'Check', { ...number, advertiser: 'beta' }, tokenOf('dialler'));
    await ask(client, 'Check', number, undefined);
    await ask(client, 'Check', number, 'tacet-unknown');
    const { body: text } = await get(server.httpPort, '/metrics');
    const told = parseMetrics(text)
      .samples.filter(({ name, value }) => name.startsWith('tacet_client_') && value > 0)
      .map(({ name, labels, value }) => `${name} ${Object.values(labels).join(' ')} ${value}`);
    expect(told.sort()).toEqual([
      'tacet_client_calls_total dialler OK 1',
      'tacet_client_calls_total dialler PermissionDenied 1',
      'tacet_client_numbers_total dialler blocked 1',
      'tacet_client_refusals_total  credentials 2',
      'tacet_client_refusals_total dialler advertiser 1',
    ]);
    expect(text).not.toContain(tokenOf('dialler'));
  });

  it.each<[string, 'Check' | 'BatchCheck']>([
    ['Check', 'Check'],
    ['BatchCheck', 'BatchCheck'],
  ])(
    'that a licence is missing, in every answer of %s under --licence-policy warn',
    async (_, method) => {
      const { address, server } = await served({ 'licence-policy': 'warn' });
      const client = rawClient(address);
      const options = { advertiser: 'unlicensed' };
      const request = {
        Check: { ...number, ...options },
        BatchCheck: Buffer.concat([encodeOptions(options), encodeKeys([LISTED])]),
      }[method];
      const { code, response } = await ask(client, method, request, tokenOf('all'));
      expect(code).toBe(status.OK);
      const text = Buffer.isBuffer(response) ? response.toString() : JSON.stringify(response);
      expect(text).toContain('the advertiser unlicensed has no valid licence as advertiser');
      const { body } = await get(server.httpPort, '/metrics');
      expect(body).toContain('tacet_licence_missing_total{client="all",outcome="answered"} 1');
    },
  );
});
