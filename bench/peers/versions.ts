/**
 * The server and `tacet pack` of this checkout against those of another one, the last release say:
 *
 *     bench/peers/install.sh && npx tsc -p bench
 *     node build/bench/peers/versions.js --against DIR [--pairs 9] [--entries 1500000]
 *          [--only dates]
 *
 * DIR is a checkout in which `make build` has run. Both take turns, once to warm up and then
 * --pairs times, each with a server of its own; --only keeps what has this word in its title. The
 * load clients are the C++ programs of the peers and hold every answer against the expected bytes.
 * Ends with exit code 1 where a ratio is below 0.97, interval and all. `bench/versions.ts` does the
 * same for contact files.
 */
import { pathToFileURL } from 'node:url';
import { withFolder } from '../data.js';
import { type Contestant, type ContestResult, hold } from './contest.ts';
import { type ListData, makeList, makeQueries, sampled } from './list-data.ts';
import {
  checkExchanges,
  type Exchange,
  numberExchanges,
  textExchanges,
  writeExchanges,
} from './messages.ts';
import { commandsOf, type OtherVersionOptions, ratiosOf, runCommandLine } from './other-version.ts';
import { costHere, load, Server } from './processes.ts';
import { ratioRow } from './table.ts';

export interface ServedVersionsOptions extends OtherVersionOptions {
  /** Numbers a run of a stream, and calls or one-number messages a run. */
  readonly numbers: number;
  readonly calls: number;
  /** Only what has this in its title. */
  readonly only: string;
}

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
  const commands = commandsOf(options.against);
  return withFolder(async (folder) => {
    const data = await makeList(folder, options.entries);
    const packing = Object.entries(commands).map(([name, command]) => packer(name, command, data));
    const results: ContestResult[] = [];
    if ('pack'.includes(options.only)) results.push(await compare('pack', packing, options));
    for (const work of await prepare(folder, data, options)) {
      if (!work.title.includes(options.only)) continue;
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
  const ratios = ratiosOf('a second');
  const result = await hold({ title, contestants, ratios }, pairs, () => {});
  for (const ratio of result.ratios) print(ratioRow(title, ratio));
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const defaults = { numbers: '60000000', calls: '60000', only: '' };
  await runCommandLine(defaults, async (options, { numbers, calls, only }) => {
    const own = { numbers: Number(numbers), calls: Number(calls), only };
    const results = await run({ ...options, ...own });
    return results.flatMap(({ ratios: [rate] }) => (rate === undefined ? [] : [rate.estimate]));
  });
}
