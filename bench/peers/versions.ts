/**
 * The server and `tacet pack` of this checkout against those of another one, the last release say:
 *
 *     bench/peers/install.sh && npx tsc -p bench
 *     node build/bench/peers/versions.js --against DIR [--pairs 9] [--entries 1500000]
 *
 * DIR is a checkout in which `make build` has run. Both take turns, once to warm up and then
 * --pairs times, each with a server of its own; the load clients are the C++ programs of the peers
 * and hold every answer against the expected bytes. Ends with exit code 1 where a ratio is below
 * 0.97, interval and all. `bench/versions.ts` does the same for contact files.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { withFolder } from '../data.js';
import { type Contestant, type ContestResult, hold } from './contest.ts';
import { type ListData, makeList, makeQueries } from './list-data.ts';
import {
  checkExchanges,
  type Exchange,
  numberExchanges,
  textExchanges,
  writeExchanges,
} from './messages.ts';
import { costHere, killAll, load, Server, TACET } from './processes.ts';
import { sampled } from './streaming.ts';
import { ratioRow } from './table.ts';

export interface ServedVersionsOptions {
  /** Another checkout, built. */
  readonly against: string;
  readonly entries: number;
  readonly pairs: number;
  /** Numbers a run of a stream, and calls or one-number messages a run. */
  readonly numbers: number;
  readonly calls: number;
  readonly print: (line: string) => void;
}

/** Of this version, of what the other does a second. */
const RATIO_MIN = 0.97;
const BATCH = 8192;
const CHECK = '/tacet.v1.DedupeService/Check';
/** `registration_dates` of DedupeOptions, as bytes. */
const ASK_FOR_DATES = '1001';

/** What a server is asked, over and over. */
interface Work {
  readonly title: string;
  readonly messages: string;
  /** Numbers a run, in this many exchanges. */
  readonly numbers: number;
  readonly count: number;
  readonly flags: Readonly<Record<string, string | number>>;
}

export async function run(options: ServedVersionsOptions): Promise<ContestResult[]> {
  const cli = join(resolve(options.against), 'dist/cli/index.js');
  if (!existsSync(cli)) throw new Error(`${cli} is not there: run make build in that checkout`);
  const commands = { this: TACET, other: [process.execPath, cli] };
  return withFolder(async (folder) => {
    const data = await makeList(folder, options.entries);
    const packing = Object.entries(commands).map(([name, command]) => packer(name, command, data));
    const results = [await compare('pack', packing, options)];
    for (const work of await prepare(folder, data, options)) {
      const servers: Server[] = [];
      try {
        const asking: Contestant[] = [];
        for (const [name, command] of Object.entries(commands)) {
          const server = await Server.tacet(data.list, ['--log-level', 'error'], command);
          servers.push(server);
          asking.push(asker(name, server, work));
        }
        results.push(await compare(work.title, asking, options));
      } finally {
        for (const server of servers) await server.stop();
      }
    }
    return results;
  });
}

async function prepare(
  folder: string,
  data: ListData,
  { numbers, calls }: ServedVersionsOptions,
): Promise<Work[]> {
  const queries = await makeQueries(folder, data, Math.min(numbers, 1 << 22));
  const singles = { 'in-flight': 100 };
  const stream = async (
    title: string,
    exchanges: Iterable<Exchange>,
    { share = 1, flags = {} }: { share?: number; flags?: Work['flags'] },
  ): Promise<Work> => {
    const messages = await write(title, exchanges);
    const count = Math.ceil((numbers * share) / BATCH);
    return { title, messages, numbers: count * BATCH, count, flags };
  };
  const write = async (title: string, exchanges: Iterable<Exchange>): Promise<string> => {
    const path = `${folder}/${title.replaceAll(/\W+/g, '-')}.bin`;
    await writeExchanges(path, exchanges);
    return path;
  };
  const texts = { batch: BATCH, count: Math.max(BATCH, Math.floor(numbers / 64)) };
  return [
    await stream('stream', numberExchanges(queries, { batch: BATCH, dates: false }), {}),
    await stream('stream with dates', numberExchanges(queries, { batch: BATCH, dates: true }), {
      flags: { options: ASK_FOR_DATES },
    }),
    await stream('stream of messy text', textExchanges(new Set(sampled(data).keys), texts), {
      share: 1 / 4,
    }),
    {
      title: 'Check, 100 in flight',
      messages: await write('check', checkExchanges(queries, 20_000)),
      numbers: calls,
      count: calls,
      flags: { ...singles, method: CHECK },
    },
    {
      title: 'one-number messages',
      messages: await write(
        'single',
        numberExchanges(queries, { batch: 1, dates: false, most: 20_000 }),
      ),
      numbers: calls * 4,
      count: calls * 4,
      flags: singles,
    },
  ];
}

function packer(name: string, command: readonly string[], data: ListData): Contestant {
  const out = `${data.list}.${name}`;
  return {
    name,
    async run() {
      const cost = await costHere([...command, 'pack', data.text, '--out', out, '--name', 'bench']);
      return { ...cost, millionsPerSecond: data.entries / cost.seconds / 1e6 };
    },
  };
}

function asker(name: string, server: Server, work: Work): Contestant {
  const { messages, count, numbers, flags } = work;
  return {
    name,
    async run() {
      const before = server.cpuSeconds();
      const { seconds } = await load('load', {
        address: server.address,
        messages,
        count,
        ...flags,
      });
      const cpuSeconds = server.cpuSeconds() - before;
      return { seconds, cpuSeconds, millionsPerSecond: numbers / seconds / 1e6 };
    },
  };
}

async function compare(
  title: string,
  contestants: readonly Contestant[],
  { pairs, print }: ServedVersionsOptions,
): Promise<ContestResult> {
  const between = { of: 'this', by: 'other' };
  const rate = { what: 'a second, this / other', metric: 'millionsPerSecond' } as const;
  const cpu = { what: 'CPU s, this / other', metric: 'cpuSeconds' } as const;
  const ratios = [
    { ...rate, ...between, atLeast: RATIO_MIN },
    { ...cpu, ...between },
  ];
  const result = await hold({ title, contestants, ratios }, pairs, () => {});
  for (const ratio of result.ratios) print(ratioRow(title, ratio));
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      pairs: { type: 'string', default: '9' },
      entries: { type: 'string', default: '1500000' },
      numbers: { type: 'string', default: '60000000' },
      calls: { type: 'string', default: '60000' },
    },
  });
  if (values.against === undefined) throw new Error('--against DIR: which checkout?');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, killAll);
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
  const results = await run({
    against: values.against,
    pairs: Number(values.pairs),
    entries: Number(values.entries),
    numbers: Number(values.numbers),
    calls: Number(values.calls),
    print: (line) => console.log(line),
  });
  const isSlower = results.some(({ ratios }) => (ratios[0]?.estimate.high ?? 0) < RATIO_MIN);
  if (isSlower) process.exitCode = 1;
}
