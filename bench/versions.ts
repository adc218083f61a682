/**
 * `tacet dedupe` of this checkout against that of another one, the last release say:
 *
 *     npx tsc -p bench && node build/bench/versions.js --against DIR [--rows 2000000] [--pairs 9]
 *          [--entries 1500000] [--flags "..."]
 *
 * DIR is a checkout in which `make build` has run. The other version and this one take turns, once
 * to warm up and then --pairs times: clean and messy numbers, with --list and with --server. Each
 * packs the list for itself and has a server of its own. --flags are given to `dedupe` of this
 * checkout only. Ends with exit code 1 where rows a second are below 0.97 of the other's, interval
 * and all. `peers/versions.ts` does the same for the server and `tacet pack`.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { sampleKeys } from '#tacet/sample/numbers.js';
import { withFolder } from './data.js';
import { type Contestant, hold } from './peers/contest.js';
import { eachContactId, writeContacts } from './peers/files/contacts.ts';
import { type ListData, makeList, sampled } from './peers/list-data.js';
import {
  commandsOf,
  type OtherVersionOptions,
  ratiosOf,
  runCommandLine,
} from './peers/other-version.js';
import { costHere, run as runCommand, Server, TACET } from './peers/processes.js';
import { type Estimate, estimate } from './peers/statistics.js';
import { ranged, ratioRow } from './peers/table.js';

export interface VersionBenchOptions extends OtherVersionOptions {
  readonly rows: number;
  /** For `dedupe` of this checkout only. */
  readonly flags: readonly string[];
}

/** Of one kind of contact file, asked in one way. */
export interface VersionBenchResult {
  readonly title: string;
  /** Rows that only one of the versions lets be called. */
  readonly onlyHere: number;
  readonly onlyThere: number;
  /** This version divided by the other. */
  readonly rowsPerSecond: Estimate;
  readonly cpuSeconds: Estimate;
}

const SEED = 7;
const KINDS = ['callable', 'blocked', 'undecided'] as const;

/** A version at work. */
interface Version {
  readonly name: string;
  readonly command: readonly string[];
  readonly list: string;
  readonly server: Server;
  readonly flags: readonly string[];
  readonly outputs: readonly string[];
}

export async function run(options: VersionBenchOptions): Promise<VersionBenchResult[]> {
  const commands = commandsOf(options.against);
  return withFolder(async (folder) => {
    const data = await makeList(folder, options.entries);
    const list = `${folder}/other.tacet`;
    const command = commands.other;
    await runCommand([...command, 'pack', data.text, '--out', list, '--name', 'bench']);
    const there = await startVersion(folder, { name: 'other', command, list, flags: [] });
    try {
      const { flags } = options;
      const own = { name: 'this', command: commands.this, list: data.list, flags };
      const here = await startVersion(folder, own);
      try {
        return await runFiles(folder, data, { here, there }, options);
      } finally {
        await here.server.stop();
      }
    } finally {
      await there.server.stop();
    }
  });
}

async function startVersion(
  folder: string,
  version: Omit<Version, 'server' | 'outputs'>,
): Promise<Version> {
  const outputs = KINDS.map((kind) => `${folder}/${version.name}-${kind}.csv`);
  const server = await Server.tacet(version.list, ['--log-level', 'error'], version.command);
  return { ...version, outputs, server };
}

async function runFiles(
  folder: string,
  data: ListData,
  versions: { here: Version; there: Version },
  options: VersionBenchOptions,
): Promise<VersionBenchResult[]> {
  const { rows, print } = options;
  const results: VersionBenchResult[] = [];
  for (const numbers of ['clean', 'messy'] as const) {
    const input = `${folder}/${numbers}.csv`;
    if (numbers === 'clean') {
      const others = sampleKeys({ count: rows, seed: SEED });
      await writeContacts(input, { rows, clean: true, listed: sampled(data).keys, others });
    } else {
      const sample = ['sample', 'contacts', '--rows', String(rows), '--seed', String(SEED)];
      await runCommand([...TACET, ...sample, '--list', data.text, '--out', input]);
    }
    print(`${rows} rows, ${numbers}, sha256 ${await digestOf(input)}`);
    for (const asked of ['--list', '--server'] as const) {
      const title = `${numbers}, ${asked}`;
      results.push(await runCase({ title, input, asked }, versions, options));
    }
    await rm(input);
  }
  return results;
}

