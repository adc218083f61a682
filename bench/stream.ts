/**
 * Streaming over gRPC: numbers a second from the project's own client in one process to
 * `tacet serve` in another, and the CPU of each per 100 M numbers.
 *
 *     make bench, or: node build/bench/stream.js [--numbers N] [--entries N] [--batch N,N]
 *                                                [--runs N]
 *
 * Each verdict is compared with that of a Set: the expected bytes of every batch are worked out
 * before, and every answer is held against them, so a wrong verdict fails the bench.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/index.js';
import { samplePhoneTexts } from '#tacet/sample/phones.js';
import { truePhoneDigits, trueVerdictOfUnlisted } from '#tacet/sample/truth.js';
import { VERDICT_BLOCKED, VERDICT_CALLABLE, VERDICT_NAMES } from '#tacet/verdict/verdict.js';
import { benchQueries, withFolder, writeBenchList } from './data.js';
import { ServerProcess } from './server-process.js';

export interface StreamBenchOptions {
  readonly entries: number;
  /** Numbers streamed a run. */
  readonly numbers: number;
  /** Numbers a message; each is a row of the table. */
  readonly batches: readonly number[];
  /** Runs a row, interleaved. */
  readonly runs: number;
  readonly print: (line: string) => void;
}

export interface StreamBenchResult {
  readonly what: string;
  readonly batch: number;
  /** Median over the runs, million numbers a second. */
  readonly millionsPerSecond: number;
  readonly serverCpuPer100M: number;
  readonly clientCpuPer100M: number;
}

export interface Load {
  readonly what: string;
  readonly batch: number;
  readonly requests: readonly { readonly batch: EncodedBatch; readonly expected: Buffer }[];
  readonly registrationDates: boolean;
  /** On whose behalf; default nobody's. */
  readonly advertiser?: string;
}

/** Different messages that are sent in turn: many enough not to be cached by number. */
const QUERIES = 1 << 20;

export async function run(options: StreamBenchOptions): Promise<StreamBenchResult[]> {
  return withFolder(async (folder) => {
    const list = `${folder}/bench.tacet`;
    const listed = await writeBenchList(list, { entries: options.entries, seed: 1 });
    const server = await ServerProcess.start(list, ['--disclose-dates']);
    const client = new TacetClient(server.address);
    try {
      const loads = options.batches.flatMap((batch) => loadsOf(listed, batch));
      for (const load of loads) await stream(client, load, QUERIES);
      const samples = new Map<Load, Sample[]>(loads.map((load) => [load, []]));
      for (let run = 0; run < options.runs; run++) {
        for (const load of loads) {
          const sample = await measure(server, () => stream(client, load, options.numbers));
          samples.get(load)?.push(sample);
        }
      }
      const results = loads.map((load) => resultOf(load, samples.get(load) ?? []));
      report(results, options, server.pssMib());
      return results;
    } finally {
      client.close();
      await server.stop();
    }
  });
}

/** @param queries how many different numbers, and a quarter as many texts, are sent in turn */
export function loadsOf(listed: ReadonlySet<number>, batch: number, queries = QUERIES): Load[] {
  const keys = benchQueries(
    { known: [...listed], isListed: (key) => listed.has(key) },
    { count: queries, seed: 2 },
  );
  const numbers = Array.from({ length: Math.floor(queries / batch) }, (_, index) => {
    const part = keys.subarray(index * batch, (index + 1) * batch);
    const expected = Buffer.from(
      Array.from(part, (key) => (listed.has(key) ? VERDICT_BLOCKED : VERDICT_CALLABLE)),
    );
    return { batch: encodeBatch({ keys: part }), expected };
  });
  const texts = samplePhoneTexts({
    seed: 3,
    count: queries / 4,
    listed: Float64Array.from(listed),
  });
  const messy = Array.from({ length: Math.floor(texts.length / batch) }, (_, index) => {
    const part = texts.slice(index * batch, (index + 1) * batch);
    const expected = Buffer.from(part.map((text) => trueVerdict(text, listed)));
    return { batch: encodeBatch({ phoneNumbers: part }), expected };
  });
  return [
    { what: 'numbers', batch, requests: numbers, registrationDates: false },
    { what: 'numbers, dates asked for', batch, requests: numbers, registrationDates: true },
    { what: 'text, messy writings', batch, requests: messy, registrationDates: false },
  ];
}

