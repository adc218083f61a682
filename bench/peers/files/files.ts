import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { sampleKeys } from '#tacet/sample/numbers.js';
import type { Contest, Contestant, Ratio } from '../contest.ts';
import type { ListData } from '../list-data.ts';
import { sampled } from '../list-data.ts';
import { cost, run, Server, script, TACET } from '../processes.ts';
import { type Signature, signatureOf, writeContacts } from './contacts.ts';
import { Postgres } from './postgres.ts';

export interface FilesOptions {
  readonly folder: string;
  readonly rows: number;
}

type Numbers = 'clean' | 'messy';

interface Outputs {
  readonly callable: readonly string[];
  readonly blocked: readonly string[];
}

/** One way to divide a contact file in two. */
interface Divider {
  readonly name: string;
  readonly command: readonly string[];
  outputs(): Promise<Outputs> | Outputs;
  /** Whose CPU counts besides the command's. */
  readonly server?: Server;
}

/** What the dividers work with. */
interface Setting {
  readonly folder: string;
  readonly list: ListData;
  readonly keys: string;
  readonly database: string;
  readonly postgres: Postgres;
  readonly tacet: Server;
}

/** CSV to CSVs, clean and messy; `hold` gets a contest for each. */
export async function withFiles<Result>(
  list: ListData,
  { folder, rows }: FilesOptions,
  hold: (contest: Contest) => Promise<Result>,
): Promise<Result[]> {
  const keys = `${folder}/keys.csv`;
  const listed = sampled(list).keys;
  await writeLines(keys, [...listed].map(String).sort());
  const database = `${folder}/list.duckdb`;
  await run([...script('files/duckdb.js'), 'load', database, keys]);
  const others = sampleKeys({ count: 2_000_000, seed: 2 });
  const results: Result[] = [];
  const tacet = await Server.tacet(list.list);
  try {
    const postgres = await Postgres.start(folder, keys);
    try {
      const setting = { folder, list, keys, database, postgres, tacet };
      for (const numbers of ['clean', 'messy'] as const) {
        const input = `${folder}/${numbers}.csv`;
        await writeContacts(input, { rows, clean: numbers === 'clean', listed, others });
        results.push(await hold(contestOf(setting, { input, numbers, rows })));
        await rm(input);
      }
    } finally {
      await postgres.stop();
    }
  } finally {
    await tacet.stop();
  }
  return results;
}

function contestOf(
  setting: Setting,
  { input, numbers, rows }: { input: string; numbers: Numbers; rows: number },
): Contest {
  const dividers = [
    tacetDivider('Tacet', setting, input, ['--list', setting.list.list]),
    tacetDivider('Tacet over gRPC', setting, input, ['--server', setting.tacet.address]),
    duckDbDivider(setting, input, numbers),
    nodeDivider(setting, input),
    postgresDivider(setting, input, numbers),
    ...(numbers === 'clean' ? [sortDivider(setting, input)] : []),
  ];
  const truth = new Truth();
  const contestants = dividers.map((divider) =>
    contestantOf(divider, { truth, rows, report: `${setting.folder}/cost.json` }),
  );
  const title = `${rows} rows, ${numbers} numbers`;
  return { title, contestants, ratios: ratiosOf(dividers, numbers) };
}

function ratiosOf(dividers: readonly Divider[], numbers: Numbers): Ratio[] {
  const bars = {
    DuckDB: { atLeast: numbers === 'clean' ? 2.8 : 4.5 },
    'Tacet over gRPC': { atMost: 1.6 },
  };
  const peers = dividers.filter(({ name }) => name !== 'Tacet');
  return [
    ...peers.map(({ name }) => ({
      what: `wall time, ${name} / Tacet`,
      metric: 'seconds' as const,
      of: name,
      by: 'Tacet',
      // Only these two have a bar; of any other name the look-up is undefined.
      ...bars[name as keyof typeof bars],
    })),
    { what: 'memory of Tacet in MiB', metric: 'memoryMib', of: 'Tacet', atMost: 400 },
  ];
}

/** What Tacet, the first contestant, answered in the first round; all others must agree. */
class Truth {
  #signatures: { callable: Signature; blocked: Signature } | undefined;

