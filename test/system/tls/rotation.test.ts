import { afterAll, beforeAll, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { Authority } from '../../../bench/tls/certificates.ts';
import { Folder, packSource, type Serving, serve, stop, until } from '../../cli/commands.ts';

/** Certificates that are renewed under load. */
const folder = new Folder();
const authority = new Authority(folder.path);
const clients = new Authority(folder.path, 'clients');
const ROTATIONS = 100;
let server: Serving;

beforeAll(async () => {
  const { cert, key } = authority.sign('server');
  const flags = ['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', clients.cert];
  server = await serve(await packSource(folder), [...flags, '--tls-poll', '20ms']);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`http://${server.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

it(`${ROTATIONS} renewals fail no call of streams, or of clients that stay or come`, async () => {
  const own = clients.sign('dialler', { names: ['DNS:dialler.example'] });
  const files = { cert: folder.read('dialler.crt'), key: folder.read('dialler.key') };
  expect(own.cert).toBe(folder.file('dialler.crt'));
  const port = server.address.split(':').at(-1);
  const open = () =>
    new TacetClient(`localhost:${port}`, { tls: { ca: authority.ca, ...files }, retriesMax: 0 });
  let isOver = false;
  const done = { batches: 0, checks: 0, connections: 0 };
  const streaming = async (): Promise<void> => {
    const client = open();
    const call = client.dedupe({ reopensMax: 0 });
    while (!isOver) {
      const { verdicts } = await call.send({ keys: [32475123456, 32475999999] });
      expect([...verdicts]).toEqual([2, 1]);
      done.batches++;
    }
    await call.finish();
    client.close();
  };
  const staying = async (): Promise<void> => {
    const client = open();
    while (!isOver) {
      expect((await client.check({ phoneNumber: '0475123456' })).verdict).toBe(2);
      done.checks++;
    }
    client.close();
  };
  const coming = async (): Promise<void> => {
    while (!isOver) {
      const client = open();
      expect((await client.check({ phoneNumber: '0475123456' })).verdict).toBe(2);
      done.connections++;
      client.close();
    }
  };
  const load = Promise.all([streaming(), staying(), coming()]);
  const renew = async (): Promise<void> => {
    const before = await metric('tacet_tls_reloads_total\\{outcome="swapped"\\}');
    for (let renewed = 1; renewed <= ROTATIONS; renewed++) {
      authority.sign('server');
      await until(`renewal ${renewed} is served`, async () => {
        return (await metric('tacet_tls_reloads_total\\{outcome="swapped"\\}')) >= before + renewed;
      });
    }
  };
  // A call that fails ends the load, and with it the test.
  await Promise.race([renew(), load]).finally(() => {
    isOver = true;
  });
  await load;
  console.log(`${ROTATIONS} renewals, ${JSON.stringify(done)}`);
  for (const count of Object.values(done)) expect(count).toBeGreaterThan(ROTATIONS / 2);
});
