/**
 * Swaps of a list under full streaming load: for how long the event loop is held, and what the
 * swaps do to the latency of messages.
 *
 *     npx tsc -p bench && node build/bench/swap.js [--entries N,N] [--swaps N] [--rounds N]
 *
 * A store has two versions, of which every 97th number is on the first only. `tacet serve` follows
 * its pointer, verifies in full, and answers two streams that are opened anew every 64 messages of
 * 8,192 numbers, each with 8 messages in flight. A round is a calm while and then one with swaps.
 * Every verdict is held against the version that its stream named; a stream of two versions or a
 * wrong verdict fails the bench. Exit code 1 if the p99 of a message doubles under swaps.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/client.js';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';
import { benchList, benchQueries, lowerBound, withFolder } from './data.ts';
import { type Estimate, estimate } from './peers/statistics.ts';
import { LOOP_PROBE, ServerProcess } from './server-process.ts';
import { addVersion } from './store-version.ts';

const BATCH = 8192;
const MESSAGES_A_STREAM = 64;
const STREAMS = 2;
const IN_FLIGHT = 8;
/** Swaps without load, behind the rounds. */
const IDLE_SWAPS = 9;
/** Different messages. */
const MESSAGES = 32;
const P99_RATIO_MAX = 2;
/** Numbers that the second version does not hold. */
const isOnFirstOnly = (key: number): boolean => key % 97 === 0;

export interface SwapBenchOptions {
  readonly entries: number;
  readonly rounds: number;
  /** Swaps of all rounds together. */
  readonly swaps: number;
  /** How long a calm while takes, and the swaps of a round at least, seconds. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

export interface SwapBenchResult {
  readonly swaps: number;
  readonly messages: number;
  /** p99 of messages with swaps / without, by round. */
  readonly p99Ratio: Estimate;
  /** The longest the event loop was held, ms: in a round, and by each swap without load. */
  readonly calmHeldMs: Estimate;
  readonly swapHeldMs: Estimate;
  readonly idleHeldMs: Estimate;
}

interface Message {
  readonly batch: EncodedBatch;
  /** The verdicts by the first and the second version. */
  readonly expected: readonly [Buffer, Buffer];
}

export async function run(options: SwapBenchOptions): Promise<SwapBenchResult> {
  return withFolder(async (folder) => {
    const store = await ListStore.open(`${folder}/dncm`, { create: true });
    const { names, messages } = await fill(store, options.entries);
    const server = await ServerProcess.start(store.path, ['--list-poll', '50ms'], LOOP_PROBE);
    const client = new TacetClient(server.address);
    try {
      const load = new Load(client, messages);
      const first = server.uses(store.path);
      const result = await measure(options, { store, names, server, client, load });
      const last = await settled(server, store.path, first);
      if (last.files !== first.files || last.maps > first.maps) {
        throw new Error(
          `${last.files} open files and ${last.maps} maps, of ${first.files} and ${first.maps}`,
        );
      }
      report(result, options, server.pssMib());
      return result;
    } finally {
      client.close();
      await server.stop();
    }
  });
}

async function fill(
  store: ListStore,
  entries: number,
): Promise<{ readonly names: readonly [string, string]; readonly messages: readonly Message[] }> {
  const content = benchList({ entries, seed: 1 });
  const known = Float64Array.from(content.numbers, Number);
  const isListed = (key: number): boolean => known[lowerBound(known, key)] === key;
  const kept = Array.from(content.numbers, (key) => !isOnFirstOnly(Number(key)));
  const second = {
    snapshotDay: content.snapshotDay,
    numbers: content.numbers.filter((_, index) => kept[index]),
    days: content.days.filter((_, index) => kept[index]),
  };
  const removed = content.numbers.length - second.numbers.length;
  const queries = benchQueries({ known, isListed }, { count: BATCH * MESSAGES, seed: 2 });
  const messages = Array.from({ length: MESSAGES }, (_, index) => {
    const keys = queries.subarray(index * BATCH, (index + 1) * BATCH);
    const verdicts = (isOn: (key: number) => boolean): Buffer =>
      Buffer.from(Array.from(keys, (key) => (isOn(key) ? 2 : 1)));
    return {
      batch: encodeBatch({ keys }),
      expected: [
        verdicts(isListed),
        verdicts((key) => isListed(key) && !isOnFirstOnly(key)),
      ] as const,
    };
  });
  const names = [
    await addVersion(store, { ...second, added: 0, removed }),
    await addVersion(store, { ...content, added: removed, removed: 0 }),
  ] as const;
  return { names: [names[1], names[0]], messages };
}

interface Bench {
  readonly store: ListStore;
  readonly names: readonly [string, string];
  readonly server: ServerProcess;
  readonly client: TacetClient;
  readonly load: Load;
}

