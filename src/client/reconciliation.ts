import { TacetError } from '../errors.ts';
import { VERDICT_BLOCKED, VERDICT_CALLABLE_OPT_IN, VERDICT_NAMES } from '../verdict/verdict.ts';
import type { ListVersionMessage, SummaryMessage } from '../wire/gen/messages.ts';
import type { BatchVerdicts, DecodedResponse } from '../wire/response-reader.ts';
import { summaryCounts } from '../wire/summary.ts';
import { type AnsweredRegister, isRegistry, registersOf } from './answered-registers.ts';
import {
  type AnsweredFor,
  type AskedOptions,
  answeredFor,
  approachOf,
  assertAsked,
  refuseNotApplicable,
} from './approach.ts';
import type { ResumptionOptions } from './resumption.ts';

/** The summary of a whole stream, all its reopened parts included. */
export interface DedupeSummary extends SummaryMessage, AnsweredFor {
  /** The list versions it was answered from, each with its first number (0-based). */
  readonly versions: readonly AnsweredFrom[];
  /** The registers by which it was answered, none where the server keeps none. */
  readonly registers: readonly AnsweredRegister[];
}

/** A run of numbers, in the order they were given, answered from one version. */
export interface AnsweredFrom {
  /** Position of the first number, from 0. */
  readonly firstNumber: number;
  /** How many numbers there are; in the last run, so far. */
  readonly numbers: number;
  readonly lists: readonly ListVersionMessage[];
}

/** What was asked for, see `DedupeCallOptions`. */
type Expectations = AskedOptions & Pick<ResumptionOptions, 'onVersionGone'>;

/**
 * Checks the answers of a server against the requests: as many verdicts as numbers, one set of list
 * versions per stream, the same summary as counted here. Continues over reopened streams.
 */
export class Reconciliation {
  readonly #expectations: Expectations;
  readonly #counts = noCounts();
  readonly #versions: Omit<AnsweredFrom, 'numbers'>[] = [];
  readonly #notices = new Set<string>();
  /** Of the current stream only. */
  #streamCounts = noCounts();
  #streamLists: readonly ListVersionMessage[] = [];
  /** Of the first response and the last one that named any, over all streams. */
  #firstNamed: readonly ListVersionMessage[] = [];
  #lastNamed: readonly ListVersionMessage[] = [];
  #wantedSha256 = '';
  #startedMs = 0;

  constructor(expectations: Expectations) {
    this.#expectations = expectations;
  }

