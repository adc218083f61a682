import type { DedupeFilesResult } from '../../contacts/options.ts';
import { TacetError } from '../../errors.ts';
import type { DedupeValues } from '../../options/dedupe.ts';
import { type JobLeaf, leafHead } from '../../proof/format/leaf.ts';
import { leafCounts, leafLists } from '../../proof/format/listed.ts';
import type { AppendedEntry } from '../../proof/ledger/groups.ts';
import { Ledger } from '../../proof/ledger/ledger.ts';
import { fileTag } from '../../proof/rows/rows.ts';
import { obtainJobSecret } from '../../proof/rows/secret.ts';
import { JOB_ID, JOB_ID_RULE } from '../../wire/identity.ts';
import { usage } from '../arguments.ts';
import type { Evidence } from './evidence.ts';

/** What a run left in a ledger. */
export interface Proved extends AppendedEntry {
  /** The name of the log. */
  readonly origin: string;
}

/** What the summary says of the proof: which entry of which log; null = there is none. */
export function proofFacts(proved: Proved | undefined) {
  return proved === undefined ? null : { origin: proved.origin, index: proved.index };
}

/**
 * Refuses options of a proof that make no sense together. Errors: ERR_USAGE.
 *
 * @param typed the flags that are on the command line
 */
export function checkProofUsage(values: DedupeValues, typed: ReadonlySet<string>): void {
  const { ledger, server, proof, receipt, jobSecret, ledgerKey, advertiser } = values;
  if (ledger !== undefined && server !== undefined) {
    throw usage('--ledger is for runs with --list: a server has a ledger of its own');
  }
  const isProved = ledger !== undefined && proof !== 'none';
  const asked = { '--receipt': receipt, '--job-secret': jobSecret, '--ledger-key': ledgerKey };
  for (const [flag, value] of Object.entries(asked)) {
    if (value === undefined || isProved) continue;
    throw usage(`${flag} without a proof`, 'Give --ledger LEDGER, and no --proof none');
  }
  if (proof === 'job' && typed.has('proof') && !isProved) {
    throw usage('--proof job without --ledger');
  }
  if (receipt === '-') throw usage('--receipt takes a file');
  if (isProved && advertiser !== undefined && !JOB_ID.test(advertiser)) {
    throw usage(`--advertiser: with --ledger expected ${JOB_ID_RULE}`);
  }
}

/** Proves a run in a ledger of this machine. */
export class RunProof {
  readonly #directory: string;
  readonly #values: DedupeValues;
  readonly #secret: Buffer | undefined;

  private constructor(directory: string, values: DedupeValues, secret: Buffer | undefined) {
    this.#directory = directory;
    this.#values = values;
    this.#secret = secret;
  }

  /**
   * Looks whether a run can be proved, before anything is read; undefined if it is not to be. The
   * ledger is others' again until the run ends. Errors: as `Ledger.open`; ERR_IO.
   */
  static async open(values: DedupeValues): Promise<RunProof | undefined> {
    const { ledger: directory, proof, jobSecret } = values;
    if (directory === undefined || proof === 'none') return undefined;
    await (await openFor(values, directory)).close();
    const secret = jobSecret === undefined ? undefined : await obtainJobSecret(jobSecret);
    return new RunProof(directory, values, secret);
  }

  /** Whether it names the files of a run, by their digests. */
  get bindsFiles(): boolean {
    return this.#secret !== undefined;
  }

  /** Adds the entry of a run that is done; durable once resolved. Errors: as `Ledger.append`. */
  async prove(evidence: Evidence, result: DedupeFilesResult): Promise<Proved> {
    const leaf = this.#leaf(evidence, result);
    const ledger = await openFor(this.#values, this.#directory);
    try {
      return { ...(await ledger.append(leaf)), origin: ledger.verifierKey.name };
    } finally {
      await ledger.close();
    }
  }

  #leaf(evidence: Evidence, result: DedupeFilesResult): JobLeaf {
    const { advertiser, jobId, purpose, channel, startedUnixMs, finishedUnixMs } = evidence;
    return {
      ...leafHead('dedupe'),
      job_id: jobId === '' ? null : jobId,
      // Who runs the command is known by its ledger alone.
      provider: null,
      advertiser: advertiser === '' ? null : { id: advertiser, name: null },
      client: null,
      licences: [],
      purpose,
      channel,
      region: this.#values.region ?? 'BE',
      lists: leafLists(evidence.lists),
      registers: evidence.registers.map(({ name, firstRevision, lastRevision }) => ({
        ...{ name, revision_first: firstRevision, revision_last: lastRevision },
      })),
      counts: leafCounts(evidence, evidence.optInUnreadable),
      ...this.#files(result),
      rows: null,
      parts: null,
      engine: { name: 'tacet', version: evidence.tacetVersion },
      started: startedUnixMs,
      finished: Math.max(startedUnixMs, finishedUnixMs),
    };
  }

  #files({ input, outputs }: DedupeFilesResult): Pick<JobLeaf, 'input' | 'outputs'> {
    const secret = this.#secret;
    if (secret === undefined) return { input: null, outputs: null };
    const fileOf = ({
      rows,
      sha256,
    }: {
      readonly rows: number;
      readonly sha256: string | null;
    }) => {
      if (sha256 === null) throw new TacetError('ERR_INTERNAL', { what: 'a file has no digest' });
      return { rows, tag: fileTag(secret, Buffer.from(sha256, 'hex')) };
    };
    const outputOf = (kind: 'callable' | 'blocked' | 'undecided') => {
      const output = outputs.find((each) => each.kind === kind);
      return output === undefined ? null : fileOf(output);
    };
    return {
      input: { bytes: input.bytes, ...fileOf(input) },
      outputs: {
        callable: outputOf('callable'),
        blocked: outputOf('blocked'),
        undecided: outputOf('undecided'),
      },
    };
  }
}

function openFor({ ledgerKey, lockWaitMs }: DedupeValues, directory: string): Promise<Ledger> {
  const options = { doing: 'dedupe', keyFile: ledgerKey, lockWaitMs, groupMs: 0 };
  return Ledger.open(directory, options);
}
