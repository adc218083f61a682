/** What the tests of the verdict share: real list files, and an obvious implementation. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_LISTS } from '#tacet/engine/judge.js';
import { Matcher } from '#tacet/engine/matcher.js';
import {
  attachList,
  closeListFile,
  type KernelName,
  type List,
  openListFile,
} from '#tacet/list/list.js';
import type { ListHandle } from '#tacet/list/mapping.js';
import { writeListFile } from '#tacet/list/write.js';

/** Registration day by key, 0 = unknown. */
export type Registrations = ReadonlyMap<number, number>;

export interface Engine {
  readonly mapping: 'auto' | 'shared';
  readonly kernel: KernelName | 'auto';
}

/** Writes each list to a file, opens it and attaches it; the files are gone when this returns. */
export async function attachLists(
  contents: readonly Registrations[],
  { mapping, kernel }: Engine,
): Promise<List[]> {
  return useLists(contents, mapping, async (handles) =>
    handles.map((handle) => attachList(handle, kernel)),
  );
}

/** Writes each list to a file and opens them for `use`; closed and gone when this returns. */
export async function useLists<Result>(
  contents: readonly Registrations[],
  mapping: 'auto' | 'shared',
  use: (handles: ListHandle[]) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-verdict-'));
  const handles: ListHandle[] = [];
  try {
    for (const content of contents) {
      const path = join(folder, `list-${handles.length}.tacet`);
      const sorted = [...content].sort(([a], [b]) => a - b);
      await writeListFile(path, {
        name: 'dncm',
        snapshotDay: 65_535,
        layout: {
          kind: 'separated',
          separator: ';',
          columns: ['number', 'date'],
          quotes: false,
          numberForm: 'trunk',
          dateForm: 'YYYY-MM-DD',
          header: false,
          encoding: 'utf-8',
          bom: false,
          lineEnd: 'lf',
        },
        sourceSha256: createHash('sha256').update('source').digest('hex'),
        numbers: BigUint64Array.from(sorted, ([key]) => BigInt(key)),
        days: Uint16Array.from(sorted, ([, day]) => day),
      });
      handles.push(await openListFile(path, { mapping }));
    }
    return await use(handles);
  } finally {
    for (const handle of handles) closeListFile(handle);
    rmSync(folder, { recursive: true });
  }
}

export async function matcherOver(
  contents: readonly Registrations[],
  engine: Engine = { mapping: 'shared', kernel: 'auto' },
): Promise<Matcher> {
  return new Matcher(await attachLists(contents, engine));
}

export interface Question {
  readonly keys: readonly bigint[];
  /** As long as `keys`, or none. */
  readonly optIns?: readonly number[];
  readonly today?: number;
  readonly wantsDays?: boolean;
  /** Default false. */
  readonly wantsLists?: boolean;
  /** The lists that count, a bit for each; `matched` has bits for these alone. Default all. */
  readonly lists?: number;
}

export interface Answer {
  readonly verdicts: readonly number[];
  /** Days of those on the list, in order. */
  readonly days: readonly number[];
  /** Their lists, a bit for each, in order. */
  readonly matched: readonly number[];
  /** By verdict, index 0 included. */
  readonly counts: readonly number[];
}

const SENTINEL = 0xee;

/** Asks a matcher into memory with sentinels around what it may write, which must survive. */
export function ask(matcher: Matcher, question: Question): Answer {
  const { keys, optIns, today = 20_779, wantsDays = true, wantsLists = false } = question;
  const count = keys.length;
  const offset = 3;
  // Shared, and the words at an odd multiple of 4 bytes: as in a slot.
  const words = new Uint32Array(new SharedArrayBuffer(count * 8 + 4), 4);
  keys.forEach((key, i) => {
    words[i * 2] = Number(key & 0xffff_ffffn);
    words[i * 2 + 1] = Number(key >> 32n);
  });
  const verdicts = new Uint8Array(new SharedArrayBuffer(offset + count + 3)).fill(SENTINEL);
  const registeredDays = new Uint32Array(count + 1).fill(SENTINEL);
  const matchedLists = new Uint32Array(count + 1).fill(SENTINEL);
  const counts = new Int32Array(8);
  const listed = matcher.match(
    {
      words,
      count,
      optInDays: optIns === undefined ? undefined : Uint32Array.from(optIns),
      todayDay: today,
      lists: question.lists ?? ALL_LISTS,
    },
    {
      ...{ verdicts, offset, counts },
      registeredDays: wantsDays ? registeredDays : undefined,
      matchedLists: wantsLists ? matchedLists : undefined,
    },
  );
  const dayCount = wantsDays ? listed : 0;
  const matchedCount = wantsLists ? listed : 0;
  const around = [...verdicts.subarray(0, offset), ...verdicts.subarray(offset + count)];
  around.push(...registeredDays.subarray(dayCount), ...matchedLists.subarray(matchedCount));
  if (around.some((value) => value !== SENTINEL)) throw new Error('it wrote beyond its place');
  return {
    verdicts: [...verdicts.subarray(offset, offset + count)],
    days: [...registeredDays.subarray(0, dayCount)],
    matched: [...matchedLists.subarray(0, matchedCount)],
    counts: [...counts],
  };
}

const FIXED =
  /^32(80[2-8]\d{5}|(?:1[0-69]|[23][2-8]|4[23]|5\d|6[013-57-9]|71|8[1-79]|9[2-4])\d{6})$/;
const MOBILE = /^324[5-9]\d{7}$/;
const SPECIAL =
  /^32(800[1-9]\d{4}|7879\d{4}|90\d{6}|70(?:2[0-57]|3[04-7]|44|6[04-69]|7[0579])\d{4}|78(?:0[578]|1[014-8]|2[25]|3[15-8]|48|5[05]|60|7[06-8]|9\d)\d{4})$/;
/** A few countries; the tests ask for no others. */
const FOREIGN = /^(?=\d{7,15}$)(?:1|7|33|352|44|49|687)/;

/** The same by the rules as written, number by number. */
export function askObvious(lists: readonly Registrations[], question: Question): Answer {
  const { keys, optIns, today = 20_779, wantsDays = true, wantsLists = false } = question;
  const wanted = lists.filter((_, at) => ((question.lists ?? ALL_LISTS) & (1 << at)) !== 0);
  const asked = wanted.map((list, at) => ({ list, bit: 1 << at }));
  const days: number[] = [];
  const matched: number[] = [];
  const counts = [0, 0, 0, 0, 0, 0, 0, 0];
  const verdicts = keys.map((key, i) => {
    const on = asked.filter(({ list }) => list.has(Number(key)));
    const listed = on.map(({ list }) => list.get(Number(key)) ?? 0);
    let verdict: number;
    if (listed.length > 0) {
      const registered = listed.includes(0) ? 0 : Math.max(...listed);
      if (wantsDays) days.push(registered);
      if (wantsLists) matched.push(on.reduce((bits, { bit }) => bits + bit, 0));
      const optIn = optIns?.[i] ?? 0;
      verdict = registered > 0 && registered < optIn && optIn <= today ? 3 : 2;
    } else if (FIXED.test(String(key)) || MOBILE.test(String(key))) verdict = 1;
    else if (SPECIAL.test(String(key)) || FOREIGN.test(String(key))) verdict = 4;
    else verdict = 5;
    counts[verdict] = (counts[verdict] ?? 0) + 1;
    return verdict;
  });
  return { verdicts, days, matched, counts };
}
