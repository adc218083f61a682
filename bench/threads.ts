/**
 * What numbers and single checks cost the threads of a server, in CPU: what `scaling.ts` reckons
 * with.
 *
 *     npx tsc -p bench
 *     node build/bench/threads.js [--numbers N] [--checks N] [--runs N] [ENTRIES...]
 *
 * The event loop answers no batch itself (inlineBytesMax 0 of src/server/tuning.ts), so that its
 * own work and that of the workers can be told apart. One stream, messages of 8,192 numbers, dates
 * asked for, 21 % of them listed. Each run is one of numbers and one of checks; medians are
 * printed, with the extremes of less than six runs. How many are blocked is compared with what the
 * reference, the binary search over the mapped file, counts.
 */
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/index.js';
import { attachList, closeListFile, openListFile } from '#tacet/list/list.js';
import { withFolder } from './data.js';
import { queriesOf, referenceOf } from './kernel.js';
import { makeList } from './peers/list-data.js';
import { type Estimate, estimate } from './peers/statistics.js';
import { ServerProcess, WORKER_NAMES, WORKERS_ONLY } from './server-process.js';

export interface ThreadBenchOptions {
  readonly entries: readonly number[];
  /** Numbers streamed a run. */
  readonly numbers: number;
  /** Calls of Check a run. */
  readonly checks: number;
  readonly runs: number;
  readonly print: (line: string) => void;
}

/** What one run cost. */
interface Costs {
  /** CPU seconds per 100 M numbers. */
  readonly eventLoop: number;
  readonly workers: number;
  /** Of V8's own threads. */
  readonly others: number;
  /** CPU of the event loop for one Check, in us. */
  readonly checkUs: number;
}

/** Medians over the runs. */
export interface ThreadBenchResult extends Costs {
  readonly entries: number;
  /** Of the server after the load. */
  readonly pssMib: number;
}

const BATCH = 8192;
const BATCHES = 128;
const IN_FLIGHT = 16;
const CHECKS_IN_FLIGHT = 32;

interface Message {
  readonly batch: EncodedBatch;
  /** How many of its numbers are listed. */
  readonly blocked: number;
}

export async function run(options: ThreadBenchOptions): Promise<ThreadBenchResult[]> {
  const { print } = options;
  print('CPU seconds per 100 M numbers, us per Check; medians (extremes)');
  print('| entries | event loop | workers | V8 | event loop for a Check | Pss after the load |');
  print('|---|---|---|---|---|---|');
  const results: ThreadBenchResult[] = [];
  for (const entries of options.entries) {
    results.push(await withFolder((folder) => runList(folder, entries, options)));
  }
  return results;
}

async function runList(
  folder: string,
  entries: number,
  { numbers, checks, runs, print }: ThreadBenchOptions,
): Promise<ThreadBenchResult> {
  const { list } = await makeList(folder, entries);
  const { messages, phoneNumbers } = await questionsOf(list, entries);
  const workers = availableParallelism();
  const flags = ['--disclose-dates', '--workers', String(workers)];
  const server = await ServerProcess.start(list, flags, [...WORKER_NAMES, ...WORKERS_ONLY]);
  const client = new TacetClient(server.address);
  try {
    await stream(client, messages, BATCH * BATCHES);
    await check(client, phoneNumbers, 1000);
    const samples: Costs[] = [];
    for (let run = 0; run < runs; run++) {
      const streamed = await costOf(server, workers, () => stream(client, messages, numbers));
      const checked = await costOf(server, workers, () => check(client, phoneNumbers, checks));
      samples.push({
        eventLoop: (streamed.eventLoop / numbers) * 1e8,
        workers: (streamed.workers / numbers) * 1e8,
        others: (streamed.others / numbers) * 1e8,
        checkUs: (checked.eventLoop / checks) * 1e6,
      });
    }
    const pssMib = server.pssMib();
    const of = (cost: keyof Costs): Estimate => estimate(samples.map((sample) => sample[cost]));
    const [eventLoop, pool, others] = [of('eventLoop'), of('workers'), of('others')];
    const checkUs = of('checkUs');
    const seconds = [eventLoop, pool, others].map((cost) => cell(cost, 2));
    print(
      `| ${[entries, ...seconds, cell(checkUs, 0)].join(' | ')} us | ${pssMib.toFixed(0)} MiB |`,
    );
    return {
      entries,
      eventLoop: eventLoop.median,
      workers: pool.median,
      others: others.median,
      checkUs: checkUs.median,
      pssMib,
    };
  } finally {
    client.close();
    await server.stop();
  }
}

function cell({ median, low, high }: Estimate, digits: number): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** What is sent in turn, and what it must give. */
async function questionsOf(
  path: string,
  entries: number,
): Promise<{ messages: Message[]; phoneNumbers: string[] }> {
  const handle = await openListFile(path);
  try {
    const list = attachList(handle, 'binary-search');
    const keys = queriesOf(list, entries, BATCH * BATCHES);
    const messages = Array.from({ length: BATCHES }, (_, index) => {
      const part = keys.slice(index * BATCH, (index + 1) * BATCH);
      const batch = encodeBatch({ keys: Float64Array.from(part, Number) });
      return { batch, blocked: referenceOf(list, part).days.length };
    });
    return { messages, phoneNumbers: Array.from(keys.subarray(0, 4096), (key) => `+${key}`) };
  } finally {
    closeListFile(handle);
  }
}

/** CPU seconds by kind of thread that `work` cost a server. */
async function costOf(
  server: ServerProcess,
  workers: number,
  work: () => Promise<void>,
): Promise<{ eventLoop: number; workers: number; others: number }> {
  const before = server.threadCpuSeconds();
  await work();
  const after = server.threadCpuSeconds();
  if (after.workers.length !== workers) {
    throw new Error(`${after.workers.length} threads of the server are workers, not ${workers}`);
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    eventLoop: after.eventLoop - before.eventLoop,
    workers: sum(after.workers) - sum(before.workers),
    others: after.others - before.others,
  };
}

/** Streams `count` numbers, rounded up to whole messages; fails if the wrong count is blocked. */
async function stream(
  client: TacetClient,
  messages: readonly Message[],
  count: number,
): Promise<void> {
  const call = client.dedupe({ registrationDates: true });
  const inFlight: Promise<unknown>[] = [];
  const expected = { numbers: 0, blocked: 0 };
  for (let index = 0; expected.numbers < count; index++) {
    const message = messages[index % messages.length];
    if (message === undefined) throw new Error('no messages');
    inFlight.push(call.send(message.batch));
    expected.numbers += BATCH;
    expected.blocked += message.blocked;
    if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
  }
  await Promise.all(inFlight);
  const { numbers, blocked } = await call.finish();
  if (numbers !== expected.numbers || blocked !== expected.blocked) {
    throw new Error(`${blocked} of ${numbers} blocked, not ${expected.blocked}`);
  }
}

async function check(
  client: TacetClient,
  phoneNumbers: readonly string[],
  count: number,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      await client.check({ phoneNumber: phoneNumbers[next++ % phoneNumbers.length] ?? '' });
    }
  };
  await Promise.all(Array.from({ length: CHECKS_IN_FLIGHT }, caller));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      numbers: { type: 'string', default: '100000000' },
      checks: { type: 'string', default: '50000' },
      runs: { type: 'string', default: '5' },
    },
  });
  await run({
    entries: positionals.length === 0 ? [1_500_000, 20_000_000] : positionals.map(Number),
    numbers: Number(values.numbers),
    checks: Number(values.checks),
    runs: Number(values.runs),
    print: (line) => console.log(line),
  });
}
