import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { type DedupeFilesResult, dedupeFiles } from '../csv/dedupe.ts';
import { ADVERTISER_BYTES_MAX, JOB_ID, JOB_ID_RULE } from '../wire/identity.ts';
import {
  type Command,
  EXIT_DONE,
  onlyPositional,
  readArguments,
  readCount,
  usage,
} from './arguments.ts';
import { checkDistinct } from './distinct-files.ts';
import type { Engine, EngineRun } from './engine.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import {
  NEW_VERSION_HELP,
  NEW_VERSION_OPTIONS,
  readNewVersion,
  startingOver,
  versionLines,
} from './new-version.ts';
import { printError, validUntilText, withCommas } from './print.ts';
import { Progress } from './progress.ts';
import { SummaryFile } from './summary-file.ts';

const OPTIONS = {
  server: { type: 'string' },
  list: { type: 'string', multiple: true },
  column: { type: 'string' },
  'no-header': { type: 'boolean' },
  region: { type: 'string' },
  'opt-in-column': { type: 'string' },
  'opt-in-format': { type: 'string' },
  advertiser: { type: 'string' },
  'job-id': { type: 'string' },
  workers: { type: 'string' },
  callable: { type: 'string' },
  blocked: { type: 'string' },
  undecided: { type: 'string' },
  summary: { type: 'string' },
  ...NEW_VERSION_OPTIONS,
} as const;

/** More would wait for the one thread that writes. */
const WORKERS_MAX = 64;
/** By then the writing thread has no time left, and each takes some 25 MiB. */
const DEFAULT_WORKERS_MAX = 16;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

/** `tacet dedupe`: splits a contact file by verdict. */
export const command: Command = {
  help: `Usage: tacet dedupe CONTACTS.csv (--server HOST:PORT | --list LIST.tacet|STORE) [options]

Splits a contact file by verdict. Rows go out as they came; blocked and undecided rows get a last
column tacet_verdict. Files may be .gz; - is standard input or output. Outputs that are not named
are not written, and appear under their name only when complete, the summary last.

  --server HOST:PORT       ask a server
  --list LIST.tacet        ask a list file or a store, no server needed; repeat for several
  --callable F             rows that may be called: callable and callable-opt-in
  --blocked F              rows that are on the list
  --undecided F            rows not to be called: not-covered and unreadable
  --summary F.json         the evidence of the run
  --column NAME|N          the column of the phone number (default: the one that clearly is)
  --no-header              the first row is a contact
  --region CC              region of numbers written nationally (default BE)
  --opt-in-column NAME|N   the column of the day of each contact's opt-in (default none)
  --opt-in-format FORMAT   made of YYYY, MM, DD and separators (default YYYY-MM-DD)
${NEW_VERSION_HELP}
  --advertiser TEXT        on whose behalf, for the summary
  --job-id ID              1-64 of [A-Za-z0-9._-], for the summary
  --workers N              threads that read and match, 1 to 64 (default: one a core, at most 16)`,
  async run(args) {
    const { values, positionals } = readArguments(args, OPTIONS);
    const input = onlyPositional(positionals, 'CONTACTS.csv');
    checkUsage(values);
    const newVersion = readNewVersion(values);
    await checkFiles(input, values);
    const interrupt = new AbortController();
    const stop = (): void => interrupt.abort();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    process.once('SIGHUP', stop);
    // Loaded once the arguments are right: it brings gRPC and the worker pool.
    const { openEngine } = await import('./engine.ts');
    const engine = await openEngine({
      server: values.server,
      lists: values.list,
      region: values.region ?? 'BE',
    });
    try {
      const outputs = [values.callable, values.blocked, values.undecided];
      const run = () => dedupe(input, values, engine, interrupt.signal);
      report(await startingOver(newVersion, { input, outputs }, run));
    } finally {
      await engine.close();
    }
    return EXIT_DONE;
  },
};

function checkUsage(values: Values): void {
  if (
    values.callable === undefined &&
    values.blocked === undefined &&
    values.undecided === undefined
  ) {
    throw usage('no output is named', 'Name at least one of --callable, --blocked, --undecided');
  }
  const jobId = values['job-id'];
  if (jobId !== undefined && !JOB_ID.test(jobId)) throw usage(`--job-id: expected ${JOB_ID_RULE}`);
  if (Buffer.byteLength(values.advertiser ?? '') > ADVERTISER_BYTES_MAX) {
    throw usage(`--advertiser: expected at most ${ADVERTISER_BYTES_MAX} bytes`);
  }
  if (values['opt-in-format'] !== undefined && values['opt-in-column'] === undefined) {
    throw usage('--opt-in-format without --opt-in-column');
  }
  if (values.summary === '-') throw usage('--summary takes a file');
  workersOf(values);
}

