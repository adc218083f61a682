import { Client, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient, type TacetClientOptions } from '#tacet/client/index.js';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import { afterTest, until } from '../../server/fixture.ts';
import { startHaproxy, startNginx } from './balancers.ts';
import { Cluster, COUNT, type StartBalancer } from './cluster.ts';
import { Load, type Tally } from './load.ts';
import { type Calls, METHODS, type Replica } from './replica.ts';

const listedBefore = (index: number): boolean => index % 3 === 0;
const listedAfter = (index: number): boolean => index % 2 === 0;

/** How the three are reached, and what a client that knows nothing of Tacet sees of a lost one. */
interface Setup {
  readonly name: string;
  /** Status of a stream whose server was killed. */
  readonly killed: number;
  readonly start: StartBalancer;
}

const SETUPS: readonly Setup[] = [
  { name: 'nginx', killed: status.INTERNAL, start: startNginx },
  { name: 'haproxy', killed: status.CANCELLED, start: startHaproxy },
  {
    name: 'grpc-js round_robin',
    killed: status.UNAVAILABLE,
    start: async (_, replicas) => ({
      address: `ipv4:${replicas.map(({ address }) => address).join()}`,
      stop: async () => undefined,
    }),
  },
];

/** A stream of a client that knows nothing of Tacet: answered once, then silent. */
async function rawStream(client: Client) {
  const { path, requestSerialize, responseDeserialize } = dedupeService.Dedupe;
  const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
  const ended: number[] = [];
  afterTest(() => call.cancel());
  call.on('error', () => undefined);
  call.on('status', ({ code }: { code: number }) => ended.push(code));
  const ask = async (): Promise<void> => {
    const answered = new Promise((resolve) => call.once('data', resolve));
    call.write(encodeKeys([32475000000]));
    await answered;
  };
  await ask();
  return { ask, ended, cancel: () => call.cancel() };
}

/** How far a server's share of the calls is from an even one at most. */
const SPREAD = 0.2;
/** Of streams: who has the fewest open gets the next, which evens the load, not the count. */
const STREAM_SPREAD = 0.4;

