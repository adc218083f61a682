/**
 * What a second list costs a server: CPU per number of one list against two, and of one list of
 * this checkout against another one where `make build` has run.
 *
 *     npx tsc -p bench && node build/bench/lists/several.js [--against DIR] [--numbers N]
 *          [--entries N] [--pairs 9]
 *
 * The servers take turns, once to warm up and then --pairs times, each with the same numbers and
 * with those of its own list among them; every verdict is compared with that of a Set. Exit code 1
 * where a bar is missed, interval and all.
 */
import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { TacetClient } from '#tacet/client/index.js';
import { withFolder, writeBenchList } from '../data.js';
import { type Contestant, type ContestResult, hold, type Ratio } from '../peers/contest.js';
import { commandsOf } from '../peers/other-version.js';
import { killAll, Server, TACET } from '../peers/processes.js';
import { ratioRow } from '../peers/table.js';
import { type Load, loadsOf, stream } from '../stream.js';

/** Numbers a message. */
const BATCH = 32_768;
/** CPU of two lists, of one list's; and of one list, of what it was. */
const TWO_MAX = 2.2;
const ONE_MAX = 1;

export interface SeveralListsOptions {
  readonly entries: number;
  /** Numbers streamed a run. */
  readonly numbers: number;
  /** Different numbers, which are sent in turn. */
  readonly queries: number;
  readonly pairs: number;
  /** The other checkout, built; undefined = none. */
  readonly against: string | undefined;
  readonly print: (line: string) => void;
}

/** A server at work, and what it is asked. */
interface Served {
  readonly name: string;
  readonly server: Server;
  readonly loads: readonly Load[];
}

const CPU = { metric: 'serverCpu', by: 'one' } as const;
const RATIOS: Readonly<Record<string, Ratio>> = {
  two: { ...CPU, what: 'server CPU, two lists / one', of: 'two', atMost: TWO_MAX },
  other: { ...CPU, what: 'server CPU, this / other', of: 'one', by: 'other', atMost: ONE_MAX },
};

export async function run(options: SeveralListsOptions): Promise<ContestResult[]> {
  const { entries, queries, against, pairs, print } = options;
  return withFolder(async (folder) => {
    const paths = [`${folder}/first.tacet`, `${folder}/second.tacet`] as const;
    const first = await writeBenchList(paths[0], { entries, seed: 1 });
    const second = await writeBenchList(paths[1], { entries, seed: 9 });
    const both = new Set([...first, ...second]);
    const served: Served[] = [];
    const start = async (
      name: string,
      flags: readonly string[],
      command: readonly string[] = TACET,
    ) => {
      const server = await Server.tacet(paths[0], ['--log-level', 'error', ...flags], command);
      const loads = loadsOf(name === 'two' ? both : first, BATCH, queries);
      served.push({ name, server, loads: loads.filter(({ what }) => what.startsWith('numbers')) });
    };
    try {
      if (against !== undefined) await start('other', [], commandsOf(against).other);
      await start('one', []);
      await start('two', ['--list', paths[1]]);
      const results: ContestResult[] = [];
      for (const [at, { what: title }] of (served[0]?.loads ?? []).entries()) {
        const contestants = served.map((one) => contestantOf(one, at, options.numbers));
        const ratios = served.flatMap(({ name }) => RATIOS[name] ?? []);
        const result = await hold({ title, contestants, ratios }, pairs, () => {});
        for (const ratio of result.ratios) print(ratioRow(title, ratio));
        results.push(result);
      }
      return results;
    } finally {
      for (const { server } of served) await server.stop();
    }
  });
}

function contestantOf({ name, server, loads }: Served, at: number, numbers: number): Contestant {
  return {
    name,
    async run() {
      const load = loads[at];
      if (load === undefined) throw new Error(`no load ${at}`);
      const client = new TacetClient(server.address);
      try {
        await client.ready();
        const before = server.cpuSeconds();
        const startMs = performance.now();
        const sent = await stream(client, load, numbers);
        const seconds = (performance.now() - startMs) / 1000;
        const serverCpu = ((server.cpuSeconds() - before) / sent) * 1e8;
        return { seconds, serverCpu, millionsPerSecond: sent / seconds / 1e6 };
      } finally {
        client.close();
      }
    },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      against: { type: 'string' },
      entries: { type: 'string', default: '1500000' },
      numbers: { type: 'string', default: '20000000' },
      pairs: { type: 'string', default: '9' },
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, killAll);
  const print = (line: string): void => console.log(line);
  print(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}`);
  const results = await run({
    entries: Number(values.entries),
    numbers: Number(values.numbers),
    queries: 1 << 19,
    pairs: Number(values.pairs),
    against: values.against,
    print,
  });
  const missed = results.flatMap(({ ratios }) =>
    ratios.filter(({ estimate, atMost = Number.POSITIVE_INFINITY }) => estimate.low > atMost),
  );
  if (missed.length > 0) process.exitCode = 1;
}