async function runCase(
  { title, input, asked }: { title: string; input: string; asked: '--list' | '--server' },
  { here, there }: { here: Version; there: Version },
  { rows, pairs, print }: VersionBenchOptions,
): Promise<VersionBenchResult> {
  const pair = [there, here];
  for (const version of pair) await costHere(dedupeOf(version, input, asked));
  const only = await compareCallable({ here, there, rows });
  print(
    only.here + only.there === 0
      ? `${title}: both let the same ${only.both} rows be called`
      : `${title}: ${only.both} rows may be called in both, ${only.here} only in this, ` +
          `${only.there} only in the other`,
  );
  for (const { name, outputs } of pair) {
    const digests = await Promise.all(outputs.map(digestOf));
    print(`  ${name}: ${KINDS.map((kind, index) => `${kind} ${digests[index]}`).join(', ')}`);
  }
  const contestants = pair.map((version) => contestantOf(version, { input, asked, rows }));
  const ratios = ratiosOf('rows/s');
  const result = await hold({ title, contestants, ratios }, pairs, () => {});
  for (const { name, samples } of result.rows) {
    const ms = estimate(samples.map(({ seconds }) => seconds * 1000));
    const cpu = estimate(samples.map(({ cpuSeconds = Number.NaN }) => cpuSeconds));
    print(`  ${name}: ${ranged(ms)} ms, ${ranged(cpu)} CPU s`);
  }
  for (const ratio of result.ratios) print(ratioRow(title, ratio));
  const [rowsPerSecond, cpuSeconds] = result.ratios.map((ratio) => ratio.estimate);
  if (rowsPerSecond === undefined || cpuSeconds === undefined) throw new Error('no ratios');
  return { title, onlyHere: only.here, onlyThere: only.there, rowsPerSecond, cpuSeconds };
}

function dedupeOf(version: Version, input: string, asked: '--list' | '--server'): string[] {
  const { command, list, server, flags, outputs } = version;
  const source = asked === '--list' ? list : server.address;
  const outs = KINDS.flatMap((kind, index) => [`--${kind}`, outputs[index] ?? '']);
  return [...command, 'dedupe', input, asked, source, '--column', 'phone', ...outs, ...flags];
}

/** Each run writes new files: what a run before left would have to be freed by the next. */
function contestantOf(
  version: Version,
  { input, asked, rows }: { input: string; asked: '--list' | '--server'; rows: number },
): Contestant {
  return {
    name: version.name,
    async run() {
      for (const path of version.outputs) await rm(path, { force: true });
      const before = version.server.cpuSeconds();
      const { seconds, cpuSeconds } = await costHere(dedupeOf(version, input, asked));
      const ofServer = version.server.cpuSeconds() - before;
      return {
        seconds,
        millionsPerSecond: rows / seconds / 1e6,
        cpuSeconds: cpuSeconds + ofServer,
      };
    },
  };
}

/**
 * How many rows may be called according to both versions, or to one of them alone. Fails where one
 * did not write each row once.
 *
 * `outputs`: the callable file first; every row begins with the id of its contact, 1 to `rows`.
 */
export async function compareCallable({
  here,
  there,
  rows,
}: Record<'here' | 'there', Pick<Version, 'name' | 'outputs'>> & {
  readonly rows: number;
}): Promise<Record<'both' | 'here' | 'there', number>> {
  const ofHere = await callableOf(here, rows);
  const ofThere = await callableOf(there, rows);
  const counts = { both: 0, here: 0, there: 0 };
  for (let id = 1; id <= rows; id++) {
    if (ofHere[id] === ofThere[id]) counts.both += ofHere[id] ?? 0;
    else if (ofHere[id] === 1) counts.here++;
    else counts.there++;
  }
  return counts;
}

/** 1 for the ids of the rows that may be called. */
async function callableOf(
  { name, outputs }: Pick<Version, 'name' | 'outputs'>,
  rows: number,
): Promise<Uint8Array> {
  const callable = new Uint8Array(rows + 1);
  const seen = new Uint8Array(rows + 1);
  let written = 0;
  for (const [index, path] of outputs.entries()) {
    await eachContactId([path], (id) => {
      const isNew = id >= 1 && id <= rows && seen[id] === 0;
      written += isNew ? 1 : Number.NaN;
      seen[id] = 1;
      if (index === 0) callable[id] = 1;
    });
  }
  if (written !== rows) throw new Error(`${name} did not write each of ${rows} rows once`);
  return callable;
}

/** The first 16 hexadecimal digits of the SHA-256 of a file. */
async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex').slice(0, 16);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runCommandLine({ rows: '2000000', flags: '' }, async (options, own) => {
    const flags = own.flags.split(/\s+/).filter((flag) => flag !== '');
    const results = await run({ ...options, rows: Number(own.rows), flags });
    return results.map(({ rowsPerSecond }) => rowsPerSecond);
  });
}