describe.each(SETUPS)('three servers behind $name', (setup) => {
  const cluster = new Cluster();
  beforeAll(() => cluster.start(setup.start, listedBefore));
  afterAll(() => cluster.close());

  /** A client of its own connections. */
  function connect(options: TacetClientOptions = {}): TacetClient {
    const direct = setup.name.startsWith('grpc-js');
    const client = new TacetClient(cluster.address, {
      loadBalancing: direct ? 'round_robin' : 'pick_first',
      ...options,
    });
    afterTest(() => client.close());
    return client;
  }

  /** Streams of a raw client, one on each server. */
  async function rawStreams() {
    const client = new Client(cluster.address, credentials.createInsecure(), {
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      'grpc.use_local_subchannel_pool': 1,
    });
    afterTest(() => client.close());
    await until('all are connected to', async () => {
      const before = await cluster.calls();
      for (let i = 0; i < COUNT; i++) await rawCheck(client);
      const after = await cluster.calls();
      return after.every(({ Check }, i) => Check > (before[i]?.Check ?? 0));
    });
    // A balancer may still leave a server out that was away a moment ago.
    let streams: Awaited<ReturnType<typeof rawStream>>[] = [];
    await until('each server has one of the streams', async () => {
      const before = await cluster.calls();
      streams = [];
      for (let i = 0; i < COUNT; i++) streams.push(await rawStream(client));
      const after = await cluster.calls();
      if (after.every(({ Dedupe }, i) => Dedupe - (before[i]?.Dedupe ?? 0) === 1)) return true;
      for (const stream of streams) stream.cancel();
      await until('they are gone', () => streams.every(({ ended }) => ended.length > 0));
      return false;
    });
    return { client, streams };
  }

  /** Which server has had the most streams since. */
  async function mostStreams(before: readonly Calls[]): Promise<Replica> {
    const now = await cluster.calls();
    const streams = now.map(({ Dedupe }, i) => Dedupe - (before[i]?.Dedupe ?? 0));
    return cluster.replica(streams.indexOf(Math.max(...streams)));
  }

  /** Runs `load` and returns the share of each server, by method, 1 = a third. */
  async function shares(load: () => Promise<void>) {
    const before = await cluster.calls();
    await load();
    const after = await cluster.calls();
    return METHODS.map((method) => {
      const counts = after.map((calls, i) => calls[method] - (before[i]?.[method] ?? 0));
      const all = counts.reduce((sum, count) => sum + count, 0);
      return { method, counts, shares: counts.map((count) => (count * COUNT) / all) };
    });
  }

  function print(what: string, figures: object): void {
    console.log(`${setup.name}: ${what}: ${JSON.stringify(figures)}`);
  }

  function expectFaultless(load: Load): void {
    for (const tally of [load.checks, load.batches, load.streams]) {
      expect(tally.failed).toEqual([]);
      expect(tally.wrong).toBe(0);
      expect(tally.calls).toBeGreaterThan(0);
    }
  }

  /** Goes on until the load has made this many calls more. */
  async function more(load: Load, { checks = 0, batches = 0 }): Promise<void> {
    const from = { checks: load.checks.calls, batches: load.batches.calls };
    await until('the load goes on', () => {
      const done = load.checks.calls - from.checks >= checks;
      return done && load.batches.calls - from.batches >= batches;
    });
  }

  it('share the calls evenly', async () => {
    const load = new Load(connect(), cluster.truth);
    // The first calls find some connected to and others not yet.
    await until('all are connected to', async () => {
      const [spread] = await shares(() => load.run({ checks: 30 }));
      return spread?.counts.every((count) => count > 0) ?? false;
    });
    const spread = await shares(() => load.run({ checks: 600, batches: 150, streams: 90 }));
    expectFaultless(load);
    for (const { method, counts, shares: got } of spread) {
      print(`${method} by server`, counts);
      const most = method === 'Dedupe' ? STREAM_SPREAD : SPREAD;
      for (const share of got) expect(Math.abs(share - 1)).toBeLessThan(most);
    }
  });

  it('answer all the same when one is killed, and share again when it is back', async () => {
    const { client, streams: raw } = await rawStreams();
    const before = await cluster.calls();
    const load = new Load(connect(), cluster.truth).start({ checks: 4, batches: 2, streams: 3 });
    await more(load, { checks: 100, batches: 50 });
    const victim = await mostStreams(before);
    await victim.kill();
    await until('its stream has ended', async () => {
      // nginx tells it with the next frame on the connection.
      await rawCheck(client).catch(() => undefined);
      return raw.some(({ ended }) => ended.length > 0);
    });
    await more(load, { checks: 100, batches: 50 });
    await load.stop();
    expectFaultless(load);
    // Those of the other servers go on.
    const ended = raw.filter((stream) => stream.ended.length > 0);
    print(
      'ends of the raw streams',
      raw.map((stream) => stream.ended),
    );
    expect(ended.map((stream) => stream.ended)).toEqual([[setup.killed]]);
    for (const stream of raw) if (stream.ended.length === 0) await stream.ask();
    expect(load.reopens).toBeGreaterThan(0);
    print('one killed', figures(load));
    await victim.start();
    const { checks, numbers } = await untilShared();
    print('back, by server', { checks, numbers });
  });

  /** The killed one gets its share again, of calls that clients make without being told. */
  async function untilShared() {
    const load = new Load(connect(), cluster.truth);
    let checks: number[] = [];
    await until('it has its share', async () => {
      const [spread] = await shares(() => load.run({ checks: 90 }));
      checks = spread?.counts ?? [];
      return spread?.shares.every((share) => Math.abs(share - 1) < SPREAD) ?? false;
    });
    return { checks, numbers: load.checks.numbers };
  }

  it('are missed also by a client that only waits for an answer', async () => {
    const before = await cluster.calls();
    const call = connect({ keepaliveMs: 500 }).dedupe();
    const batch = { keys: [32_475_000_000] };
    await call.send(batch);
    const server = await mostStreams(before);
    let answer: Promise<unknown> = Promise.resolve();
    await server.freezeAndKill(async () => {
      answer = call.send(batch);
      // Until it has been sent.
      await new Promise((resolve) => setImmediate(resolve));
    });
    await answer;
    expect(await call.finish()).toMatchObject({ numbers: 2, blocked: 2 });
    expect(call.reopens).toBeGreaterThan(0);
    await server.start();
  });

  it('are restarted one by one, the list swapped on the way, at no cost', async () => {
    const { client, streams: raw } = await rawStreams();
    const load = new Load(connect(), cluster.truth);
    load.start({ checks: 4, batches: 2, streams: 3, files: 1 });
    let goOn = (): void => undefined;
    // Begins with the older version, and has half of it left when that is gone.
    const long = load.file(
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    await more(load, { checks: 50, batches: 25 });
    const restart = async (index: number): Promise<void> => {
      await cluster.replica(index).stop();
      await cluster.replica(index).start();
      await more(load, { checks: 50, batches: 25 });
    };
    await restart(0);
    await cluster.swap(listedAfter);
    await restart(1);
    await restart(2);
    // The one that started before the swap.
    cluster.replica(0).reload();
    await until('the newer version serves', () => cluster.replica(0).serves(listOf(listedAfter)));
    await until('no stream is left on the older', () =>
      load.streamVersions().every((n) => n === 2),
    );
    await more(load, { checks: 50, batches: 25 });
    goOn();
    await long;
    await load.stop();
    expectFaultless(load);
    expect(load.restarts).toBeGreaterThan(0);
    expect([load.files.failed, load.files.wrong]).toEqual([[], 0]);
    await rawCheck(client);
    // Told by the server itself, whatever is in front of it.
    expect(raw.map(({ ended }) => ended)).toEqual([
      [status.UNAVAILABLE],
      [status.UNAVAILABLE],
      [status.UNAVAILABLE],
    ]);
    print('rolling restart with a swap', figures(load));
  });

  /** The sha256 of the version that lists these. */
  function listOf(listed: (index: number) => boolean): string {
    return [...cluster.truth].find(([, each]) => each === listed)?.[0] ?? '';
  }
});

/** What is printed of a load. */
function figures({ checks, batches, streams, files, reopens, versionsMax, restarts }: Load) {
  const of = ({ calls, numbers, failed, wrong }: Tally) => ({
    calls,
    numbers,
    failed: failed.length,
    wrong,
  });
  return {
    checks: of(checks),
    batches: of(batches),
    streams: { ...of(streams), resumed: reopens, versions: versionsMax },
    ...(files.calls > 0 && { files: { ...of(files), restarts } }),
  };
}

function rawCheck(client: Client): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = dedupeService.Check;
  const request = { phoneNumber: '0475000000', optInDate: '', region: '', advertiser: '' };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
}
