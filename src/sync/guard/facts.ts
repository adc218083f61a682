/** Gathers the facts by which the guard judges a packed list. */
import { randomInt } from 'node:crypto';
import { brusselsDay, validUntilMs } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import { attachList, closeListFile, openListFile } from '../../list/list.ts';
import type { ListHandle } from '../../list/mapping.ts';
import { verifyListFile } from '../../list/verify.ts';
import type { Layout } from '../../source/layout/layout.ts';
import { diffLists } from '../../store/diff.ts';
import type { ListStore } from '../../store/store.ts';
import type { StoredVersion } from '../../store/version.ts';
import { endsInLineEnd, type Received } from '../fetch/received-file.ts';
import { GUARD_DEFAULTS, type GuardBounds, parseGuardBounds } from './bounds.ts';
import { type Canary, parseCanaries } from './canaries.ts';
import type { Finds, GuardFacts } from './guard.ts';
import { lookUp, NOT_LISTED } from './lookup.ts';
import { sampleLines } from './sample-lines.ts';

const SEED_LIMIT = 2 ** 32;

/** What the operator requires of every version in a store. */
interface GuardRequest {
  readonly bounds: GuardBounds;
  readonly canaries: readonly Canary[];
}

/** A packed list that is a candidate to serve. */
interface Candidate {
  /** The list file. */
  readonly path: string;
  readonly text: Received;
  readonly layout: Layout;
  /** Malformed lines of the text that were tolerated. */
  readonly badLines: number;
}

/**
 * Reads a store's guard.json and canaries.txt; both are optional.
 * Errors: ERR_OPTION if one of them is malformed, ERR_IO.
 */
export async function readGuardRequest(store: ListStore): Promise<GuardRequest> {
  return {
    bounds: (await store.read('guard.json', parseGuardBounds)) ?? GUARD_DEFAULTS,
    canaries: (await store.read('canaries.txt', parseCanaries)) ?? [],
  };
}

/**
 * Verifies the candidate, compares it with the serving version, and looks up canaries and random
 * lines of the source in it. 1.5 M numbers take about a second.
 * Errors: ERR_IO; ERR_FORMAT_* if the serving version cannot be opened.
 *
 * @param request `seed`: for the random lines; drawn at random by default, and recorded in the
 *   facts
 */
export async function gatherFacts(
  candidate: Candidate,
  serving: { readonly version: StoredVersion; readonly path: string } | null,
  request: GuardRequest & { readonly nowMs: number; readonly seed?: number | undefined },
): Promise<GuardFacts> {
  const { text, layout } = candidate;
  const { bounds, canaries, nowMs, seed = randomInt(SEED_LIMIT) } = request;
  const verifyFailure = await failureOf(candidate.path);
  const handle = await openListFile(candidate.path);
  try {
    const { entries, snapshotDay } = handle.header;
    const lines = await sampleLines(text.path, {
      bytes: text.bytes,
      layout,
      snapshotDay,
      count: bounds.sample_lines,
      mayBeMalformed: candidate.badLines > 0,
      seed,
    });
    const keys = [...canaries, ...lines].map(({ key }) => key);
    const found = await lookUp(handle, keys, brusselsDay(nowMs));
    const sampled = found.subarray(canaries.length);
    const compared = serving === null ? null : await compare(serving.path, handle);
    return {
      endsInLineEnd: endsInLineEnd(text, layout),
      entries,
      snapshotDay,
      validUntilMs: validUntilMs(snapshotDay),
      nowMs,
      serving: compared?.serving ?? null,
      changes: compared?.changes ?? null,
      canaries: findsOf(canaries, found, ({ day }, listed) => day !== null && listed !== day),
      // A number may be on several lines: the list has the latest of their days.
      sample: { seed, ...findsOf(lines, sampled, ({ day }, listed) => listed < day) },
      verifyFailure,
    };
  } finally {
    closeListFile(handle);
  }
}

async function failureOf(path: string): Promise<string | null> {
  try {
    await verifyListFile(path);
    return null;
  } catch (error) {
    if (error instanceof TacetError && error.code.startsWith('ERR_FORMAT'))
      return error.detail.what;
    throw error;
  }
}

async function compare(servingPath: string, candidate: ListHandle) {
  const before = await openListFile(servingPath);
  try {
    const old = attachList(before, 'binary-search');
    const fresh = attachList(candidate, 'binary-search');
    const { entries, snapshotDay } = before.header;
    return { serving: { entries, snapshotDay }, changes: await diffLists(old, fresh) };
  } finally {
    closeListFile(before);
  }
}

/** Which of the numbers looked up are missing, or listed with another day than they may have. */
function findsOf<Wanted extends { readonly place: number }>(
  wanted: readonly Wanted[],
  found: Int32Array,
  isOther: (wanted: Wanted, listedDay: number) => boolean,
): Finds {
  const finds = { count: wanted.length, missing: [] as number[], redated: [] as number[] };
  for (const [index, one] of wanted.entries()) {
    const listedDay = found[index] ?? NOT_LISTED;
    if (listedDay === NOT_LISTED) finds.missing.push(one.place);
    else if (isOther(one, listedDay)) finds.redated.push(one.place);
  }
  return finds;
}