/** Before anything is read: no output may replace the input, a list, or another output. */
async function checkFiles(input: string, values: Values): Promise<void> {
  const { callable, blocked, undecided, summary } = values;
  const written = Object.entries({ callable, blocked, undecided, summary }).flatMap(
    ([name, path]) => (path === undefined ? [] : [{ role: `--${name}`, path }]),
  );
  const lists = (values.list ?? []).map((path) => ({ role: 'the list', path }));
  await checkDistinct({ read: [{ role: 'the input', path: input }, ...lists], written });
  const stats = summary === undefined ? undefined : await stat(summary).catch(() => undefined);
  if (stats?.isDirectory()) throw usage(`--summary: ${summary} is a directory`, 'Name a file');
}

async function dedupe(
  input: string,
  values: Values,
  engine: Engine,
  signal: AbortSignal,
): Promise<{ evidence: Evidence; result: DedupeFilesResult }> {
  const identity = { advertiser: values.advertiser ?? '', jobId: values['job-id'] ?? '' };
  const { summary: summaryPath } = values;
  const summary = summaryPath === undefined ? undefined : await SummaryFile.create(summaryPath);
  try {
    const startedMs = Date.now();
    const workers = workersOf(values);
    const recordsVersions = readNewVersion(values).choice === 'record';
    const run = await engine.dedupe({ ...identity, workers, recordsVersions });
    signal.addEventListener('abort', () => run.cancel(), { once: true });
    const result = await split(input, { ...values, threads: workers }, run, signal);
    try {
      const versions = await run.finish();
      const finishedMs = Date.now();
      const evidence = evidenceOf(result, { identity, versions, startedMs, finishedMs });
      await summary?.write(`${JSON.stringify(evidence, null, 2)}\n`);
      await result.commit();
      await summary?.publish();
      return { evidence, result };
    } finally {
      await result.discard();
    }
  } finally {
    await summary?.discard();
  }
}

/** Reads, asks and writes, with progress; the outputs do not have their names yet. */
async function split(
  input: string,
  values: Values & { readonly threads: number },
  run: EngineRun,
  signal: AbortSignal,
): Promise<DedupeFilesResult> {
  const progress = new Progress(process.stderr);
  try {
    return await dedupeFiles(
      {
        input,
        column: columnOf(values.column),
        header: values['no-header'] !== true,
        optInColumn: columnOf(values['opt-in-column']),
        optInFormat: values['opt-in-format'],
        callable: values.callable,
        blocked: values.blocked,
        undecided: values.undecided,
        threads: values.threads,
        // Only the summary names them.
        digests: values.summary !== undefined,
        onProgress: progress.update,
        signal,
      },
      run,
    );
  } catch (error) {
    run.cancel();
    throw error;
  } finally {
    progress.end();
  }
}

function workersOf({ workers }: Values): number {
  if (workers === undefined) return Math.min(DEFAULT_WORKERS_MAX, availableParallelism());
  return readCount(workers, 'workers', { min: 1, max: WORKERS_MAX });
}

/** A column by number counts from 1; anything else is a header name. */
function columnOf(text: string | undefined): string | number | undefined {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : text;
}

/** Tells the user, on standard error: standard output may be an output. */
function report({ evidence, result }: { evidence: Evidence; result: DedupeFilesResult }): void {
  const { rows } = result;
  const seconds = (evidence.finished_unix_ms - evidence.started_unix_ms) / 1000;
  const line = (name: string, count: number): string =>
    `  ${name.padEnd(16)}${withCommas(count).padStart(14)}`;
  const lines = [
    `${withCommas(rows)} rows in ${seconds.toFixed(1)} s, column ${JSON.stringify(result.column?.name ?? result.column?.number ?? null)}`,
    line('callable', evidence.callable),
    line('callable-opt-in', evidence.callable_opt_in),
    line('blocked', evidence.blocked),
    line('not-covered', evidence.not_covered),
    line('unreadable', evidence.unreadable),
  ];
  if (evidence.opt_in_unreadable > 0) {
    lines.push(
      `${withCommas(evidence.opt_in_unreadable)} opt-in dates could not be read and count for nothing`,
    );
  }
  const { count, firstRows } = result.unevenRows;
  if (count > 0) {
    lines.push(
      `${withCommas(count)} rows have another number of columns, first: ${firstRows.join(', ')}`,
    );
  }
  for (const { kind, name, rows: outputRows } of result.outputs) {
    lines.push(`${kind}: ${withCommas(outputRows)} rows in ${name}`);
  }
  lines.push(...versionLines(evidence.versions));
  if (evidence.override !== null) {
    const { by, reason, until_unix: untilUnix } = evidence.override;
    const until = new Date(untilUnix * 1000).toISOString();
    lines.push(`freshness overridden until ${until} by ${by}: ${reason}`);
  }
  const dialled = result.outputs.some(({ kind }) => kind === 'callable');
  lines.push(
    `list ${evidence.name} of ${evidence.snapshot_date}, sha256 ${evidence.sha256}`,
    `${dialled ? 'The callable file may be dialled' : 'These verdicts hold'} until ` +
      `${validUntilText(evidence.valid_until_unix)}.`,
  );
  printError(lines.join('\n'));
}
