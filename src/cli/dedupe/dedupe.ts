import { dedupeFiles } from '../../contacts/dedupe.ts';
import { PhoneColumnsFound } from '../../contacts/judge/findings.ts';
import type { DedupeFilesResult } from '../../contacts/options.ts';
import { checkDistinct } from '../../disk/distinct-files.ts';
import { DEDUPE_OPTIONS, type DedupeValues } from '../../options/dedupe.ts';
import { protoJson } from '../../wire/json.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments, usage } from '../arguments.ts';
import { interrupted } from '../interrupts.ts';
import { printError, withCommas } from '../print.ts';
import type { Engine, EngineRun } from './engine.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { canStartOver, startingOver } from './new-version.ts';
import { checkUsage, DEDUPE_HELP, fileOptions } from './options.ts';
import { Progress } from './progress.ts';
import { reportLines } from './report.ts';
import { SummaryFile } from './summary-file.ts';

/** One run of the command: what to read, where to write, and which engine answers. */
interface Job {
  readonly input: string;
  readonly values: DedupeValues;
  /** The flags that are on the command line. */
  readonly typed: ReadonlySet<string>;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** 0-based columns known to hold phone numbers. */
  readonly phoneColumns: readonly number[];
}

interface Done {
  readonly evidence: Evidence;
  readonly result: DedupeFilesResult;
}

/** `tacet dedupe`: splits a contact file by verdict. */
export const command: Command = {
  help: DEDUPE_HELP,
  async run(args) {
    const one = oneOperand('CONTACTS.csv');
    const { values, typed, operands: input } = readArguments(args, DEDUPE_OPTIONS, one);
    checkUsage(values);
    await checkFiles(input, values);
    const signal = interrupted();
    // Loaded only once the arguments are valid, because it loads gRPC and the worker pool.
    const { openEngine } = await import('./open-engine.ts');
    const engine = await openEngine({ ...values, region: values.region ?? 'BE' });
    try {
      const job = { input, values, typed, engine, signal, phoneColumns: [] };
      const { evidence, result } = await finish(job);
      // On standard error, because standard output may be one of the outputs.
      if (!values.quiet) printError(reportLines(evidence, result).join('\n'));
    } finally {
      await engine.close();
    }
    return EXIT_DONE;
  },
};

/** Called before anything is read: no output may replace the input, a list or another output. */
async function checkFiles(input: string, values: DedupeValues): Promise<void> {
  const { callable, blocked, undecided, summary } = values;
  const written = Object.entries({ callable, blocked, undecided, summary }).flatMap(
    ([name, path]) => (path === undefined ? [] : [{ role: `--${name}`, path }]),
  );
  const lists = (values.lists ?? []).map((path) => ({ role: 'the list', path }));
  await checkDistinct({ read: [{ role: 'the input', path: input }, ...lists], written });
}

/**
 * Runs to the end. Starts over from the first row if the list version is gone, or if a column the
 * user did not name turns out to hold phone numbers.
 */
async function finish(job: Job): Promise<Done> {
  const { input, values } = job;
  const outputs = [values.callable, values.blocked, values.undecided];
  const done = await startingOver(values, { input, outputs }, () => dedupe(job));
  if (!(done instanceof PhoneColumnsFound)) return done;
  const numbers = done.columns.map((column) => column + 1).join(', ');
  const behind = `behind row ${withCommas(done.rows)}`;
  const found = `columns that hold phone numbers further down: ${numbers} (${behind})`;
  if (!(await canStartOver({ input, outputs }))) {
    throw usage(
      found,
      'Name each with --column or --not-dialled, or give a file, which can be read again',
    );
  }
  printError(`${found}: starting over to look them up too; nothing had been published`);
  // This ends: each time it knows more columns, and the file has only so many.
  return finish({ ...job, phoneColumns: [...job.phoneColumns, ...done.columns] });
}

async function dedupe(job: Job): Promise<Done | PhoneColumnsFound> {
  const { values, engine, signal } = job;
  const identity = { advertiser: values.advertiser ?? '', jobId: values.jobId ?? '' };
  const { summary: summaryPath } = values;
  const summary = summaryPath === undefined ? undefined : await SummaryFile.create(summaryPath);
  try {
    const startedMs = Date.now();
    const recordsVersions = values.newVersion === 'record';
    const approach = { purpose: values.purpose, channel: values.channel };
    const { workers } = values;
    const run = await engine.dedupe({ ...identity, approach, workers, recordsVersions });
    signal.addEventListener('abort', () => run.cancel(), { once: true });
    const result = await split(job, run);
    if (result instanceof PhoneColumnsFound) {
      run.cancel();
      return result;
    }
    try {
      const told = { identity, approach, ...(await run.finish()) };
      const evidence = evidenceOf(result, { ...told, startedMs, finishedMs: Date.now() });
      await summary?.write(protoJson(evidence, 2));
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

/** Reads, asks and writes, with progress; does not yet give the outputs their names. */
async function split(
  { input, values, typed, signal, phoneColumns }: Job,
  run: EngineRun,
): Promise<DedupeFilesResult | PhoneColumnsFound> {
  const progress = new Progress(process.stderr, values.quiet);
  try {
    const options = { ...fileOptions(values, typed), input, phoneColumns, signal };
    return await dedupeFiles({ ...options, onProgress: progress.update }, run);
  } catch (error) {
    run.cancel();
    throw error;
  } finally {
    progress.end();
  }
}
