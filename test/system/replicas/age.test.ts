import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { afterTest, temporaryFolder, until, writeList } from '../../server/fixture.ts';
import { freePort } from '../../server/free-port.ts';
import { NameServer } from '../sync/name-server.ts';
import { entriesOf, Load, sha256Of } from './load.ts';
import { Replica } from './replica.ts';

/** A name of several servers, as a headless service of Kubernetes is, and one more of them. */

vi.hoisted(() => {
  // grpc-js then asks the name server of the address, instead of the machine's.
  process.env['GRPC_NODE_USE_ALTERNATIVE_RESOLVER'] = 'true';
});

const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const listed = (index: number): boolean => index % 3 === 0;

it('connections that have their age make room for a server that is new', async () => {
  const list = await writeList(join(temporaryFolder(), 'list.tacet'), entriesOf(listed));
  const grpcPort = await freePort();
  const flags = ['--connection-age', '500ms', '--connection-age-grace', '500ms'];
  const replicas: Replica[] = [];
  for (const host of HOSTS) {
    const replica = new Replica({ list, host, grpcPort, httpPort: await freePort(), flags });
    afterTest(() => replica.destroy());
    replicas.push(replica);
  }
  const names = await NameServer.start();
  afterTest(() => names.close());
  const [first, second, third] = replicas as [Replica, Replica, Replica];
  await Promise.all([first.start(), second.start()]);
  names.addresses = HOSTS.slice(0, 2);
  const client = new TacetClient(`dns://${names.address}/tacet.test:${grpcPort}`, {
    loadBalancing: 'round_robin',
    resolveMinMs: 100,
  });
  afterTest(() => client.close());
  await client.ready();
  const truth = new Map([[await sha256Of(list), listed]]);
  const load = new Load(client, truth).start({ checks: 2, batches: 1, streams: 3 });
  await until('it is under way', () => load.checks.calls > 100);
  await third.start();
  expect((await third.calls()).Check).toBe(0);
  names.addresses = HOSTS;
  const checksOf = () =>
    Promise.all(replicas.map(async (replica) => (await replica.calls()).Check));
  let counts: number[] = [];
  await until('it has its share', async () => {
    const before = await checksOf();
    const from = load.checks.calls;
    await until('the load goes on', () => load.checks.calls >= from + 60);
    counts = (await checksOf()).map((count, i) => count - (before[i] ?? 0));
    const third = counts.reduce((sum, count) => sum + count, 0) / HOSTS.length;
    return counts.every((count) => Math.abs(count / third - 1) < 0.2);
  });
  // Streams too, which move when the grace of their connection is over.
  await until('it has a stream', async () => (await third.calls()).Dedupe > 0);
  await load.stop();
  for (const tally of [load.checks, load.batches, load.streams]) {
    expect([tally.failed, tally.wrong]).toEqual([[], 0]);
  }
  expect(load.reopens).toBeGreaterThan(0);
  const { checks, batches, streams, reopens } = load;
  console.log(
    `checks by server: ${counts.join()}; in all ${checks.calls} checks, ` +
      `${batches.calls} batches, ${streams.numbers} numbers in ${streams.calls} streams, ` +
      `resumed ${reopens} times`,
  );
});
