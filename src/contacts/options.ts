import { availableParallelism } from 'node:os';
import type { Writable } from 'node:stream';
import { TacetError } from '../errors.ts';
import type { Approach } from '../verdict/approach.ts';
import { SLOTS_MAX } from './cells/rows.ts';
import type { AskedColumns, ChosenColumns, Column } from './columns/columns.ts';
import type { Dialect } from './dialect.ts';
import type { Stdin } from './input.ts';
import type { ContactBatch } from './judge/batch.ts';
import type { StructureDoubt } from './judge/findings.ts';
import type { OutputKind } from './judge/outcome.ts';

/** Answers batches: a server, or the engine embedded in the command. */
export interface Answerer {
  /** Whether to read national notation as Belgian. */
  readonly belgian: boolean;
  /** What is asked about. */
  readonly approach: Approach;
  /** The most numbers one batch may hold. */
  readonly numbersMax: number;
  /** The most bytes one request may have. */
  readonly bytesMax: number;
  /** How many batches may be waiting for an answer at once, 1 or more. */
  readonly inFlightMax: number;
  /** If given, `answer` is not called. */
  readonly local?: LocalJudge;
  /** The reasons for a batch: exactly `count` values of `Reason`, in the same order. */
  answer(batch: ContactBatch): Promise<Uint8Array>;
}

/** A list in the command's own process: the threads that read the contacts judge the numbers. */
export interface LocalJudge {
  /** The URL of a module that exports an `OpenThreadJudge`. */
  readonly module: string;
  /** The most threads that may judge at once. */
  readonly threadsMax: number;
  /**
   * Makes what is passed to the module, structured-cloneable. Called once a run, while the threads
   * start; nothing is written before it resolves.
   */
  prepare(): Promise<unknown>;
  /** Throws if verdicts may no longer be used. Errors: ERR_LIST_STALE. */
  assertUsable(): void;
}

/** What to read, where to write, and within which limits. */
export interface DedupeFilesOptions extends AskedColumns {
  /** A path, or `-` for standard input. Plain or gzip. */
  readonly input: string;
  /** Whether the first row is a header. By default it is, and refused if it may be a contact. */
  readonly header?: boolean | undefined;
  /** Lines above the first row, which no output gets. 0 to 1,000, default 0. */
  readonly skipLines?: number | undefined;
  /** One ASCII character, not a letter, digit, quote or plus. Detected by default. */
  readonly separator?: string | undefined;
  /** Made of YYYY, MM, DD and separators. Default `YYYY-MM-DD`. */
  readonly optInFormat?: string | undefined;
  /**
   * Empties the cells of numbers that may not be called, and keeps the row callable while one
   * number remains. Default false: one such number keeps the whole row from being called.
   */
  readonly emptiesCells?: boolean | undefined;
  /** Columns, from 0, that an earlier read of the file found to hold phone numbers. */
  readonly phoneColumns?: readonly number[] | undefined;
  /** Paths, or `-` for standard output, at most one; gzip if the name ends in `.gz`. */
  readonly callable?: string | undefined;
  readonly blocked?: string | undefined;
  readonly undecided?: string | undefined;
  /** Longer rows are an error. 1 to 64 MiB, default 1 MiB. */
  readonly rowBytesMax?: number | undefined;
  /** The most columns a file may have. 1 to 16,384, default 4,096. */
  readonly columnsMax?: number | undefined;
  /** The most numbers in a batch, within the answerer's limits. 1 to 131,072, default 8192. */
  readonly batchNumbers?: number | undefined;
  /** Bytes used to detect the dialect and the columns. 1 byte to 64 MiB, default 1 MiB. */
  readonly headBytes?: number | undefined;
  /** Bytes read and scanned at a time. 1 byte to 64 MiB, default 2 MiB. */
  readonly blockBytes?: number | undefined;
  /**
   * 1 (fast) to 9 (small), default 3. Total CPU time and output size measured on contacts, relative
   * to level 1: level 3 takes 1.2 times and 94 %, level 6 takes 2.2 times and 85 %.
   */
  readonly gzipLevel?: number | undefined;
  /** Whether to compute the SHA-256 of input and outputs, a fifth of a run's work. Default true. */
  readonly digests?: boolean | undefined;
  /** Threads that read the contacts. 1 to 64, default the machine's available parallelism. */
  readonly threads?: number | undefined;
  /** Called after every block: rows written, bytes read, and the input's size (0 = unknown). */
  readonly onProgress?: ((rows: number, bytes: number, inputBytes: number) => void) | undefined;
  /** Ends the run with ERR_CANCELLED and removes all temporary files. */
  readonly signal?: AbortSignal | undefined;
  /** What `-` reads. Default `process.stdin`. */
  readonly stdin?: Stdin | undefined;
  /** What `-` writes. Default `process.stdout`. */
  readonly stdout?: Writable | undefined;
}

