import { createHash } from 'node:crypto';
import { EPOCH_DAY_MAX } from '../calendar/day.ts';
import type { Packing } from '../disk/unpack.ts';
import { TacetError } from '../errors.ts';
import { BAD_LINES_MAX } from '../options/limits.ts';
import { classifyKey, keyKind } from '../phone/plan.ts';
import { forEachBlock, type SourceText } from './blocks.ts';
import type { BadLine } from './errors.ts';
import { openSource } from './file.ts';
import { hasBom } from './layout/detect.ts';
import type { Layout } from './layout/layout.ts';
import { settleLayout } from './layout/settle.ts';
import type { SortedEntries } from './radix.ts';
import { type ReadingOptions, SourceScan } from './scan.ts';

export type { BadLine } from './errors.ts';

const LINE_BYTES_DEFAULT = 1_024;
const LINE_BYTES_MAX = 65_536;
const SOURCE_BYTES_DEFAULT = 8 * 1_073_741_824;

export interface SourceOptions {
  /** The layout, or 'auto' to detect it from the file. */
  readonly layout: Layout | 'auto';
  /** The most malformed lines to tolerate, 0 to 100,000; each is reported. */
  readonly badLinesMax: number;
  /** Epoch day of the snapshot: a later registration is malformed. By default any date is valid. */
  readonly snapshotDay?: number;
  /** The longest line in bytes, without its line end: 16 to 65,536, default 1,024. */
  readonly lineBytesMax?: number;
  /** The most bytes of text, decompressed; default 8 GiB. */
  readonly sourceBytesMax?: number;
}

/** What a source contained; `lines` = `keys` + `duplicates` + `badLines.length`. */
export interface SourceReport {
  /** All lines but the header, the trailer and blank lines at the end. */
  readonly lines: number;
  /** Unique numbers. */
  readonly keys: number;
  /** Lines that repeat a number; the latest date is kept. */
  readonly duplicates: number;
  /** Tolerated malformed lines, in the order of the file. */
  readonly badLines: readonly BadLine[];
  /** Keys that fit no known numbering plan; packed like any other. */
  readonly outsidePlan: number;
  /** Keys of other countries; packed like any other. */
  readonly foreign: number;
  /** Belgian keys that are neither fixed nor mobile, such as toll free; packed like any other. */
  readonly special: number;
  /** Keys without a known date: no date column, or registered before 1970-01-02. */
  readonly unknownDates: number;
  /** Bytes of the text, decompressed. */
  readonly sourceBytes: number;
  /** How the file was delivered. */
  readonly packing: Packing;
}

/** A source in memory. */
export interface SourceList {
  /** Ascending, unique. */
  readonly numbers: BigUint64Array;
  /** `days[i]` is the registration of `numbers[i]`: epoch day, 0 = unknown. */
  readonly days: Uint16Array;
  /** The newest registration, 0 = no known date, and the line where it first appears. */
  readonly newestDay: number;
  readonly newestLine: number;
  /** As given or as detected. */
  readonly layout: Layout;
  /** Digest of the text as delivered, decompressed, byte order mark included: 64 hex digits. */
  readonly sourceSha256: string;
  readonly report: SourceReport;
}

/**
 * Reads a source, the licensed txt (plain, gzip or a zip with nothing else in it), into sorted
 * unique keys with their days. Peak memory: 20 bytes per line. Writes nothing.
 * Errors: ERR_SOURCE_FILE (not a regular file, empty, binary, UTF-16, broken gzip or zip, no
 * trailer or one with a wrong count, changed meanwhile), ERR_SOURCE_LAYOUT (the layout cannot be
 * settled or does not fit the file), ERR_SOURCE_LINE (more malformed lines than allowed), ERR_LIMIT
 * (too many bytes), ERR_IO, ERR_OPTION, ERR_SNAPSHOT.
 */