async function measure(
  { rounds, swaps, seconds }: SwapBenchOptions,
  bench: Bench,
): Promise<SwapBenchResult> {
  const { server, load } = bench;
  await load.during(() => sleep(seconds * 1000));
  const samples: { ratio: number; calmHeldMs: number; swapHeldMs: number }[] = [];
  let swapped = 0;
  let messages = 0;
  for (let round = 1; round <= rounds; round++) {
    await server.loopHeldMs();
    const calm = await load.during(() => sleep(seconds * 1000));
    const calmHeldMs = await server.loopHeldMs();
    const swapping = await load.during(async () => {
      const least = sleep(seconds * 1000);
      for (; swapped < (swaps * round) / rounds; swapped++) await swap(bench, swapped % 2 === 0);
      await least;
    });
    const swapHeldMs = await server.loopHeldMs();
    messages += calm.length + swapping.length;
    samples.push({ ratio: p99(swapping) / p99(calm), calmHeldMs, swapHeldMs });
  }
  const idleHeldMs: number[] = [];
  for (let idle = 0; idle < IDLE_SWAPS; idle++, swapped++) {
    await server.loopHeldMs();
    await swap(bench, swapped % 2 === 0);
    // The old version is let go of behind the swap.
    await sleep(200);
    idleHeldMs.push(await server.loopHeldMs());
  }
  return {
    swaps: swapped,
    messages,
    p99Ratio: estimate(samples.map(({ ratio }) => ratio)),
    calmHeldMs: estimate(samples.map((sample) => sample.calmHeldMs)),
    swapHeldMs: estimate(samples.map((sample) => sample.swapHeldMs)),
    idleHeldMs: estimate(idleHeldMs),
  };
}

/** Lets the second or the first version serve; resolves once it does. */
async function swap({ store, names, client }: Bench, toSecond: boolean): Promise<void> {
  const name = names[toSecond ? 1 : 0];
  await withWriter(store, 'bench', (writer) => writer.switchTo(name));
  for (;;) {
    const { lists } = await client.getLists();
    // A version's name ends with the beginning of its sha256.
    if (lists[0] !== undefined && name.endsWith(lists[0].sha256.slice(0, 12))) return;
    await sleep(20);
  }
}

/** Streams that are opened one after the other for as long as something else goes on. */
class Load {
  readonly #client: TacetClient;
  readonly #messages: readonly Message[];
  /** Versions met, in order of the versions of the messages. */
  readonly #sha256s: string[] = [];

  constructor(client: TacetClient, messages: readonly Message[]) {
    this.#client = client;
    this.#messages = messages;
  }

  /** Streams while `work` is under way; the latency of each message, ms. */
  async during(work: () => Promise<void>): Promise<number[]> {
    const latencies: number[] = [];
    let working = true;
    const streams = Array.from({ length: STREAMS }, async () => {
      while (working) await this.#stream(latencies);
    });
    try {
      await work();
    } finally {
      working = false;
      await Promise.all(streams);
    }
    return latencies;
  }

  async #stream(latencies: number[]): Promise<void> {
    const call = this.#client.dedupe({ reopensMax: 0 });
    const inFlight: Promise<void>[] = [];
    for (let index = 0; index < MESSAGES_A_STREAM; index++) {
      const message = this.#messages[index % this.#messages.length] as Message;
      const ask = async (): Promise<void> => {
        const startMs = performance.now();
        const { verdicts } = await call.send(message.batch);
        latencies.push(performance.now() - startMs);
        const sha256 = call.versions[0]?.lists[0]?.sha256 ?? '';
        if (message.expected[this.#versionOf(sha256)]?.compare(verdicts) !== 0) {
          throw new Error(`a verdict is not that of version ${sha256}`);
        }
      };
      inFlight.push(ask());
      if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
    }
    await Promise.all(inFlight);
    const { numbers, versions } = await call.finish();
    if (numbers !== BATCH * MESSAGES_A_STREAM || versions.length !== 1) {
      throw new Error(`${numbers} numbers from ${versions.length} versions`);
    }
  }

  /** The first version serves first. */
  #versionOf(sha256: string): number {
    if (!this.#sha256s.includes(sha256)) this.#sha256s.push(sha256);
    return this.#sha256s.indexOf(sha256);
  }
}

/** What the server holds of the store once the last swap is over. */
async function settled(
  server: ServerProcess,
  path: string,
  first: ReturnType<ServerProcess['uses']>,
): Promise<ReturnType<ServerProcess['uses']>> {
  let now = server.uses(path);
  for (let tries = 0; tries < 50; tries++) {
    if (now.files === first.files && now.maps <= first.maps) break;
    await sleep(100);
    now = server.uses(path);
  }
  return now;
}

function p99(latencies: number[]): number {
  latencies.sort((a, b) => a - b);
  return latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN;
}

function report(
  result: SwapBenchResult,
  { entries, print }: SwapBenchOptions,
  pssMib: number,
): void {
  const { swaps, messages, p99Ratio, calmHeldMs, swapHeldMs, idleHeldMs } = result;
  const show = ({ median, low, high }: Estimate): string =>
    `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
  print(`${entries} entries: ${swaps} swaps, ${messages} messages of ${BATCH} numbers, 0 wrong`);
  print(`  p99 of a message, with swaps / without: ${show(p99Ratio)}`);
  print(`  event loop held at most, ms, by a swap without load: ${show(idleHeldMs)}`);
  print(`    in a round under load: ${show(swapHeldMs)} with swaps, ${show(calmHeldMs)} without`);
  print(`  only the current version is open and mapped at the end; Pss ${pssMib.toFixed(0)} MiB`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '1500000' },
      swaps: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '2' },
    },
  });
  for (const entries of values.entries.split(',').map(Number)) {
    const { p99Ratio } = await run({
      entries,
      swaps: Number(values.swaps),
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      print: (line) => console.log(line),
    });
    if (p99Ratio.median >= P99_RATIO_MAX) process.exitCode = 1;
  }
}
