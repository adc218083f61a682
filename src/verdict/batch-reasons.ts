/** The reasons of batches that have the verdicts of their list, and the verdicts they end with. */
import { type Approach, isUsual } from './approach.ts';
import {
  REASON_LISTED,
  REASON_NOT_LISTED,
  REASON_OBJECTION,
  reasonOfUnlistedKey,
  VERDICT_OF_REASON,
} from './reason.ts';
import { reasonOf } from './rules.ts';
import {
  VERDICT_BLOCKED,
  VERDICT_CALLABLE,
  VERDICT_CALLABLE_OPT_IN,
  VERDICT_NOT_COVERED,
  VERDICT_UNREADABLE,
} from './verdict.ts';

/** A batch with the verdicts of its list, as {@link writeReasons} reads it. */
interface JudgedKeys {
  /** Keys as pairs of u32, low word first. */
  readonly words: Uint32Array;
  readonly count: number;
  /** One per key. */
  readonly verdicts: Uint8Array;
  /** Epoch day of the opt-in of each key, 0 = none; undefined = no opt-ins at all. */
  readonly optInDays: Uint32Array | undefined;
  /** With opt-ins, the days of the keys on the list, in order; else not read. */
  readonly registeredDays: Uint32Array;
  /** Today in Brussels when the stream began. */
  readonly todayDay: number;
  readonly approach: Approach;
  /** If keys were read from text: the reason of each whose key is 0; the rest is not read. */
  readonly unread?: Uint8Array | undefined;
}

/** The reason that a verdict without an opt-in usually has; 0 if the key decides. */
const REASON_OF_VERDICT = Uint8Array.of(0, REASON_NOT_LISTED, REASON_LISTED, 0, 0, 0);

/**
 * Writes the reason of every key to `out`, one byte each. Usually, and without opt-ins, this costs
 * one lookup in a small table per number, except for numbers that are not covered or unreadable.
 */
export function writeReasons(judged: JudgedKeys, out: Uint8Array): void {
  const { words, count, verdicts, optInDays, approach, unread } = judged;
  for (let i = 0; i < count; i++) {
    // All in range: count is at most the length of each.
    const reason = REASON_OF_VERDICT[verdicts[i] as number] as number;
    out[i] = reason;
    if (reason !== 0) continue;
    const key = (words[i * 2 + 1] as number) * 0x1_0000_0000 + (words[i * 2] as number);
    out[i] = key === 0 && unread !== undefined ? (unread[i] as number) : reasonOfUnlistedKey(key);
  }
  if (optInDays !== undefined || !isUsual(approach)) writeRuled(judged, out);
}

/** The same for the keys that the rules decide on. */
function writeRuled(
  { count, verdicts, optInDays, registeredDays, todayDay, approach }: JudgedKeys,
  out: Uint8Array,
): void {
  const isUnlistedRuled = isRuledUnlisted(approach);
  let listed = 0;
  for (let i = 0; i < count; i++) {
    // In range as above, and with opt-ins there is one registration day per listed key.
    const verdict = verdicts[i] as number;
    const isListed = hasDay(verdict);
    if (!isListed && isUnlistedRuled[verdict] === 0) continue;
    const optInDay = optInDays === undefined ? 0 : (optInDays[i] as number);
    const registeredDay =
      isListed && optInDays !== undefined ? (registeredDays[listed++] as number) : 0;
    out[i] = reasonOf(approach, isListed, registeredDay, optInDay, todayDay);
  }
}

/**
 * Replaces the reasons of keys that are objected to: an objection goes before everything, but for
 * service calls. A key that is no phone number stays one.
 *
 * @param objected their places
 */
export function writeObjections(
  objected: Uint32Array,
  { purpose }: Approach,
  reasons: Uint8Array,
): void {
  if (purpose === 'service') return;
  for (const place of objected) {
    const verdict = VERDICT_OF_REASON[reasons[place] as number];
    if (verdict !== VERDICT_UNREADABLE) reasons[place] = REASON_OBJECTION;
  }
}

