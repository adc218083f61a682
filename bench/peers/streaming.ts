import { SAMPLE_NUMBERS_MAX } from '#tacet/sample/numbers.js';
import type { Contest, Contestant, Ratio } from './contest.ts';
import { type ListData, makeQueries, type Queries, sampled } from './list-data.ts';
import { type Exchange, numberExchanges, textExchanges, writeExchanges } from './messages.ts';
import { load, program, Server } from './processes.ts';
import { redisContestants, redisRatios } from './redis.ts';
import { latencyOf, sampleOf } from './samples.ts';

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

/** Longer lists are not loaded into Redis, which takes 100 bytes a number. */
const REDIS_ENTRIES_MAX = 2_000_000;
/** Text takes more work than numbers: latency is measured at this share of their rate. */
const TEXT_RATE_SHARE = 0.2;
/** The bar of the 99th percentile of a message's latency. */
const LATE_US_MAX = 2000;
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
    const loads = await numberLoads(queries, options);
    for (const given of loads) {
      contestants.push(streamer(`Tacet, ${given.name}`, tacet, given, options));
      contestants.push(streamer(`C++ hash, ${given.name}`, hash, given, options));
      contestants.push(streamer(`C++ pbm, ${given.name}`, pbm, given, options));
      ratios.push(...serverRatios(given, barsOf(list.entries)));
    }
    if (list.entries <= REDIS_ENTRIES_MAX) {
      const [first] = loads;
      if (first !== undefined) {
        contestants.push(beginner('Tacet', first, () => Server.tacet(list.list), options));
        contestants.push(beginner('C++ hash', first, () => startCpp(list, 'hash'), options));
        ratios.push(...firstSecondRatios);
      }
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
  const server = await startCpp(list, index);
  servers.push(server);
  return server;
}

function startCpp(list: ListData, index: string): Promise<Server> {
  const command = [program('server'), '--list', list.list, '--index', index];
  return Server.start(command, /^gRPC +(\S+)/);
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

/** A new server for each run, and the latencies of its first second after it is ready. */
function beginner(
  name: string,
  given: Load,
  start: () => Promise<Server>,
  { rate }: StreamingOptions,
): Contestant {
  const perSecond = rate / given.batch;
  const flags = { messages: given.path, options: given.options, streams: 1, rate: perSecond };
  return {
    name: `${name}, first second`,
    async run() {
      const server = await start();
      try {
        const count = Math.ceil(perSecond);
        const open = await load('load', { address: server.address, ...flags, count });
        const { numbers, seconds } = open;
        return { millionsPerSecond: numbers / seconds / 1e6, seconds, ...latencyOf(open) };
      } finally {
        await server.stop();
      }
    },
  };
}

const firstSecond = { metric: 'p99Us', of: 'Tacet, first second' } as const;
const firstSecondRatios: readonly Ratio[] = [
  { what: 'first second after ready: p99 in us', ...firstSecond, atMost: LATE_US_MAX },
  {
    what: 'first second after ready: p99, Tacet / C++ hash',
    ...firstSecond,
    by: 'C++ hash, first second',
    atMost: 2,
  },
];

/** The most CPU of Tacet's server, in that of the C++ servers; with and without dates. */
interface CpuBars {
  readonly dates: { readonly hash: number; readonly pbm: number };
  readonly plain: { readonly hash: number; readonly pbm: number };
}

function barsOf(entries: number): CpuBars {
  const small = { dates: { hash: 0.8, pbm: 1.3 }, plain: { hash: 0.7, pbm: 1.5 } };
  const large = { hash: 0.9, pbm: entries <= SAMPLE_NUMBERS_MAX ? 1.4 : 1 };
  return entries <= REDIS_ENTRIES_MAX ? small : { dates: large, plain: large };
}

function serverRatios({ name, options }: Load, bars: CpuBars): Ratio[] {
  const cpu = { metric: 'serverCpu', of: `Tacet, ${name}` } as const;
  const { hash, pbm } = options === ASK_FOR_DATES ? bars.dates : bars.plain;
  const wall = { metric: 'millionsPerSecond', of: `Tacet, ${name}` } as const;
  const late = { metric: 'p99Us', of: `Tacet, ${name}` } as const;
  return [
    {
      what: `${name}: server CPU, Tacet / C++ hash`,
      ...cpu,
      by: `C++ hash, ${name}`,
      atMost: hash,
    },
    {
      what: `${name}: server CPU, Tacet / C++ pbm`,
      ...cpu,
      by: `C++ pbm, ${name}`,
      atMost: pbm,
    },
    { what: `${name}: numbers/s, Tacet / C++ hash`, ...wall, by: `C++ hash, ${name}` },
    { what: `${name}: p99 in us at the open-loop rate`, ...late, atMost: LATE_US_MAX },
    { what: `${name}: p99, Tacet / C++ hash`, ...late, by: `C++ hash, ${name}`, atMost: 2 },
  ];
}
