import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { ServerState } from '#tacet/server/server-state.js';
import { sqliteOpener } from '#tacet/state/sqlite-drivers.js';
import { byName, client } from '../access/fixture.ts';
import { Folder } from '../cli/commands.ts';

const folder = new Folder();
const ending: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});
afterAll(() => folder.remove());

let places = 0;

async function opened(clients: () => ReturnType<typeof byName>) {
  const state = folder.file(`state-${++places}`);
  const flags = { list: ['none.tacet'], state: [state] };
  const options = readServeOptions({ flags, environment: {}, config: undefined });
  const errors: object[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object, text: string) => errors.push({ ...fields, text }),
  };
  const metrics = { registry: new Registry() };
  const server = await ServerState.open(options, { metrics, log, clients, closeMs: 200 });
  if (server === undefined) throw new Error('a state is named');
  ending.push(() => server.close());
  return { server, state, errors };
}

describe('the state of a server', () => {
  it('has the clients of the access file as it is when they are taken', async () => {
    let clients = byName(client('dialler', { numbers: 1 }));
    const { server } = await opened(() => clients);
    clients = byName(client('dialler', { numbers: 5 }));
    server.update();
    await server.limits.takeOrWait(client('dialler'), { numbers: 5, checks: 0 });
    expect(() => server.limits.check(client('dialler'), { numbers: 1, checks: 0 })).toThrow(
      'the budget of 5 numbers a day',
    );
  });

  it('does not keep a server that stops, and tells what it does not have', async () => {
    const { server, state, errors } = await opened(() => byName(client('dialler')));
    const other = sqliteOpener()(join(state, 'state.sqlite'));
    other.execute('BEGIN IMMEDIATE');
    ending.push(() => other.close());
    server.limits.answered(client('dialler'), { numbers: 7, blocked: 0 });
    const startMs = performance.now();
    await server.close();
    expect(performance.now() - startMs).toBeLessThan(3_000);
    expect(errors).toMatchObject([
      { answers: 7, text: 'the state does not have all that was counted' },
    ]);
  });
});
