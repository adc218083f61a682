import { brusselsDay } from '#tacet/calendar/brussels.js';
import { sampleList } from '#tacet/sample/list.js';
import { SAMPLE_NUMBERS_MAX } from '#tacet/sample/numbers.js';
import type { Contest, Contestant, Ratio, Sample } from './contest.ts';
import { type ListData, makeQueries, type Queries } from './list-data.ts';
import {
  type Exchange,
  numberExchanges,
  REDIS_FORMS,
  redisExchanges,
  redisLoading,
  textExchanges,
  writeExchanges,
} from './messages.ts';
import { load, program, Server } from './processes.ts';

export interface StreamingOptions {
  readonly folder: string;
  /** Numbers a run. */
  readonly numbers: number;
  /** Different numbers, sent over and over. */
  readonly queries: number;
  readonly streams: number;
  /** Numbers a second at which latency is measured, open loop, and for how long. */
  readonly rate: number;
  readonly latencySeconds: number;
}

/** Redis is slower by so much that it gets this share of the numbers. */
const REDIS_SHARE = 1 / 25;
/** The best client of Redis: commands of 1,000 numbers, 8 in flight. */
const REDIS_BATCH = 1000;
const REDIS_IN_FLIGHT = 8;
/** Longer lists are not loaded into Redis, which takes 100 bytes a number. */
const REDIS_ENTRIES_MAX = 2_000_000;
/** Text takes more work than numbers: latency is measured at this share of their rate. */
const TEXT_RATE_SHARE = 0.2;
/** `registration_dates` of DedupeOptions, as bytes. */
const ASK_FOR_DATES = '1001';

/** Messages prepared in a file. */
interface Load {
  readonly name: string;
  readonly path: string;
  /** How many are in the file. */
  readonly prepared: number;
  readonly batch: number;
  readonly options: string;
}

