import { strict as assert } from 'node:assert';
import type { List } from '../list/list.ts';
import { classifyKey } from '../phone/plan.ts';
import { verdictOfListed } from '../verdict/rules.ts';
import { VERDICT_BLOCKED } from '../verdict/verdict.ts';

/** Keys are judged in blocks that stay in the L1 and L2 caches between passes. */
const BLOCK_KEYS = 4096;

/** Marks a key that is on no list. Real days are never negative, and 0 means unknown. */
const NOT_LISTED = -1;

/** The input of {@link Matcher.match}; the arrays belong to the caller. */
interface MatchQuery {
  /** Keys as pairs of u32, low word first; 0 and anything beyond 15 digits is unreadable. */
  readonly words: Uint32Array;
  /** How many keys. */
  readonly count: number;
  /** Epoch day of the opt-in of each key, 0 = none; undefined = no opt-ins at all. */
  readonly optInDays: Uint32Array | undefined;
  /** Today in Brussels when the stream began. */
  readonly todayDay: number;
  /** The lists that count, a bit for each in their order, at least one. */
  readonly lists: number;
}

/** The output of {@link Matcher.match}. */
interface MatchAnswer {
  /** Receives one verdict per key, from `offset` on. */
  readonly verdicts: Uint8Array;
  readonly offset: number;
  /** Receives the registration day of each key on a list, in order; undefined = not wanted. */
  readonly registeredDays: Uint32Array | undefined;
  /**
   * Receives the lists of each key on one, in order: a bit for each list that counts, in their
   * order; undefined = not wanted.
   */
  readonly matchedLists: Uint32Array | undefined;
  /** Incremented by verdict: `counts[2]` counts the blocked. */
  readonly counts: Int32Array;
}

/**
 * Gives each key its verdict from one or several lists. For a number on several lists, the
 * registration day that speaks most against calling decides: an unknown one, else the latest. Not
 * reentrant: it owns scratch memory.
 */
export class Matcher {
  readonly #lists: readonly List[];
  readonly #ranks = new Int32Array(BLOCK_KEYS);
  readonly #listedDays = new Int32Array(BLOCK_KEYS);
  /** A bit for each list that a key is on. */
  readonly #listedBits = new Uint32Array(BLOCK_KEYS);

  /** @param lists one or more: without a list every number would be callable */
  constructor(lists: readonly List[]) {
    assert(lists.length > 0, 'a verdict needs a list');
    this.#lists = lists;
  }

  /** Writes a verdict for every key; returns how many days, or lists of keys, it wrote. */
  match(query: MatchQuery, answer: MatchAnswer): number {
    const { words, count } = query;
    const { registeredDays, matchedLists } = answer;
    const wants = {
      days: query.optInDays !== undefined || registeredDays !== undefined,
      bits: matchedLists !== undefined,
    };
    let listed = 0;
    for (let start = 0; start < count; start += BLOCK_KEYS) {
      const end = Math.min(start + BLOCK_KEYS, count);
      this.#findListed(words.subarray(start * 2, end * 2), query.lists, wants);
      judge(query, start, end, this.#listedDays, answer);
      const at = listed;
      const columns = [
        { of: this.#listedDays, to: registeredDays },
        { of: this.#listedBits, to: matchedLists },
      ];
      for (const { of, to } of columns) {
        if (to !== undefined) listed = appendListed(this.#listedDays, end - start, { of, to, at });
      }
    }
    return listed;
  }

  #findListed(words: Uint32Array, wanted: number, wants: { days: boolean; bits: boolean }): void {
    const count = words.length / 2;
    this.#listedDays.fill(NOT_LISTED, 0, count);
    this.#listedBits.fill(0, 0, count);
    let bit = 1;
    for (const [index, list] of this.#lists.entries()) {
      if ((wanted & (1 << index)) === 0) continue;
      list.findRanks(words, count, this.#ranks);
      if (wants.days) mergeDays(this.#ranks, list.days, count, this.#listedDays);
      else mergeListed(this.#ranks, count, this.#listedDays);
      if (wants.bits) mergeBits(this.#ranks, count, this.#listedBits, bit);
      bit <<= 1;
    }
  }
}

/** Without dates it only matters whether a key is listed: its day stays unknown. */
function mergeListed(ranks: Int32Array, count: number, listedDays: Int32Array): void {
  for (let i = 0; i < count; i++) {
    // In range: count is at most the length of both arrays, here and in every loop below.
    if ((ranks[i] as number) >= 0) listedDays[i] = 0;
  }
}

function mergeDays(
  ranks: Int32Array,
  days: Uint16Array,
  count: number,
  listedDays: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const rank = ranks[i] as number;
    if (rank < 0) continue;
    const day = days[rank] as number;
    const known = listedDays[i] as number;
    listedDays[i] = known === 0 || day === 0 ? 0 : Math.max(known, day);
  }
}

function mergeBits(ranks: Int32Array, count: number, listedBits: Uint32Array, bit: number): void {
  for (let i = 0; i < count; i++) {
    if ((ranks[i] as number) >= 0) listedBits[i] = (listedBits[i] as number) | bit;
  }
}

function judge(
  query: MatchQuery,
  start: number,
  end: number,
  listedDays: Int32Array,
  answer: MatchAnswer,
): void {
  const { words, optInDays, todayDay } = query;
  const { verdicts, counts } = answer;
  const at = answer.offset;
  for (let i = start; i < end; i++) {
    const listedDay = listedDays[i - start] as number;
    let verdict: number;
    if (listedDay === NOT_LISTED) {
      const low = words[i * 2] as number;
      const high = words[i * 2 + 1] as number;
      verdict = classifyKey(high * 0x1_0000_0000 + low);
    } else if (optInDays === undefined) {
      verdict = VERDICT_BLOCKED;
    } else {
      verdict = verdictOfListed(listedDay, optInDays[i] as number, todayDay);
    }
    verdicts[at + i] = verdict;
    counts[verdict] = (counts[verdict] as number) + 1;
  }
}

/** Writes a value of each listed key, in order, from `at` on; returns where the next would go. */
function appendListed(
  listedDays: Int32Array,
  count: number,
  { of: values, to, at }: { of: Int32Array | Uint32Array; to: Uint32Array; at: number },
): number {
  let next = at;
  for (let i = 0; i < count; i++) {
    if (listedDays[i] !== NOT_LISTED) to[next++] = values[i] as number;
  }
  return next;
}
