import { join } from 'node:path';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/client.js';
import { REASON_NAMES } from '#tacet/verdict/reason.js';
import type { EditRequestMessage, ImportResponseMessage } from '#tacet/wire/gen/messages.js';
import { editMessage, type RegisterEdit } from '#tacet/wire/registers/edit.js';
import { registerService } from '#tacet/wire/registers/service.js';
import { metricsOf, sampleValue } from '../../observe/exposition.ts';
import { accessFile, bearing, dayFromToday, tokenOf, writeAccess } from '../access/fixture.ts';
import {
  afterTest,
  rawClient,
  smallList,
  startServer,
  temporaryFolder,
  unary,
} from '../fixture.ts';

const objection: RegisterEdit = {
  ...{ register: 'objections', advertiser: 'alpha', operation: 'add' },
  phoneNumbers: ['0475 12 34 57'],
};

function connected(address: string, token?: string): TacetClient {
  const client = new TacetClient(address, { token });
  afterTest(() => client.close());
  return client;
}

async function served(flags: Record<string, string> = {}) {
  const state = join(temporaryFolder(), 'state');
  const started = await startServer(await smallList(), { state, ...flags });
  return { ...started, client: connected(started.address) };
}

const reasonOf = async (client: TacetClient, phoneNumber: string, advertiser = 'alpha') =>
  REASON_NAMES[(await client.check({ phoneNumber, advertiser })).reason];

/** One call of `Import`. */
function imported(
  address: string,
  requests: readonly EditRequestMessage[],
  metadata = new Metadata(),
): Promise<{ error?: ServiceError; response?: ImportResponseMessage | undefined }> {
  const { path, requestSerialize, responseDeserialize } = registerService.Import;
  return new Promise((resolve) => {
    const call = rawClient(address).makeClientStreamRequest(
      ...([path, requestSerialize, responseDeserialize, metadata] as const),
      (error, response) => resolve(error === null ? { response } : { error }),
    );
    for (const request of requests) call.write(request);
    call.end();
  });
}

async function exported(client: TacetClient, advertiser?: string): Promise<string[]> {
  const rows: string[] = [];
  for await (const page of client.registers.export('objections', advertiser)) {
    for (const { e164, standing } of page) rows.push(`${standing?.advertiser} ${e164}`);
  }
  return rows;
}

describe('a server with a state', () => {
  it('has an edit in force as soon as it is acknowledged', async () => {
    const { client } = await served({ 'register-poll': '5s' });
    expect(await reasonOf(client, '0475123457')).toBe('not-listed');
    expect(await client.registers.edit(objection)).toEqual({
      revision: 1,
      counts: { changed: 1, unchanged: 0, refused: 0 },
      refused: [],
    });
    expect(await reasonOf(client, '0475123457')).toBe('objection');
    expect(await reasonOf(client, '0475123457', 'beta')).toBe('not-listed');
    await client.registers.edit({ ...objection, operation: 'lift' });
    expect(await reasonOf(client, '0475123457')).toBe('not-listed');
  });

  it('does a request once, and refuses its id for something else', async () => {
    const { client } = await served();
    const first = { ...objection, requestId: 'call-7' };
    const done = await client.registers.edit(first);
    expect(await client.registers.edit(first)).toEqual(done);
    await expect(client.registers.edit({ ...first, by: 'Bo' })).rejects.toMatchObject({
      code: 'ERR_REQUEST',
    });
  });

  it('shows what stands and what was done, and hands all of it out', async () => {
    const { client } = await served();
    await client.registers.edit({ ...objection, by: 'Ann', reason: 'asked by phone' });
    await client.registers.edit({ ...objection, advertiser: '*' });
    const { e164, standing, acts } = await client.registers.find('0475123457');
    expect(e164).toBe('+32475123457');
    expect(standing.map(({ advertiser }) => advertiser)).toEqual(['*', 'alpha']);
    expect(acts.map(({ by, reason, day }) => [by, reason, day])).toEqual([
      ['Ann', 'asked by phone', dayFromToday(0)],
      ['', '', dayFromToday(0)],
    ]);
    expect(await exported(client)).toEqual(['* +32475123457', 'alpha +32475123457']);
    expect(await exported(client, 'alpha')).toEqual(['alpha +32475123457']);
  });

  it('imports edits one after another, up to the first that it refuses whole', async () => {
    const { address, client } = await served();
    const edits = [
      editMessage({ ...objection, phoneNumbers: ['0475000001', 'x'] }),
      editMessage({ ...objection, phoneNumbers: ['0475000002'] }),
    ];
    expect((await imported(address, edits)).response).toEqual({
      revision: 2,
      counts: { changed: 2, unchanged: 0, refused: 1 },
      refused: [{ request: 0, index: 1, reason: 'no-digits' }],
    });
    expect((await imported(address, [])).response).toMatchObject({ revision: 2, refused: [] });
    const bad = { ...editMessage(objection), register: 'x' };
    const good = editMessage({ ...objection, phoneNumbers: ['0475000003'] });
    const late = editMessage({ ...objection, phoneNumbers: ['0475000004'] });
    const { error } = await imported(address, [good, bad, late]);
    expect(error?.code).toBe(status.INVALID_ARGUMENT);
    expect(await exported(client)).toEqual([
      ...['alpha +32475000001', 'alpha +32475000002', 'alpha +32475000003'],
    ]);
  });

  it('measures how new what it knows is', async () => {
    const { client, server } = await served();
    const value = async (name: string) =>
      sampleValue((await metricsOf(server.httpPort)).samples, `tacet_registers_${name}`, {});
    expect(await value('revision')).toBe(0);
    await client.registers.edit(objection);
    expect(await value('revision')).toBe(1);
    expect(await value('age_seconds')).toBeLessThan(10);
    expect(await value('bytes')).toBeGreaterThan(0);
  });

  it('counts the calls by method, from their first on', async () => {
    const { client, server } = await served();
    const handled = async (method: string, type: string) => {
      const { samples } = await metricsOf(server.httpPort);
      const of = { grpc_service: 'tacet.v1.RegisterService', grpc_method: method };
      const labels = { ...of, grpc_type: type, grpc_code: 'OK' };
      return sampleValue(samples, 'grpc_server_handled_total', labels);
    };
    expect(await handled('Edit', 'unary')).toBe(0);
    expect(await handled('Import', 'client_stream')).toBe(0);
    await client.registers.edit(objection);
    await exported(client);
    expect(await handled('Edit', 'unary')).toBe(1);
    expect(await handled('Export', 'server_stream')).toBe(1);
  });
});

