/** What a soak saw in each minute, and whether that is good. */

/** One minute. */
export interface SoakMinute {
  readonly numbers: number;
  readonly millionsPerSecond: number;
  readonly wrong: number;
  /** Calls and streams of good clients without an answer. */
  readonly failed: number;
  readonly failedScrapes: number;
  /** The longest time that a kind of good client was without an answer. */
  readonly unservedMs: number;
  /** Medians over the looks of the minute, each taken when no fault was played. */
  readonly pssMib: number;
  readonly openFiles: number;
  readonly checkP99Ms: number;
  readonly faults: number;
  /** Since the start, as the server says. */
  readonly restarts: number;
  readonly reloads: number;
}

/** The memory at one time. */
export interface PssPoint {
  readonly minute: number;
  readonly pssMib: number;
}

export interface SoakResult {
  readonly minutes: readonly SoakMinute[];
  readonly isGood: boolean;
  /** Of the last minutes against those they are compared with. */
  readonly pssDrift: number;
  /** By least squares, after the first 15 minutes; NaN if the soak was shorter. */
  readonly pssMibPerHour: number;
  readonly isAlive: boolean;
}

const PSS_DRIFT_MAX = 0.05;
/** By then caches are warm and V8 has settled. */
const COMPARED_MINUTE = 5;
/** A single minute is up to 9 % from the next, by the garbage that there happens to be. */
const COMPARED_MINUTES = 5;
const SLOPE_FROM_MINUTE = 15;
/** A slope over less is mostly the garbage that there happens to be. */
const SLOPE_MINUTES_MIN = 45;
const PSS_MIB_PER_HOUR_MAX = 1;
const UNSERVED_MS_MAX = 2000;

export function judge(
  rows: readonly SoakMinute[],
  points: readonly PssPoint[],
  { isAlive, print }: { isAlive: boolean; print: (line: string) => void },
): SoakResult {
  const total = (of: (row: SoakMinute) => number): number =>
    rows.reduce((sum, row) => sum + of(row), 0);
  const wrong = total((row) => row.wrong);
  const failedScrapes = total((row) => row.failedScrapes);
  const unservedMs = Math.max(...rows.map((row) => row.unservedMs));
  const compared = rows.length > COMPARED_MINUTE ? COMPARED_MINUTE - 1 : 0;
  const pssOf = (minutes: readonly SoakMinute[]): number =>
    median(minutes.map(({ pssMib }) => pssMib));
  const pssDrift =
    pssOf(rows.slice(-COMPARED_MINUTES)) /
      pssOf(rows.slice(compared, compared + COMPARED_MINUTES)) -
    1;
  const pssMibPerHour = slopeOf(points.filter(({ minute }) => minute >= SLOPE_FROM_MINUTE)) * 60;
  const isSlopeGood =
    rows.length < SLOPE_FROM_MINUTE + SLOPE_MINUTES_MIN || pssMibPerHour < PSS_MIB_PER_HOUR_MAX;
  const files = new Set(rows.slice(compared).map(({ openFiles }) => openFiles));
  const isGood =
    isAlive &&
    wrong === 0 &&
    failedScrapes === 0 &&
    unservedMs < UNSERVED_MS_MAX &&
    Math.abs(pssDrift) <= PSS_DRIFT_MAX &&
    isSlopeGood &&
    files.size === 1;
  const last = rows.at(-1);
  print(
    `${isGood ? 'GOOD' : 'BAD'}: ${total((row) => row.numbers)} numbers, ${wrong} wrong, ` +
      `${isAlive ? 0 : 1} exits, ${total((row) => row.failed)} calls failed, ` +
      `longest wait ${unservedMs.toFixed(0)} ms, ${failedScrapes} scrapes failed, ` +
      `Pss ${(pssDrift * 100).toFixed(1)} % from minute ${compared + 1} to ${rows.length} ` +
      `(medians of ${COMPARED_MINUTES} minutes), ${pssMibPerHour.toFixed(2)} MiB an hour from ` +
      `minute ${SLOPE_FROM_MINUTE}, open files ${[...files].join(' or ')}, ` +
      `${total((row) => row.faults)} faults, ` +
      `${last?.restarts} workers restarted, ${last?.reloads} lists swapped`,
  );
  return { minutes: rows, isGood, pssDrift, pssMibPerHour, isAlive };
}

/** MiB a minute, by least squares; NaN of fewer than two points. */
export function slopeOf(points: readonly PssPoint[]): number {
  const mean = (of: (point: PssPoint) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const meanMinute = mean(({ minute }) => minute);
  const meanPss = mean(({ pssMib }) => pssMib);
  const shared = mean(({ minute, pssMib }) => (minute - meanMinute) * (pssMib - meanPss));
  return shared / mean(({ minute }) => (minute - meanMinute) ** 2);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const HEAD = [
  'minute',
  'numbers',
  'M/s',
  'wrong',
  'failed',
  'longest wait',
  'failed scrapes',
  'Pss MiB',
  'open files',
  'p99 of Check',
  'faults',
  'restarts',
  'reloads',
];

/** The two lines above those of the minutes. */
export const TABLE_HEAD = [`| ${HEAD.join(' | ')} |`, `|${'---|'.repeat(HEAD.length)}`];

export function lineOf(minute: number, row: SoakMinute): string {
  const cells = [
    minute,
    row.numbers,
    row.millionsPerSecond.toFixed(1),
    row.wrong,
    row.failed,
    `${row.unservedMs.toFixed(0)} ms`,
    row.failedScrapes,
    row.pssMib.toFixed(0),
    row.openFiles,
    `${row.checkP99Ms.toFixed(1)} ms`,
    row.faults,
    row.restarts,
    row.reloads,
  ];
  return `| ${cells.join(' | ')} |`;
}
