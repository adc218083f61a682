/**
 * What it costs to watch what is asked: CPU per number, beside that of the whole server.
 *
 *     npx tsc -p bench && node build/bench/coverage/cost.js [--numbers N] [--runs N]
 *
 * The numbers are in random order, in batches of 8,192 in a SharedArrayBuffer, at an odd address as
 * in a message. Asked again, they are in the cache, as those that the kernel has just read; asked
 * for the first time they come from memory, and are judged. The server is that of threads.ts: its
 * event loop and its workers, for the same batches.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Coverage } from '#tacet/access/coverage/coverage.js';
import { CoverageSample } from '#tacet/access/coverage/coverage-sample.js';
import { ListedSampleBuilder } from '#tacet/access/coverage/listed-sample.js';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { estimate } from '../peers/statistics.js';
import { run as runThreads } from '../threads.js';

const BATCH = 8192;
const ADDRESS = 9;
const BATCHES_IN_CACHE = 8;
/** Of the server's CPU, watching may take. */
const SHARE_MAX = 0.1;

export interface CoverageCost {
  /** Nanoseconds a number: asked for the first time, with all judgements, and asked again. */
  readonly firstNs: number;
  readonly againNs: number;
}

export function costOf({ numbers, runs }: { numbers: number; runs: number }): CoverageCost {
  const sample = new CoverageSample(new Uint8Array(32));
  const listed = sampleKeys({ seed: 1, count: Math.ceil(numbers / 5) });
  const builder = new ListedSampleBuilder(sample);
  builder.add(new Uint32Array(BigUint64Array.from(listed, BigInt).buffer));
  const list = builder.build();
  const memory = new SharedArrayBuffer(ADDRESS + numbers * 8);
  const keys = new DataView(memory);
  sampleKeys({ seed: 2, count: numbers }).forEach((key, i) => {
    keys.setBigUint64(ADDRESS + i * 8, BigInt(key), true);
  });
  const first: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < runs; run++) {
    const coverage = new Coverage(sample);
    /** Asks for all numbers, or as many times for the first ones. */
    const nsOfPass = (distinct: number): number => {
      const before = process.cpuUsage();
      for (let from = 0; from < numbers; from += BATCH) {
        const count = Math.min(BATCH, numbers - from);
        coverage.observe(keys, ADDRESS + (from % distinct) * 8, count);
        if (coverage.isDue) coverage.judge(list);
      }
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / numbers;
    };
    first.push(nsOfPass(numbers));
    again.push(nsOfPass(BATCHES_IN_CACHE * BATCH));
  }
  return { firstNs: estimate(first).median, againNs: estimate(again).median };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      numbers: { type: 'string', default: '4000000' },
      runs: { type: 'string', default: '9' },
    },
  });
  const runs = Number(values.runs);
  const { firstNs, againNs } = costOf({ numbers: Number(values.numbers), runs });
  const print = (line: string): void => console.log(line);
  const sizes = { entries: [1_500_000], numbers: 40_000_000, checks: 1000, runs: 3 };
  const [server] = await runThreads({ ...sizes, print });
  if (server === undefined) throw new Error('a list has its figures');
  // CPU seconds per 100 M numbers, as ns a number.
  const serverNs = (server.eventLoop + server.workers) * 10;
  for (const [what, ns] of [
    ['first time', firstNs],
    ['again', againNs],
  ] as const) {
    const share = ((ns / serverNs) * 100).toFixed(1);
    print(
      `${what}: ${ns.toFixed(2)} ns a number, ${share} % of the server's ${serverNs.toFixed(1)}`,
    );
  }
  process.exitCode = againNs > serverNs * SHARE_MAX ? 1 : 0;
}
