import type { Contestant, Ratio } from './contest.ts';
import { type ListData, type Queries, sampled } from './list-data.ts';
import { REDIS_FORMS, redisExchanges, redisLoading, writeExchanges } from './messages.ts';
import { load, Server } from './processes.ts';
import { sampleOf } from './samples.ts';

/** Redis is slower by so much that it gets this share of the numbers. */
const REDIS_SHARE = 1 / 25;
/** The best client of Redis: commands of 1,000 numbers, 8 in flight. */
const REDIS_BATCH = 1000;
const REDIS_IN_FLIGHT = 8;

/** Redis with the list, asked in each of its forms; pushes the server it starts. */
export async function redisContestants(
  list: ListData,
  queries: Queries,
  options: { readonly folder: string; readonly numbers: number },
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

/** The ratios of `tacet`, a contestant, and Redis. */
export function redisRatios(tacet: string): Ratio[] {
  return REDIS_FORMS.flatMap((form): Ratio[] => {
    const bar = form === 'HMGET' ? { atLeast: 25 } : {};
    const redis = `Redis ${form}`;
    const wall = { metric: 'millionsPerSecond', of: tacet, by: redis } as const;
    const cpu = { metric: 'serverCpu', of: redis, by: tacet } as const;
    return [
      { what: `numbers/s, Tacet / Redis ${form}`, ...wall, ...bar },
      { what: `server CPU, Redis ${form} / Tacet`, ...cpu, ...bar },
    ];
  });
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