  async check(name: string, outputs: Outputs, rows: number): Promise<void> {
    const signatures = {
      callable: await signatureOf(outputs.callable),
      blocked: await signatureOf(outputs.blocked),
    };
    if (signatures.callable.rows + signatures.blocked.rows !== rows) {
      throw new Error(`${name} wrote ${JSON.stringify(signatures)} of ${rows} rows`);
    }
    this.#signatures ??= signatures;
    const expected = JSON.stringify(this.#signatures);
    if (JSON.stringify(signatures) === expected) return;
    throw new Error(`${name} wrote ${JSON.stringify(signatures)}, Tacet wrote ${expected}`);
  }
}

/** Rows are compared in the round that is not counted; after it the sizes must stay the same. */
function contestantOf(
  divider: Divider,
  { truth, rows, report }: { truth: Truth; rows: number; report: string },
): Contestant {
  let bytes = 0;
  return {
    name: divider.name,
    async run(round) {
      const before = divider.server?.cpuSeconds() ?? 0;
      const { seconds, cpuSeconds, memoryMib } = await cost(divider.command, report);
      const serverSeconds = (divider.server?.cpuSeconds() ?? 0) - before;
      const outputs = await divider.outputs();
      const written = await bytesOf([...outputs.callable, ...outputs.blocked]);
      if (round === 0) {
        await truth.check(divider.name, outputs, rows);
        bytes = written;
      }
      if (written !== bytes)
        throw new Error(`${divider.name} wrote ${written} bytes, not ${bytes}`);
      for (const path of [...outputs.callable, ...outputs.blocked]) await rm(path);
      return {
        millionsPerSecond: rows / seconds / 1e6,
        seconds,
        clientCpu: (cpuSeconds / rows) * 1e8,
        // Where a server does the work, the command's own memory says little.
        ...(divider.server === undefined
          ? { memoryMib }
          : { serverCpu: (serverSeconds / rows) * 1e8 }),
      };
    },
  };
}

async function bytesOf(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

function tacetDivider(
  name: string,
  { folder, tacet }: Setting,
  input: string,
  source: readonly string[],
): Divider {
  const callable = `${folder}/tacet-callable.csv`;
  const blocked = `${folder}/tacet-blocked.csv`;
  const flags = ['--column', 'phone', '--callable', callable, '--blocked', blocked];
  return {
    name,
    command: [...TACET, 'dedupe', input, ...source, ...flags],
    outputs: () => ({ callable: [callable], blocked: [blocked] }),
    ...(source[0] === '--server' ? { server: tacet } : {}),
  };
}

function duckDbDivider({ folder, database }: Setting, input: string, numbers: Numbers): Divider {
  const out = `${folder}/duckdb`;
  const partition = async (name: string): Promise<string[]> =>
    (await readdir(`${out}/verdict=${name}`)).map((file) => `${out}/verdict=${name}/${file}`);
  return {
    name: 'DuckDB',
    command: [...script('files/duckdb.js'), 'run', database, input, out, numbers],
    outputs: async () => ({
      callable: await partition('callable'),
      blocked: await partition('blocked'),
    }),
  };
}

function nodeDivider({ folder, keys }: Setting, input: string): Divider {
  const callable = `${folder}/node-callable.csv`;
  const blocked = `${folder}/node-blocked.csv`;
  return {
    name: 'Node stream with a Set',
    command: [...script('files/node-stream.js'), keys, input, callable, blocked],
    outputs: () => ({ callable: [callable], blocked: [blocked] }),
  };
}

function postgresDivider({ postgres }: Setting, input: string, numbers: Numbers): Divider {
  return {
    name: 'PostgreSQL',
    command: postgres.dedupe(input, numbers),
    outputs: () => postgres.outputs(),
    server: postgres.server,
  };
}

/** The keys are sorted as text already, as the list is packed already for Tacet. */
function sortDivider({ folder, keys }: Setting, input: string): Divider {
  const callable = `${folder}/sort-callable.csv`;
  const blocked = `${folder}/sort-blocked.csv`;
  const columns = '1.1,1.2,1.3,1.4,1.5';
  const join = `join -t ';' -1 3 -2 1 -o ${columns}`;
  const commands = `
    export LC_ALL=C
    set -e -o pipefail
    tail -n +2 '${input}' | sort -t ';' -k 3,3 -S 1G -T '${folder}' \\
      --parallel "$(nproc)" > '${folder}/sorted'
    ${join} '${folder}/sorted' '${keys}' > '${blocked}' &
    ${join} -v 1 '${folder}/sorted' '${keys}' > '${callable}'
    wait $!
    rm '${folder}/sorted'`;
  return {
    name: 'sort and join',
    command: ['bash', '-c', commands],
    outputs: () => ({ callable: [callable], blocked: [blocked] }),
  };
}

async function writeLines(path: string, lines: readonly string[]): Promise<void> {
  const out = createWriteStream(path, { mode: 0o644 });
  for (let from = 0; from < lines.length; from += 65_536) {
    const text = `${lines.slice(from, from + 65_536).join('\n')}\n`;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}
