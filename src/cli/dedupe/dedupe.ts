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
import { LateFile } from './late-file.ts';
import { canStartOver, startingOver } from './new-version.ts';
import { checkUsage, DEDUPE_HELP, fileOptions } from './options.ts';
import { Progress } from './progress.ts';
import { proofLines, reportLines } from './report.ts';
import { checkProofUsage, type Proved, proofFacts, RunProof } from './run-proof.ts';

/** One run of the command: what to read, where to write, and which engine answers. */
interface Job {
  readonly input: string;
  readonly values: DedupeValues;
  /** The flags that are on the command line. */
  readonly typed: ReadonlySet<string>;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Undefined: it is not proved. */
  readonly proof: RunProof | undefined;
  /** 0-based columns known to hold phone numbers. */
  readonly phoneColumns: readonly number[];
}

interface Done {
  readonly evidence: Evidence;
  readonly result: DedupeFilesResult;
  readonly proved: Proved | undefined;
}

/** `tacet dedupe`: splits a contact file by verdict. */
export const command: Command = {
  help: DEDUPE_HELP,
  async run(args) {
    const one = oneOperand('CONTACTS.csv');
    const { values, typed, operands: input } = readArguments(args, DEDUPE_OPTIONS, one);
    checkUsage(values);
    checkProofUsage(values, typed);
    await checkFiles(input, values);
    const proof = await RunProof.open(values);
    const signal = interrupted();
    // Loaded only once the arguments are valid, because it loads gRPC and the worker pool.
    const { openEngine } = await import('./open-engine.ts');
    const engine = await openEngine({ ...values, region: values.region ?? 'BE' });
    try {
      const job = { input, values, typed, engine, signal, proof, phoneColumns: [] };
      const { evidence, result, proved } = await finish(job);
      // On standard error, because standard output may be one of the outputs.
      if (!values.quiet) {
        printError([...reportLines(evidence, result), ...proofLines(proved, values)].join('\n'));
      }
    } finally {
      await engine.close();
    }
    return EXIT_DONE;
  },
};

/**
 * Called before anything is read: no output may replace the input, a list, another output, the
 * secret or a part of the ledger.
 */
async function checkFiles(input: string, values: DedupeValues): Promise<void> {
  const { callable, blocked, undecided, summary, receipt, ledger } = values;
  const outputs = {
    callable,
    blocked,
    undecided,
    summary,
    receipt,
    'job-secret': values.jobSecret,
  };
  const written = Object.entries(outputs).flatMap(([name, path]) =>
    path === undefined ? [] : [{ role: `--${name}`, path }],
  );
  const lists = (values.lists ?? []).map((path) => ({ role: 'the list', path }));
  const ledgers = ledger === undefined ? [] : [{ role: 'the ledger', path: ledger }];
  const read = [{ role: 'the input', path: input }, ...lists, ...ledgers];
  await checkDistinct({ read, written });
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
  const summary = await lateFile(values.summary);
  const receipt = await lateFile(values.receipt);
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
      // Nothing is told or published before the entry is durable and signed.
      const proved = await job.proof?.prove(evidence, result);
      await receipt?.write(proved?.receipt ?? '');
      await summary?.write(protoJson({ ...evidence, proof: proofFacts(proved) }, 2));
      await receipt?.publish();
      await result.commit();
      await summary?.publish();
      return { evidence, result, proved };
    } finally {
      await result.discard();
    }
  } finally {
    await summary?.discard();
    await receipt?.discard();
  }
}

async function lateFile(path: string | undefined): Promise<LateFile | undefined> {
  return path === undefined ? undefined : LateFile.create(path);
}

/** Reads, asks and writes, with progress; does not yet give the outputs their names. */
async function split(
  { input, values, typed, signal, proof, phoneColumns }: Job,
  run: EngineRun,
): Promise<DedupeFilesResult | PhoneColumnsFound> {
  const progress = new Progress(process.stderr, values.quiet);
  try {
    const digests = values.summary !== undefined || proof?.bindsFiles === true;
    const options = { ...fileOptions(values, typed), digests, input, phoneColumns, signal };
    return await dedupeFiles({ ...options, onProgress: progress.update }, run);
  } catch (error) {
    run.cancel();
    throw error;
  } finally {
    progress.end();
  }
}
