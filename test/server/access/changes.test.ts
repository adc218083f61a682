import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService, encodeOptions } from '#tacet/wire/service.js';
import {
  CALLABLE,
  callHeaders,
  framed,
  http2Session,
  LISTED,
  rawClient,
  smallList,
  startServer,
  until,
} from '../fixture.ts';
import {
  type AccessFile,
  accessFile,
  ask,
  openStreamWith,
  sha256,
  tokenOf,
  writeAccess,
} from './fixture.ts';

/** The access file changes while the server answers. */

const FLAGS = { 'access-poll': '20ms' };
const keys = encodeKeys([LISTED, CALLABLE]);
const first = Buffer.concat([encodeOptions({ advertiser: 'alpha' }), keys]);
const number = { phoneNumber: '0475123456', optInDate: '', region: '', advertiser: 'alpha' };

/** Replaces the file by renaming, as an editor or a deployment would. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

async function served(flags: Readonly<Record<string, string>> = {}) {
  const path = writeAccess(accessFile());
  const started = await startServer(await smallList(), { ...FLAGS, ...flags, access: path });
  const change = (edit: (file: AccessFile) => unknown): void => {
    const file = accessFile();
    edit(file);
    replace(path, JSON.stringify(file));
  };
  return { ...started, path, change, client: rawClient(started.address) };
}

describe('when the access file changes', () => {
  it('ends the streams of a client that is gone, and no others', async () => {
    const { client, change } = await served();
    const going = await openStreamWith(client, first, tokenOf('dialler'));
    const staying = await openStreamWith(client, first, tokenOf('all'));
    change(({ clients }) => Reflect.deleteProperty(clients, 'dialler'));
    expect(await going.ended).toBe(status.UNAUTHENTICATED);
    await staying.answered(keys);
    staying.end();
    expect(await staying.ended).toBe(status.OK);
    const { code } = await ask(client, 'Check', number, tokenOf('dialler'));
    expect(code).toBe(status.UNAUTHENTICATED);
  });

  it.each<[string, (file: AccessFile) => unknown, number]>([
    [
      'its token is revoked',
      ({ clients }) => clients.dialler.tokens.splice(0),
      status.UNAUTHENTICATED,
    ],
    [
      'it may no longer act for the advertiser',
      ({ clients }) => Object.assign(clients.dialler, { for: ['beta'] }),
      status.PERMISSION_DENIED,
    ],
    [
      'it may no longer stream',
      ({ clients }) => Object.assign(clients.dialler, { allow: ['check'] }),
      status.PERMISSION_DENIED,
    ],
    [
      'the licence of its advertiser is gone',
      ({ parties }) => parties.alpha.licences.splice(0),
      status.PERMISSION_DENIED,
    ],
  ])('ends a stream where %s', async (_, edit, code) => {
    const { client, change } = await served();
    const stream = await openStreamWith(client, first, tokenOf('dialler'));
    change(edit);
    expect(await stream.ended).toBe(code);
  });

  it('takes a second token before the first goes: a stream and calls never fail', async () => {
    const { client, change } = await served();
    const expires = accessFile().clients.dialler.tokens[0]?.expires ?? '';
    const both = ['dialler', 'next'].map((name) => ({ sha256: sha256(tokenOf(name)), expires }));
    change(({ clients }) => Object.assign(clients.dialler, { tokens: both }));
    await until('the second token is known', async () => {
      const { code } = await ask(client, 'Check', number, tokenOf('next'));
      return code === status.OK;
    });
    const { code } = await ask(client, 'Check', number, tokenOf('dialler'));
    expect(code).toBe(status.OK);
    const stream = await openStreamWith(client, first, tokenOf('next'));
    change(({ clients }) => Object.assign(clients.dialler, { tokens: both.slice(1) }));
    await until('the first token is unknown', async () => {
      const { code: now } = await ask(client, 'Check', number, tokenOf('dialler'));
      return now === status.UNAUTHENTICATED;
    });
    await stream.answered(keys);
    stream.end();
    expect(await stream.ended).toBe(status.OK);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['without the parties', () => '{"clients":{}}'],
  ])('keeps the old one if the new one is %s, and says so', async (_, spoil) => {
    const { client, path, log, server } = await served();
    replace(path, spoil(JSON.stringify(accessFile())));
    await until('the log says so', () => log.some((line) => line.includes('the old one goes on')));
    const { code } = await ask(client, 'Check', number, tokenOf('dialler'));
    expect(code).toBe(status.OK);
    expect(server.readiness().ready).toBe(true);
    expect(log.join('')).not.toContain(sha256(tokenOf('dialler')));
  });

  it('is looked at when the server reloads', async () => {
    const path = writeAccess(accessFile());
    const flags = { 'access-poll': '60s', access: path };
    const { server, address } = await startServer(await smallList(), flags);
    const file = accessFile();
    Reflect.deleteProperty(file.clients, 'dialler');
    replace(path, JSON.stringify(file));
    await server.reload();
    const { code } = await ask(rawClient(address), 'Check', number, tokenOf('dialler'));
    expect(code).toBe(status.UNAUTHENTICATED);
  });

  it('refuses a call whose message comes late, and remembers nothing of it', async () => {
    const { address, client, change } = await served();
    const authorization = `Bearer ${tokenOf('dialler')}`;
    const stream = http2Session(address).request(
      callHeaders(dedupeService.BatchCheck.path, { authorization }),
    );
    stream.on('error', () => undefined);
    // Until the headers are there the call has not begun.
    await ask(client, 'Check', number, tokenOf('dialler'));
    change(({ clients }) => Object.assign(clients.dialler, { allow: ['check'] }));
    await until('the change is known', async () => {
      const { code } = await ask(client, 'GetLists', {}, tokenOf('dialler'));
      return code === status.PERMISSION_DENIED;
    });
    stream.end(framed(first));
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe(String(status.PERMISSION_DENIED));
    const { code } = await ask(client, 'BatchCheck', first, tokenOf('dialler'));
    expect(code).toBe(status.PERMISSION_DENIED);
  });

  it('ends a stream that asked for dates, which its client may no longer have', async () => {
    const { client, change } = await served({ 'disclose-dates': 'true' });
    const options = encodeOptions({ advertiser: 'alpha', registrationDates: true });
    const stream = await openStreamWith(client, Buffer.concat([options, keys]), tokenOf('all'));
    change(({ clients }) => Object.assign(clients.all, { allow: ['dedupe'] }));
    expect(await stream.ended).toBe(status.PERMISSION_DENIED);
  });

  it('is refused with a budget that this server could not keep', async () => {
    const { client, change, log } = await served();
    change(({ clients }) => Object.assign(clients.dialler, { numbers_per_day_max: 5 }));
    await until('the log says so', () => log.some((line) => line.includes('no --state')));
    expect((await ask(client, 'Check', number, tokenOf('dialler'))).code).toBe(status.OK);
  });
});