function trueVerdict(text: string, listed: ReadonlySet<number>): number {
  const digits = truePhoneDigits(text);
  if (digits !== undefined && listed.has(Number(digits))) return VERDICT_BLOCKED;
  return VERDICT_NAMES.indexOf(trueVerdictOfUnlisted(digits));
}

/** Streams `count` numbers, rounded up to whole messages; fails on the first wrong verdict. */
export async function stream(client: TacetClient, load: Load, count: number): Promise<number> {
  const { registrationDates, advertiser = '' } = load;
  const call = client.dedupe({ registrationDates, advertiser });
  const inFlight: Promise<void>[] = [];
  let sent = 0;
  for (let index = 0; sent < count; index++) {
    const message = load.requests[index % load.requests.length];
    if (message === undefined) throw new Error('no messages: the batch is larger than the data');
    const check = async (): Promise<void> => {
      const { verdicts } = await call.send(message.batch);
      if (message.expected.compare(verdicts) !== 0) throw new Error('a verdict is wrong');
    };
    inFlight.push(check());
    sent += message.expected.length;
    if (inFlight.length >= 16) await inFlight.shift();
  }
  await Promise.all(inFlight);
  const { numbers } = await call.finish();
  if (numbers !== sent) throw new Error(`answered ${numbers} of ${sent}`);
  return sent;
}

interface Sample {
  readonly numbers: number;
  readonly seconds: number;
  readonly serverCpu: number;
  readonly clientCpu: number;
}

async function measure(server: ServerProcess, work: () => Promise<number>): Promise<Sample> {
  const serverBefore = server.cpuSeconds();
  const clientBefore = process.cpuUsage();
  const startMs = performance.now();
  const numbers = await work();
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(clientBefore);
  return {
    numbers,
    seconds,
    serverCpu: server.cpuSeconds() - serverBefore,
    clientCpu: (user + system) / 1e6,
  };
}

function resultOf(load: Load, samples: readonly Sample[]): StreamBenchResult {
  const median = (value: (sample: Sample) => number): number => {
    const sorted = samples.map(value).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  };
  return {
    what: load.what,
    batch: load.batch,
    millionsPerSecond: median(({ numbers, seconds }) => numbers / seconds / 1e6),
    serverCpuPer100M: median(({ numbers, serverCpu }) => (serverCpu / numbers) * 1e8),
    clientCpuPer100M: median(({ numbers, clientCpu }) => (clientCpu / numbers) * 1e8),
  };
}

function report(
  results: readonly StreamBenchResult[],
  options: StreamBenchOptions,
  pssMib: number,
): void {
  const { print } = options;
  print(`streaming: list of ${options.entries}, ${options.numbers} numbers x ${options.runs} runs`);
  print('every verdict compared with that of a Set: 0 differences');
  print('| what | numbers a message | M numbers/s | server CPU s / 100 M | client CPU s / 100 M |');
  print('|---|---|---|---|---|');
  for (const result of results) {
    const cells = [
      result.what,
      String(result.batch),
      result.millionsPerSecond.toFixed(1),
      result.serverCpuPer100M.toFixed(2),
      result.clientCpuPer100M.toFixed(2),
    ];
    print(`| ${cells.join(' | ')} |`);
  }
  print(`server memory after the load: ${pssMib.toFixed(0)} MiB (Pss)`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '1500000' },
      numbers: { type: 'string', default: '20000000' },
      batch: { type: 'string', default: '8192,32768' },
      runs: { type: 'string', default: '3' },
    },
  });
  await run({
    entries: Number(values.entries),
    numbers: Number(values.numbers),
    batches: values.batch.split(',').map(Number),
    runs: Number(values.runs),
    print: (line) => console.log(line),
  });
}