/** A file in the evidence: size and digest are those of the file on disk. */
type FileEvidence = {
  readonly name: string;
  /** Null if digests were not wanted. */
  readonly sha256: string | null;
  readonly bytes: number;
  /** Without the header. */
  readonly rows: number;
};

/**
 * The result of a run. Nothing is published yet: call {@link DedupeFilesResult.commit} or
 * {@link DedupeFilesResult.discard}, which also close the files.
 */
export interface DedupeFilesResult {
  readonly rows: number;
  /** Numbers that were looked up, by `Reason`. */
  readonly reasons: readonly number[];
  /** How many of them are in columns that are not dialled. */
  readonly lookedUpToo: number;
  /** Opt-ins that could not be read. */
  readonly optInUnreadable: number;
  /** Rows whose number of cells differs from that of the header or first row. */
  readonly unevenRows: number;
  /** Rows whose structure is in doubt, by kind; a row may count for several kinds. */
  readonly structureDoubts: readonly StructureDoubt[];
  /** Rows that are undecided because their structure is in doubt. */
  readonly rowsInDoubt: number;
  /** Rows that are undecided because a column that is not dialled holds a listed number. */
  readonly otherColumnListed: number;
  readonly dialect: Dialect;
  /** What the columns are for; an empty file has no dialled ones. */
  readonly columns: ChosenColumns;
  /**
   * Columns the user did not name but that were fully looked up, because they hold phone numbers.
   */
  readonly lookedUpColumns: readonly Column[];
  readonly input: FileEvidence;
  readonly outputs: readonly (FileEvidence & { readonly kind: OutputKind })[];
  /** Flushes the outputs to disk and gives them their names. Errors: ERR_IO. */
  commit(): Promise<void>;
  /** Removes the outputs, unless they were committed. */
  discard(): Promise<void>;
}

const MIB = 1 << 20;
const SIZE_MAX = 64 * MIB;
const BATCH_NUMBERS_MAX = 131_072;
const THREADS_MAX = 64;
const COLUMNS_MAX = 16_384;
const SKIP_LINES_MAX = 1000;
/** Each dialled column takes a slot, and so may its opt-in; one slot is left for the country. */
const DIALLED_MAX = Math.floor((SLOTS_MAX - 1) / 2);

/** The validated limits of a run. */
export type Limits = ReturnType<typeof readLimits>;

/** Applies defaults and checks ranges. Errors: ERR_OPTION. */
export function readLimits(options: DedupeFilesOptions) {
  inRange('columns', Math.max(1, options.columns?.length ?? 0), DIALLED_MAX);
  const threadsDefault = Math.min(THREADS_MAX, availableParallelism());
  return {
    rowBytesMax: inRange('rowBytesMax', options.rowBytesMax ?? MIB, SIZE_MAX),
    batchNumbers: inRange('batchNumbers', options.batchNumbers ?? 8192, BATCH_NUMBERS_MAX),
    headBytes: inRange('headBytes', options.headBytes ?? MIB, SIZE_MAX),
    blockBytes: inRange('blockBytes', options.blockBytes ?? 2 * MIB, SIZE_MAX),
    threads: inRange('threads', options.threads ?? threadsDefault, THREADS_MAX),
    gzipLevel: inRange('gzipLevel', options.gzipLevel ?? 3, 9),
    columnsMax: inRange('columnsMax', options.columnsMax ?? 4096, COLUMNS_MAX),
    skipLines: inRange('skipLines', (options.skipLines ?? 0) + 1, SKIP_LINES_MAX + 1) - 1,
  };
}

function inRange(name: string, value: number, max: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new TacetError('ERR_OPTION', {
    what: 'out of range',
    expected: `a whole number from 1 to ${max}`,
    got: `${value}`,
    where: name,
  });
}