export async function readSource(path: string, options: SourceOptions): Promise<SourceList> {
  const limits = limitsOf(options);
  const file = await openSource(path, limits.sourceBytesMax);
  try {
    const text: SourceText = { file, ...limits };
    const isDetected = options.layout === 'auto';
    const layout = options.layout === 'auto' ? await settleLayout(text) : options.layout;
    const { badLinesMax } = options;
    const dayMax = options.snapshotDay ?? EPOCH_DAY_MAX;
    const list = await readEntries(text, { layout, isDetected, badLinesMax, dayMax });
    await file.assertUnchanged();
    return list;
  } finally {
    await file.close();
  }
}

function limitsOf(options: SourceOptions): Omit<SourceText, 'file'> {
  const { snapshotDay, badLinesMax } = options;
  const { lineBytesMax = LINE_BYTES_DEFAULT, sourceBytesMax = SOURCE_BYTES_DEFAULT } = options;
  if (snapshotDay !== undefined && !isWithin(snapshotDay, 1, EPOCH_DAY_MAX)) {
    throw new TacetError('ERR_SNAPSHOT', {
      what: 'the snapshot date is out of range',
      expected: '1970-01-02 to 2149-06-06',
    });
  }
  checkOption('badLinesMax', badLinesMax, 0, BAD_LINES_MAX);
  checkOption('lineBytesMax', lineBytesMax, 16, LINE_BYTES_MAX);
  checkOption('sourceBytesMax', sourceBytesMax, 1, Number.MAX_SAFE_INTEGER);
  return { lineBytesMax, sourceBytesMax };
}

function checkOption(name: string, value: number, least: number, most: number): void {
  if (isWithin(value, least, most)) return;
  throw new TacetError('ERR_OPTION', {
    what: `${name} is out of range`,
    expected: `a whole number from ${least} to ${most}`,
    got: String(value),
  });
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

async function readEntries(text: SourceText, options: ReadingOptions): Promise<SourceList> {
  const { file, lineBytesMax } = text;
  const { layout } = options;
  const scan = new SourceScan({ path: file.path, lineBytesMax, ...options });
  const hash = createHash('sha256');
  let trailer: string | null = null;
  const sourceBytes = await forEachBlock(
    text,
    (bytes, length, isLast) => {
      const used = scan.scan(bytes, length);
      if (isLast) trailer = scan.finish(bytes.subarray(used, length), length - used);
      return used;
    },
    (fresh, isFirst) => {
      if (isFirst) checkBom(fresh, layout, file.path);
      hash.update(fresh);
    },
  );
  const { entries, lines, badLines, newestDay, newestLine } = scan;
  const sorted = entries.sortUnique();
  const keys = sorted.numbers.length;
  const duplicates = lines - badLines.length - keys;
  const report = { lines, keys, duplicates, badLines, sourceBytes, packing: file.packing };
  return {
    ...sorted,
    newestDay,
    newestLine,
    layout: trailer === null ? layout : { ...layout, trailer },
    sourceSha256: hash.digest('hex'),
    report: { ...report, ...countKinds(sorted) },
  };
}

/** Counts the kinds of keys that compliance asks about; the list holds them all alike. */
function countKinds({ numbers, days }: SortedEntries) {
  const counts = { outsidePlan: 0, foreign: 0, special: 0, unknownDates: 0 };
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length);
  for (let i = 0; i < days.length; i++) {
    if (days[i] === 0) counts.unknownDates++;
    // `!`: two words per number, and as many numbers as days.
    const key = words[2 * i + 1]! * 4_294_967_296 + words[2 * i]!;
    if (classifyKey(key) === 1) continue;
    const kind = keyKind(key);
    if (kind === 'foreign') counts.foreign++;
    else if (kind === 'special') counts.special++;
    else counts.outsidePlan++;
  }
  return counts;
}

function checkBom(bytes: Uint8Array, layout: Layout, path: string): void {
  if (bytes.length === 0 || hasBom(bytes) === layout.bom) return;
  throw new TacetError('ERR_SOURCE_LAYOUT', {
    what: 'the file drifts from the layout',
    expected: layout.bom ? 'a byte order mark (BOM)' : 'no byte order mark (BOM)',
    where: path,
    fix: 'Correct "bom" in the layout, or fetch the file again',
  });
}