  /**
   * The list versions that have answered so far; if none has answered a number, the last one named.
   */
  get versions(): readonly AnsweredFrom[] {
    const named = this.#versions.map(({ firstNumber, lists }, index) => {
      const end = this.#versions[index + 1]?.firstNumber ?? total(this.#counts);
      return { firstNumber, numbers: end - firstNumber, lists };
    });
    const answered = named.filter(({ numbers }) => numbers > 0);
    return answered.length > 0 ? answered : named.slice(-1);
  }

  /** A stream was opened that must be answered from this version; empty = whichever is served. */
  begin(wantedSha256: string): void {
    this.#wantedSha256 = wantedSha256;
    this.#streamCounts = noCounts();
    this.#streamLists = [];
  }

  /**
   * Takes what a response says of its stream: the first must name the lists, and with them what the
   * answers are for.
   */
  takeParts(response: DecodedResponse): void {
    const { lists } = response;
    if (lists.length > 0) {
      const { notices } = answeredFor(this.#expectations, response);
      for (const notice of notices) this.#notices.add(notice);
      if (this.#firstNamed.length === 0) this.#firstNamed = lists;
      this.#lastNamed = lists;
    }
    if (this.#streamLists.length > 0) {
      if (lists.length === 0 || versionKey(lists) === versionKey(this.#streamLists)) return;
      throw mismatch('list versions of one stream', 1, 2);
    }
    if (lists.length === 0) throw mismatch('lists of the first answer', 1, 0);
    const wanted = this.#wantedSha256;
    if (wanted !== '' && !lists.some(({ sha256 }) => sha256 === wanted)) {
      throw mismatch('answers from the list version asked for', 1, 0);
    }
    assertAsked(this.#expectations, lists);
    this.#streamLists = lists;
    if (this.#startedMs === 0) this.#startedMs = Date.now();
    const last = this.#versions.at(-1);
    if (last !== undefined && versionKey(last.lists) === versionKey(lists)) return;
    // One of several lists may have changed while the one asked for has not.
    if (last !== undefined && this.#expectations.onVersionGone !== 'record') {
      throw versionChanged();
    }
    const firstNumber = total(this.#counts);
    this.#versions.push({ firstNumber, lists: lists.filter(isRegistry) });
  }

  /** Takes the answer to a batch of `count` numbers. */
  takeVerdicts(count: number, batch: BatchVerdicts): void {
    const { verdicts, registeredDays, reasons, matchedLists } = batch;
    if (verdicts.length !== count) throw mismatch('verdicts of a batch', count, verdicts.length);
    refuseNotApplicable(this.#expectations, verdicts);
    const counts = noCounts();
    for (let i = 0; i < verdicts.length; i++) {
      // In range: i is less than the length, and no decoded verdict is above 6.
      const verdict = verdicts[i] as number;
      counts[verdict] = (counts[verdict] as number) + 1;
    }
    const dated = (counts[VERDICT_BLOCKED] ?? 0) + (counts[VERDICT_CALLABLE_OPT_IN] ?? 0);
    const days = this.#expectations.registrationDates ? dated : 0;
    if (registeredDays.length !== days) {
      throw mismatch('registration days of a batch', days, registeredDays.length);
    }
    const sets = this.#expectations.matchedLists ? dated : 0;
    if (matchedLists.length !== sets) {
      throw mismatch('matched lists of a batch', sets, matchedLists.length);
    }
    const wanted = this.#expectations.reasons ? count : 0;
    if (reasons.length !== wanted) throw mismatch('reasons of a batch', wanted, reasons.length);
    add(counts, this.#counts);
    add(counts, this.#streamCounts);
  }

  /** Takes the summary of the last stream; returns the summary of all of them. */
  summarise(summary: SummaryMessage, unanswered: number): DedupeSummary {
    const counted = summaryCounts(this.#streamCounts);
    // An object literal: it has the keys of its type.
    for (const field of Object.keys(counted) as (keyof typeof counted)[]) {
      if (summary[field] !== counted[field]) throw mismatch(field, counted[field], summary[field]);
    }
    if (unanswered > 0) throw mismatch('batches without an answer', 0, unanswered);
    return {
      ...summary,
      ...summaryCounts(this.#counts),
      ...approachOf(this.#expectations),
      notices: [...this.#notices],
      startedUnixMs: Math.min(this.#startedMs, summary.startedUnixMs),
      versions: this.versions,
      registers: registersOf(this.#firstNamed, this.#lastNamed),
    };
  }
}

/** Counts by verdict; index 0 stays 0. */
function noCounts(): Float64Array {
  return new Float64Array(VERDICT_NAMES.length);
}

function add(counts: Float64Array, to: Float64Array): void {
  // In range: both were made by noCounts.
  for (let i = 0; i < counts.length; i++) to[i] = (to[i] as number) + (counts[i] as number);
}

function total(counts: Float64Array): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function versionKey(lists: readonly ListVersionMessage[]): string {
  return lists
    .filter(isRegistry)
    .map(({ name, sha256 }) => `${name} ${sha256}`)
    .join();
}

/** The error of an answer that does not match what was asked. */
export function mismatch(what: string, expected: number, got: number): TacetError {
  return new TacetError('ERR_RECONCILE', {
    what: `the server's answers do not reconcile: ${what}`,
    expected: String(expected),
    got: String(got),
    fix: 'Do not use the results; check that client and server are of the same version',
  });
}

function versionChanged(): TacetError {
  return new TacetError('ERR_LIST_VERSION', {
    what: 'a newer list serves, and the rest must not be answered from another one',
    fix: 'Start over, so that all is answered from one version',
  });
}
