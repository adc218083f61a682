/**
 * `make bench-peers`: Tacet against what else one would build, in one run, on the same data, in
 * turn.
 *
 *     node build/bench/peers/run.js [--runs 9] [--numbers 100000000] [--entries 1500000,20000000]
 *          [--rows 10000000] [--calls 100000] [--queries 4194304] [--streams 1] [--rate 10000000]
 *          [--latency-seconds 3] [--only streaming,files,unary,micro] [--without NAME,...]
 *          [--readme FILE]
 *
 * --without leaves out contestants by their names in the table, such as PostgreSQL. The first size
 * of --entries takes part in everything, the others in streaming. The table is printed, and written
 * between the markers of --readme, by default bench/README.md.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Contest, type ContestResult, hold } from './contest.ts';
import { withFiles } from './files/files.ts';
import { makeList } from './list-data.ts';
import { withMicro } from './micro.ts';
import { killAll } from './processes.ts';
import { withStreaming } from './streaming.ts';
import { BEGIN, END, table } from './table.ts';
import { withUnary } from './unary.ts';

/** This file is `build/bench/peers/run.js`. */
const README = fileURLToPath(new URL('../../../bench/README.md', import.meta.url));

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '9' },
    numbers: { type: 'string', default: '100000000' },
    entries: { type: 'string', default: '1500000' },
    rows: { type: 'string', default: '10000000' },
    calls: { type: 'string', default: '100000' },
    queries: { type: 'string', default: '4194304' },
    streams: { type: 'string', default: '1' },
    rate: { type: 'string', default: '10000000' },
    'latency-seconds': { type: 'string', default: '3' },
    only: { type: 'string', default: 'streaming,files,unary,micro' },
    without: { type: 'string', default: '' },
    readme: { type: 'string', default: README },
  },
});

/** The share of calls and messages a second that the small requests are sent at, open loop. */
const CALL_RATE = 5000;
const MESSAGE_RATE = 25_000;

async function main(folder: string): Promise<void> {
  const runs = Number(values.runs);
  const latencySeconds = Number(values['latency-seconds']);
  const queries = Number(values.queries);
  const only = values.only.split(',');
  const results: ContestResult[] = [];
  const leftOut = new Set(values.without.split(','));
  const held = async (contest: Contest): Promise<void> => {
    results.push(await hold(without(contest, leftOut), runs, (line) => console.error(line)));
  };
  const [firstEntries = 0, ...largerEntries] = values.entries.split(',').map(Number);
  const streaming = {
    folder,
    numbers: Number(values.numbers),
    queries,
    streams: Number(values.streams),
    rate: Number(values.rate),
    latencySeconds,
  };
  const list = await makeList(folder, firstEntries);
  if (only.includes('streaming')) await withStreaming(list, streaming, held);
  if (only.includes('files')) await withFiles(list, { folder, rows: Number(values.rows) }, held);
  const small = { folder, calls: Number(values.calls), latencySeconds };
  if (only.includes('unary')) {
    await withUnary(list, { ...small, callRate: CALL_RATE, messageRate: MESSAGE_RATE }, held);
  }
  if (only.includes('micro')) await withMicro(list, { folder, queries }, held);
  for (const entries of only.includes('streaming') ? largerEntries : []) {
    const larger = await makeList(folder, entries);
    await withStreaming(larger, streaming, held);
    await rm(larger.list);
  }
  const command = ['node build/bench/peers/run.js', ...process.argv.slice(2)].join(' ');
  await publish(table(results, command));
}

/** A contest as if some contestants did not exist. */
function without(contest: Contest, names: ReadonlySet<string>): Contest {
  return {
    ...contest,
    contestants: contest.contestants.filter(({ name }) => !names.has(name)),
    ratios: contest.ratios.filter(({ of, by = of }) => !names.has(of) && !names.has(by)),
  };
}

/** Prints the table, and puts it between the markers of the README. */
async function publish(text: string): Promise<void> {
  console.log(text);
  const readme = await readFile(values.readme, 'utf8');
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${values.readme} has no markers for the table`);
  const parts = [readme.slice(0, from), BEGIN, '\n\n', text, '\n', readme.slice(to)];
  await writeFile(values.readme, parts.join(''));
}

const folder = await mkdtemp(join(tmpdir(), 'tacet-peers-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    killAll();
    // Retried: what was killed may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    process.exit(1);
  });
}
try {
  await main(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
