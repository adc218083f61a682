import { open, writeFile } from 'node:fs/promises';
import { brusselsDay } from '#tacet/calendar/brussels.js';
import { writeListFile } from '#tacet/list/write.js';
import { sampleList } from '#tacet/sample/list.js';
import { SAMPLE_NUMBERS_MAX, sampleKeys } from '#tacet/sample/numbers.js';
import { Random } from '#tacet/sample/random.js';
import { program, run, TACET } from './processes.ts';

/** The share of queries that are drawn from the list, as in Belgian contact files. */
const HIT_SHARE = 0.21;
/** Strangers to draw the other queries from. */
const STRANGERS = 2_000_000;
const SEED = 1;

/** A packed list, and where its text is; Belgian as far as there are numbers enough. */
export interface ListData {
  readonly entries: number;
  readonly list: string;
  readonly text: string;
}

/** Writes and packs a list of `entries` numbers. */
export async function makeList(folder: string, entries: number): Promise<ListData> {
  const data = { entries, list: `${folder}/${entries}.tacet`, text: `${folder}/${entries}.txt` };
  if (entries > SAMPLE_NUMBERS_MAX) {
    await writeAmericanList(data.list, entries);
    return data;
  }
  const seed = ['--seed', String(SEED)];
  await run([...TACET, 'sample', 'list', '--rows', String(entries), ...seed, '--out', data.text]);
  await run([...TACET, 'pack', data.text, '--out', data.list, '--name', 'bench']);
  return data;
}

/** Queries and what is true of them, as queries.cc writes them. */
export interface Queries {
  readonly keys: BigUint64Array;
  readonly verdicts: Uint8Array;
  /** Registration day of those whose verdict is 2. */
  readonly days: Uint16Array;
}

/** Draws `count` numbers in random order, at least 21 % of them listed. */
export async function makeQueries(
  folder: string,
  { list, entries }: ListData,
  count: number,
): Promise<Queries> {
  const strangers = `${folder}/strangers.bin`;
  await writeFile(strangers, new Uint8Array(strangersOf(entries).buffer));
  const out = `${folder}/queries.bin`;
  const drawing = [String(count), String(HIT_SHARE), String(SEED), out];
  await run([program('queries'), list, strangers, ...drawing]);
  const file = await open(out);
  try {
    const keys = new BigUint64Array(count);
    const verdicts = new Uint8Array(count);
    const days = new Uint16Array(count);
    for (const part of [keys, verdicts, days]) await file.read(part);
    return { keys, verdicts, days };
  } finally {
    await file.close();
  }
}

/** Numbers at random of the country that a list of `entries` is from. */
export function strangersOf(entries: number): Float64Array {
  if (entries <= SAMPLE_NUMBERS_MAX) return sampleKeys({ count: STRANGERS, seed: SEED + 1 });
  const random = new Random(SEED + 1, 0);
  const areas = americanAreas();
  return new Float64Array(STRANGERS).map(() => random.pick(areas) + random.below(AREA_NUMBERS));
}

/** Numbers of an area code. */
const AREA_NUMBERS = 10_000_000;

/** The first numbers of 300 area codes, ascending: Belgium has too few for the largest list. */
function americanAreas(): number[] {
  return Array.from({ length: 300 }, (_, index) => (1200 + index * 2) * AREA_NUMBERS);
}

/** As many entries as asked for, within 0.1 %: gaps are drawn, so nothing has to be sorted. */
async function writeAmericanList(path: string, entries: number): Promise<void> {
  const random = new Random(SEED, 0);
  const areas = americanAreas();
  const meanGap = (areas.length * AREA_NUMBERS) / entries;
  const numbers = new BigUint64Array(Math.ceil(entries * 1.001));
  const words = new Uint32Array(numbers.buffer);
  let count = 0;
  let place = 0;
  for (const area of areas) {
    for (; place < AREA_NUMBERS && count < numbers.length; count++) {
      const key = area + place;
      words[count * 2] = key % 0x1_0000_0000;
      words[count * 2 + 1] = Math.floor(key / 0x1_0000_0000);
      place += 1 + random.below(2 * meanGap - 1);
    }
    place = Math.max(place - AREA_NUMBERS, 0);
  }
  const snapshotDay = brusselsDay(Date.now()) - 1;
  await writeListFile(path, {
    name: 'bench',
    snapshotDay,
    layout: AMERICAN_LAYOUT,
    sourceSha256: '0'.repeat(64),
    numbers: numbers.subarray(0, count),
    days: new Uint16Array(count).map((_, index) => snapshotDay - (index % 5000)),
  });
}

/** Never read from: this list has no text. */
const AMERICAN_LAYOUT = {
  kind: 'separated',
  separator: ';',
  columns: ['number', 'date'],
  numberForm: 'country-code',
  dateForm: 'DD/MM/YYYY',
  header: false,
  quotes: false,
  encoding: 'utf-8',
  bom: false,
  lineEnd: 'lf',
} as const;

/** What `makeList` wrote, in memory. */
export function sampled({ entries }: ListData): ReturnType<typeof sampleList> {
  if (entries > SAMPLE_NUMBERS_MAX) throw new Error('too long a list to be sampled');
  return sampleList({ rows: entries, seed: 1, snapshotDay: brusselsDay(Date.now()) - 1 });
}