/** The same for the verdicts of direct marketing where no days stand beside them. */
export function blockObjected(
  objected: Uint32Array,
  verdicts: Uint8Array,
  counts: Int32Array,
): void {
  for (const place of objected) {
    // In range: the places of keys, which have verdicts, which have counts.
    const verdict = verdicts[place] as number;
    if (verdict === VERDICT_UNREADABLE) continue;
    counts[verdict] = (counts[verdict] as number) - 1;
    counts[VERDICT_BLOCKED] = (counts[VERDICT_BLOCKED] as number) + 1;
    verdicts[place] = VERDICT_BLOCKED;
  }
}

/** By verdict: whether the rules decide on keys that are not on the list. */
function isRuledUnlisted(approach: Approach): Uint8Array {
  const isRuled = new Uint8Array(REASON_OF_VERDICT.length);
  isRuled[VERDICT_CALLABLE] = Number(!isUsual(approach));
  isRuled[VERDICT_NOT_COVERED] = Number(approach.purpose === 'service');
  return isRuled;
}

/** A batch whose verdicts are still those of its list. */
interface ListVerdicts {
  readonly count: number;
  readonly verdicts: Uint8Array;
  /** As {@link writeReasons} wrote them, one per key. */
  readonly reasons: Uint8Array;
  /** Days or lists of the keys on a list, in order, each with room for `count`. */
  readonly columns: readonly Uint32Array[];
  /** How many keys are on a list; read with columns alone. */
  readonly listedCount: number;
  /** Counts by verdict. */
  readonly counts: Int32Array;
}

/**
 * Replaces the verdicts of the list by those of the reasons, in place, and counts them anew. Each
 * column becomes one value per verdict 2 or 3, in order, 0 for a key that is not on a list; returns
 * how many these are.
 */
export function takeVerdictsOfReasons(batch: ListVerdicts): number {
  const { count, verdicts, reasons, columns, listedCount, counts } = batch;
  counts.fill(0);
  for (let i = 0; i < count; i++) {
    // In range, and every reason has a verdict.
    const verdict = VERDICT_OF_REASON[reasons[i] as number] as number;
    counts[verdict] = (counts[verdict] as number) + 1;
  }
  const dated = (counts[VERDICT_BLOCKED] as number) + (counts[VERDICT_CALLABLE_OPT_IN] as number);
  let from = listedCount;
  let to = dated;
  // From the end: either every key on a list keeps its values, which move away from the start if at
  // all, or no key of the batch has any.
  for (let i = count - 1; i >= 0; i--) {
    const isListed = hasDay(verdicts[i] as number);
    const verdict = VERDICT_OF_REASON[reasons[i] as number] as number;
    verdicts[i] = verdict;
    if (isListed) from--;
    if (!hasDay(verdict)) continue;
    to--;
    for (const column of columns) column[to] = isListed ? (column[from] as number) : 0;
  }
  return dated;
}

/** Adds `bit` to the lists of each number that is objected to; `sets`: one per verdict 2 or 3. */
export function markObjections(
  { verdicts, reasons }: Pick<ListVerdicts, 'verdicts' | 'reasons'>,
  sets: Uint32Array,
  bit: number,
): void {
  let at = 0;
  for (let i = 0; i < verdicts.length; i++) {
    // All in range: there is a reason for each verdict, and a set for each that has a day.
    if (!hasDay(verdicts[i] as number)) continue;
    if (reasons[i] === REASON_OBJECTION) sets[at] = (sets[at] as number) | bit;
    at++;
  }
}

/** Whether a number with this verdict has a registration day beside it. */
function hasDay(verdict: number): boolean {
  return verdict === VERDICT_BLOCKED || verdict === VERDICT_CALLABLE_OPT_IN;
}