it('a server without a state keeps no registers, and says so', async () => {
  const { address } = await startServer(await smallList());
  const client = connected(address);
  const none = { code: 'ERR_STATE_NONE', message: expect.stringContaining('FAILED_PRECONDITION') };
  await expect(client.registers.edit(objection)).rejects.toMatchObject(none);
  await expect(client.registers.find('0475123457')).rejects.toMatchObject(none);
  await expect(exported(client)).rejects.toMatchObject(none);
  expect((await imported(address, [])).error?.code).toBe(status.FAILED_PRECONDITION);
});

describe('with an access file', () => {
  async function guarded() {
    const file = accessFile();
    Object.assign(file.clients.dialler, { allow: ['check', 'registers'] });
    const started = await served({ access: writeAccess(file) });
    const as = (name: string) => connected(started.address, tokenOf(name));
    return { ...started, dialler: as('dialler'), all: as('all'), check: as('only-check') };
  }

  it('a client edits for its own advertisers, for the firm if it may operate', async () => {
    const { dialler, all, check, address } = await guarded();
    const to = ({ registers }: TacetClient, advertiser: string) =>
      registers.edit({ ...objection, advertiser }).then(
        ({ counts }) => counts?.changed,
        (error: unknown) => Object(error).code,
      );
    expect(await to(dialler, 'alpha')).toBe(1);
    expect(await to(dialler, 'beta')).toBe('ERR_ADVERTISER');
    expect(await to(dialler, 'nobody')).toBe('ERR_ADVERTISER');
    expect(await to(dialler, '*')).toBe('ERR_ACCESS');
    expect(await to(check, 'alpha')).toBe('ERR_ACCESS');
    expect(await to(all, 'beta')).toBe(1);
    expect(await to(all, '*')).toBe(1);
    const edits = [editMessage({ ...objection, advertiser: 'beta' })];
    const { error } = await imported(address, edits, bearing(tokenOf('dialler')));
    expect(error?.code).toBe(status.PERMISSION_DENIED);
    const { error: unknown } = await imported(address, edits);
    expect(unknown?.code).toBe(status.UNAUTHENTICATED);
  });

  it('a client sees its own advertisers, and the firm only if it may operate', async () => {
    const { dialler, all, check, address } = await guarded();
    for (const advertiser of ['*', 'alpha', 'beta']) {
      await all.registers.edit({ ...objection, advertiser, by: 'Ann' });
    }
    const seen = async ({ registers }: TacetClient) => {
      const { standing, acts } = await registers.find('0475123457');
      return [standing.map(({ advertiser }) => advertiser), acts.map(({ by }) => by)];
    };
    const by = 'Ann (client all)';
    expect(await seen(dialler)).toEqual([['alpha'], [by]]);
    expect(await seen(all)).toEqual([
      ['*', 'alpha', 'beta'],
      [by, by, by],
    ]);
    expect(await exported(dialler)).toEqual(['alpha +32475123457']);
    expect(await exported(all)).toHaveLength(3);
    for (const advertiser of ['beta', 'nobody', '*']) {
      await expect(exported(dialler, advertiser)).rejects.toMatchObject({ code: 'ERR_ADVERTISER' });
    }
    await expect(exported(check)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    await expect(seen(check)).rejects.toMatchObject({ code: 'ERR_ACCESS' });
    const { error } = await unary(rawClient(address), registerService.Find, { phoneNumber: '1' });
    expect(error?.code).toBe(status.UNAUTHENTICATED);
  });
});