/** Streams to Tacet, to the C++ server and to Redis; `hold` gets the contest while they run. */
export async function withStreaming<Result>(
  list: ListData,
  options: StreamingOptions,
  hold: (contest: Contest) => Promise<Result>,
): Promise<Result> {
  const queries = await makeQueries(options.folder, list, options.queries);
  const servers: Server[] = [];
  try {
    const tacet = await Server.tacet(list.list);
    servers.push(tacet);
    const contestants: Contestant[] = [];
    const ratios: Ratio[] = [];
    const hash = await cppServer(list, 'hash', servers);
    const pbm = await cppServer(list, 'pbm', servers);
    for (const given of await numberLoads(queries, options)) {
      contestants.push(streamer(`Tacet, ${given.name}`, tacet, given, options));
      contestants.push(streamer(`C++ hash, ${given.name}`, hash, given, options));
      contestants.push(streamer(`C++ pbm, ${given.name}`, pbm, given, options));
      ratios.push(...serverRatios(given));
    }
    if (list.entries <= REDIS_ENTRIES_MAX) {
      const text = await textLoad(list, options);
      const rate = options.rate * TEXT_RATE_SHARE;
      contestants.push(streamer(`Tacet, ${text.name}`, tacet, text, { ...options, rate }));
      ratios.push({
        what: 'text: million numbers a second',
        metric: 'millionsPerSecond',
        of: `Tacet, ${text.name}`,
        atLeast: 8,
      });
      contestants.push(...(await redisContestants(list, queries, options, servers)));
      ratios.push(...redisRatios(`Tacet, ${loadName(8192, true)}`));
    }
    return await hold({ title: `streaming, list of ${list.entries}`, contestants, ratios });
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function cppServer(list: ListData, index: string, servers: Server[]): Promise<Server> {
  const command = [program('server'), '--list', list.list, '--index', index];
  const server = await Server.start(command, /^gRPC +(\S+)/);
  servers.push(server);
  return server;
}

function loadName(batch: number, dates: boolean): string {
  return `${(batch * 8) / 1024} KiB${dates ? ' with dates' : ''}`;
}

async function numberLoads(queries: Queries, { folder }: StreamingOptions): Promise<Load[]> {
  const loads: Load[] = [];
  for (const batch of [8192, 32_768]) {
    for (const dates of [true, false]) {
      const exchanges = numberExchanges(queries, { batch, dates });
      const name = loadName(batch, dates);
      loads.push(await prepare(folder, { name, batch, dates }, exchanges));
    }
  }
  return loads;
}

async function textLoad(list: ListData, { folder, queries }: StreamingOptions): Promise<Load> {
  const listed = new Set(sampled(list).keys);
  const batch = 8192;
  const exchanges = textExchanges(listed, { batch, count: Math.max(batch, queries / 8) });
  return prepare(folder, { name: 'messy text', batch, dates: false }, exchanges);
}

async function prepare(
  folder: string,
  { name, batch, dates }: { name: string; batch: number; dates: boolean },
  exchanges: Iterable<Exchange>,
): Promise<Load> {
  const path = `${folder}/${name.replaceAll(' ', '-')}.bin`;
  const prepared = await writeExchanges(path, exchanges);
  return { name, path, prepared, batch, options: dates ? ASK_FOR_DATES : '' };
}

/** A closed loop for throughput and CPU, then an open loop for latency. */
function streamer(
  name: string,
  server: Server,
  given: Load,
  options: StreamingOptions,
): Contestant {
  const { numbers, streams, rate, latencySeconds } = options;
  const perSecond = rate / given.batch / streams;
  const flags = { address: server.address, messages: given.path, options: given.options, streams };
  return {
    name,
    async run() {
      const count = Math.ceil(numbers / given.batch / streams);
      const before = server.cpuSeconds();
      const closed = await load('load', { ...flags, count });
      const serverSeconds = server.cpuSeconds() - before;
      const open = await load('load', {
        ...flags,
        count: Math.ceil(perSecond * latencySeconds),
        rate: perSecond,
      });
      return { ...sampleOf(closed, serverSeconds, server), ...latencyOf(open) };
    },
  };
}

function sampleOf(
  result: { numbers: number; seconds: number; cpuSeconds: number },
  serverSeconds: number,
  server: Server,
): Sample {
  const { numbers, seconds, cpuSeconds } = result;
  return {
    millionsPerSecond: numbers / seconds / 1e6,
    seconds,
    serverCpu: (serverSeconds / numbers) * 1e8,
    clientCpu: (cpuSeconds / numbers) * 1e8,
    memoryMib: server.pssMib(),
  };
}

/** The latencies of a load client's result; it has them all or none. */
export function latencyOf(result: {
  p50Us?: number;
  p99Us?: number;
  p999Us?: number;
}): Pick<Sample, 'p50Us' | 'p99Us' | 'p999Us'> {
  const { p50Us, p99Us, p999Us } = result;
  if (p50Us === undefined || p99Us === undefined || p999Us === undefined) return {};
  return { p50Us, p99Us, p999Us };
}

function serverRatios({ name, options }: Load): Ratio[] {
  const cpu = { metric: 'serverCpu', of: `Tacet, ${name}` } as const;
  const barred = options === ASK_FOR_DATES;
  const wall = { metric: 'millionsPerSecond', of: `Tacet, ${name}` } as const;
  return [
    {
      what: `${name}: server CPU, Tacet / C++ hash`,
      ...cpu,
      by: `C++ hash, ${name}`,
      ...(barred ? { atMost: 1 } : {}),
    },
    {
      what: `${name}: server CPU, Tacet / C++ pbm`,
      ...cpu,
      by: `C++ pbm, ${name}`,
      ...(barred ? { atMost: 1.6 } : {}),
    },
    { what: `${name}: numbers/s, Tacet / C++ hash`, ...wall, by: `C++ hash, ${name}` },
  ];
}

async function redisContestants(
  list: ListData,
  queries: Queries,
  options: StreamingOptions,
  servers: Server[],
): Promise<Contestant[]> {
  const { folder } = options;
  const flags = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const port = await freePort();
  const server = await Server.start(
    ['redis-server', '--port', String(port), ...flags],
    /Ready to accept connections/,
  );
  servers.push(server);
  const { keys, days } = sampled(list);
  const numbers = BigUint64Array.from(keys, BigInt);
  const loading = `${folder}/redis-loading.bin`;
  const commands = await writeExchanges(loading, redisLoading(numbers, days));
  const piped = { port, 'in-flight': REDIS_IN_FLIGHT };
  await load('pipe', { ...piped, messages: loading, count: commands });
  const contestants: Contestant[] = [];
  for (const form of REDIS_FORMS) {
    const messages = `${folder}/redis-${form}.bin`;
    await writeExchanges(messages, redisExchanges(queries, { form, batch: REDIS_BATCH }));
    const count = Math.ceil((options.numbers * REDIS_SHARE) / REDIS_BATCH);
    contestants.push({
      name: `Redis ${form}`,
      async run() {
        const before = server.cpuSeconds();
        const result = await load('pipe', { ...piped, messages, count });
        return sampleOf(result, server.cpuSeconds() - before, server);
      },
    });
  }
  return contestants;
}

function redisRatios(tacet: string): Ratio[] {
  return REDIS_FORMS.flatMap((form): Ratio[] => {
    const bar = form === 'HMGET' ? { atLeast: 15 } : {};
    const redis = `Redis ${form}`;
    const wall = { metric: 'millionsPerSecond', of: tacet, by: redis } as const;
    const cpu = { metric: 'serverCpu', of: redis, by: tacet } as const;
    return [
      { what: `numbers/s, Tacet / Redis ${form}`, ...wall, ...bar },
      { what: `server CPU, Redis ${form} / Tacet`, ...cpu, ...bar },
    ];
  });
}

/** What `makeList` wrote, in memory. */
export function sampled({ entries }: ListData): ReturnType<typeof sampleList> {
  if (entries > SAMPLE_NUMBERS_MAX) throw new Error('too long a list to be sampled');
  return sampleList({ rows: entries, seed: 1, snapshotDay: brusselsDay(Date.now()) - 1 });
}

/** A port that was free a moment ago: Redis cannot be told to choose one. */
async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
