import { epochDayOf, formatIsoDay } from '../calendar/day.ts';
import type { OutputFile } from '../disk/output-file.ts';
import { openOutput } from '../disk/standard-output.ts';
import { TacetError } from '../errors.ts';
import { keyOf, SampleNumbers } from './numbers.ts';

/** How a list may write 0475 12 34 56; the default is `national`. */
export const SAMPLE_LIST_FORMS = {
  national: '0475123456',
  plus: '+32475123456',
  'double-zero': '0032475123456',
  'country-code': '32475123456',
  bare: '475123456',
} as const;

type SampleListForm = keyof typeof SAMPLE_LIST_FORMS;

interface SampleListOptions {
  /** Lines, 1 to 95,000,000, each with a different number. */
  readonly rows: number;
  /** 0 to 2^53 - 1. The same options and seed give the same bytes. */
  readonly seed: number;
  /** Epoch day of the newest registration, from 2005-01-17 to 2094-12-31. */
  readonly snapshotDay: number;
  /** The file to write; undefined is standard output. */
  readonly out: string | undefined;
  readonly form?: SampleListForm;
}

/**
 * The oldest registration: the list inherited those of its predecessor. The 17th cannot be a
 * month, so one line of this day settles whether days or months come first.
 */
const FIRST_DAY = epochDayOf(2005, 1, 17);

/** Later years are reserved for opt-ins that are always in the future. */
const SNAPSHOT_DAY_MAX = epochDayOf(2094, 12, 31);

/** Lines written at once: about 1.4 MB of text. */
const CHUNK_LINES = 65_536;

/** `0032475123456;15/03/2021` and its line feed. */
const LINE_BYTES_MAX = 25;

const SEMICOLON = 0x3b;
const LINE_FEED = 0x0a;

/**
 * How the list grew, as shares of its lines and of the time since 2005: slowly at first, mostly in
 * the years after the list was founded.
 */
const GROWTH = [
  { lines: 0, time: 0 },
  { lines: 0.17, time: 0.42 },
  { lines: 0.68, time: 0.57 },
  { lines: 0.88, time: 0.74 },
  { lines: 1, time: 1 },
] as const;

/**
 * Writes a synthetic list: one number per line, `0475123456;15/03/2021`, no header, LF, in order of
 * registration. With two or more rows the first line is from 17 January 2005 and the last from
 * `snapshotDay`. Memory does not grow with the rows.
 *
 * @throws ERR_OPTION, ERR_IO
 */
export async function writeSampleList(options: SampleListOptions): Promise<void> {
  const { rows, seed, snapshotDay, out, form = 'national' } = options;
  checkSnapshotDay(snapshotDay);
  checkForm(form);
  const numbers = new SampleNumbers({ seed, count: rows });
  const output = await openOutput(out);
  try {
    await writeLines(output, numbers, { snapshotDay, form });
    await output.sync();
    await output.publish();
  } finally {
    await output.discard();
  }
}

async function writeLines(
  output: OutputFile,
  numbers: SampleNumbers,
  options: { snapshotDay: number; form: SampleListForm },
): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_LINES, numbers.count) * LINE_BYTES_MAX);
  const prefix = Buffer.from(SAMPLE_LIST_FORMS[options.form].replace('475123456', ''), 'latin1');
  for (let first = 0; first < numbers.count; first += CHUNK_LINES) {
    const end = Math.min(first + CHUNK_LINES, numbers.count);
    let offset = 0;
    let writtenDay = -1;
    let tail = Buffer.alloc(0);
    for (let index = first; index < end; index++) {
      const day = registrationDay(index, numbers.count, options.snapshotDay);
      if (day !== writtenDay) {
        tail = Buffer.from(slashDate(day), 'latin1');
        writtenDay = day;
      }
      chunk.set(prefix, offset);
      offset = putDecimal(chunk, offset + prefix.length, numbers.at(index));
      chunk[offset++] = SEMICOLON;
      chunk.set(tail, offset);
      offset += tail.length;
      chunk[offset++] = LINE_FEED;
    }
    await output.write(chunk.subarray(0, offset));
  }
}

/** Writes the digits of a number of 8 or 9 digits; returns the offset after them. */
function putDecimal(bytes: Uint8Array, offset: number, value: number): number {
  const end = offset + (value < 100_000_000 ? 8 : 9);
  let rest = value;
  for (let i = end - 1; i >= offset; i--) {
    const tens = Math.floor(rest / 10);
    bytes[i] = 0x30 + rest - tens * 10;
    rest = tens;
  }
  return end;
}

/** The registration day of line `index`: never earlier than that of the line before. */
function registrationDay(index: number, count: number, snapshotDay: number): number {
  if (index === count - 1) return snapshotDay;
  const lines = index / (count - 1);
  let from: (typeof GROWTH)[number] = GROWTH[0];
  for (const to of GROWTH) {
    if (lines < to.lines) {
      const share = (lines - from.lines) / (to.lines - from.lines);
      const time = from.time + share * (to.time - from.time);
      return FIRST_DAY + Math.floor(time * (snapshotDay - FIRST_DAY));
    }
    from = to;
  }
  return snapshotDay;
}

function slashDate(epochDay: number): string {
  const [year, month, day] = formatIsoDay(epochDay).split('-');
  return `${day}/${month}/${year}`;
}

/**
 * The list `writeSampleList` would write, in memory and in the same order: `keys` are E.164
 * digits, unique; `days[i]` is the registration day of `keys[i]`. For tests and benches.
 *
 * @throws ERR_OPTION
 */
export function sampleList(options: Omit<SampleListOptions, 'out' | 'form'>): {
  keys: Float64Array<ArrayBuffer>;
  days: Uint16Array<ArrayBuffer>;
} {
  const { rows, seed, snapshotDay } = options;
  checkSnapshotDay(snapshotDay);
  const numbers = new SampleNumbers({ seed, count: rows });
  const keys = new Float64Array(rows);
  const days = new Uint16Array(rows);
  for (let i = 0; i < rows; i++) {
    keys[i] = keyOf(numbers.at(i));
    days[i] = registrationDay(i, rows, snapshotDay);
  }
  return { keys, days };
}

function checkSnapshotDay(day: number): void {
  if (Number.isInteger(day) && day >= FIRST_DAY && day <= SNAPSHOT_DAY_MAX) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the snapshot day is out of range',
    expected: `a day from ${formatIsoDay(FIRST_DAY)} to ${formatIsoDay(SNAPSHOT_DAY_MAX)}`,
    got: `epoch day ${day}`,
  });
}

function checkForm(form: string): void {
  if (Object.hasOwn(SAMPLE_LIST_FORMS, form)) return;
  throw new TacetError('ERR_OPTION', {
    what: 'unknown number form',
    expected: Object.keys(SAMPLE_LIST_FORMS).join(', '),
    got: form,
  });
}
