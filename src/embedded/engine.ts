import { brusselsDay } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { type ApproachOptions, approachOf } from '../client/approach.ts';
import { assertCount, assertText } from '../client/arguments.ts';
import { type Batch, type Contact, encodeBatch } from '../client/batch.ts';
import type { BatchAnswer, CheckResult } from '../client/client.ts';
import { epochDay } from '../client/dates.ts';
import { checkPhoneNumber } from '../engine/check.ts';
import { TacetError } from '../errors.ts';
import { readServeOptions } from '../options/serve/serve.ts';
import { isRegion } from '../phone/regions.ts';
import type { AskedLists } from '../serving/asked-lists.ts';
import { heldFor } from '../serving/held-for.ts';
import { ListLife } from '../serving/life.ts';
import type { ListRequest } from '../serving/lists.ts';
import type { ListLog } from '../serving/notices.ts';
import type { BatchContext } from '../threads/messages.ts';
import { MatchPool } from '../threads/pool.ts';
import { assertFresh } from '../verdict/freshness.ts';
import type { ListVersionMessage } from '../wire/gen/messages.ts';
import { FIELD_MATCHED, FIELD_REASONS } from '../wire/response.ts';
import { decodeResponse } from '../wire/response-reader.ts';

/** How an engine works; every option has a default. */
export interface EngineOptions {
  /** Worker threads for large batches. Default: one a core. */
  readonly workers?: number;
  /** Region of numbers written nationally. Default BE. */
  readonly region?: string;
  /** Give the registration dates of listed numbers, which are licensed data. Default false. */
  readonly discloseDates?: boolean;
  /** How often to look for another version in a store, or an override, ms. Default 5 s. */
  readonly listPollMs?: number;
  /** Told of versions that begin to serve, are refused or grow old. Default: nobody is. */
  readonly log?: ListLog;
}

/** What the verdicts are for, and what to answer besides them. */
export interface JudgeOptions extends ApproachOptions {
  /** Default false. */
  readonly reasons?: boolean;
  /** Default false; ERR_DATES_NOT_DISCLOSED without `discloseDates`. */
  readonly registrationDates?: boolean;
  /** On which lists each listed number is, see `matchedNames`. Default false. */
  readonly matchedLists?: boolean;
  /** The lists to ask, by name. Default all; ERR_LIST_UNKNOWN for one that is not there. */
  readonly lists?: readonly string[];
}

const NO_LOG: ListLog = { info() {}, warn() {}, error() {} };

/**
 * The engine of a Tacet server without the server: the same lists, verdicts, limits and freshness
 * rules. It follows a store, so that a version that a sync puts there serves within seconds. Safe
 * for any number of calls at once; close it when done.
 */
export class Engine {
  readonly #options: Required<Pick<EngineOptions, 'region' | 'discloseDates'>>;
  readonly #pool: MatchPool;
  readonly #life: ListLife;
  readonly #numbersMax: number;
  #open = 0;
  #onNoneOpen: (() => void) | undefined;
  #isClosed = false;

  private constructor(lists: readonly string[], options: EngineOptions) {
    const { workers, region = 'BE', discloseDates = false, listPollMs, log = NO_LOG } = options;
    assertCount(workers, 'workers', 1);
    assertCount(listPollMs, 'listPollMs', 10);
    if (lists.length === 0 || !lists.every((path) => typeof path === 'string' && path !== '')) {
      throw badOption('lists', 'the path of a list file or a store, or several of them');
    }
    if (!isRegion(region)) throw badOption('region', 'an ISO 3166-1 alpha-2 code such as BE');
    const flags = {
      ...{ list: lists, region: [region] },
      ...(workers !== undefined && { workers: [String(workers)] }),
      ...(listPollMs !== undefined && { 'list-poll': [`${listPollMs}ms`] }),
    };
    const serve = readServeOptions({ flags, environment: {}, config: undefined });
    this.#options = { region: serve.region, discloseDates };
    this.#numbersMax = serve.numbersPerMessageMax;
    this.#pool = new MatchPool({
      workers: serve.workers,
      numbersMax: serve.numbersPerMessageMax,
      messageBytesMax: serve.messageBytesMax,
      copiedIndexBytesMax: serve.indexCopyMax,
    });
    const environment = { pool: this.#pool, sync: undefined, log, onReload() {} };
    this.#life = new ListLife(serve, environment);
  }

  /**
   * Opens list files, or stores, whose current versions it follows; every byte is verified. Errors:
   * ERR_STORE, ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE, ERR_REQUEST for an option.
   */
  static async open(
    lists: string | readonly string[],
    options: EngineOptions = {},
  ): Promise<Engine> {
    const engine = new Engine(typeof lists === 'string' ? [lists] : lists, options);
    try {
      await engine.#life.open(undefined);
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  /** The versions that answer now. */
  get lists(): readonly ListVersionMessage[] {
    return this.#life.current?.versions ?? [];
  }

  /** Checks one number. Errors: ERR_REQUEST, ERR_LIST_STALE, ERR_LIST_CHANGED, ERR_CANCELLED. */
  check({ phoneNumber, optInDate, ...asked }: Contact & ApproachOptions): Promise<CheckResult> {
    return this.#held({}, async ({ set, versions }) => {
      assertText(phoneNumber, 'phoneNumber');
      const approach = approachOf(asked);
      const { verdict, reason, e164, registeredDay, matchedLists } = checkPhoneNumber(
        this.#pool.keyJudgeOf(set),
        {
          phoneNumber,
          belgian: this.#options.region === 'BE',
          listCount: versions.length,
          optInDay: optInDate ? epochDay(optInDate, 'optInDate') : 0,
          todayDay: brusselsDay(Date.now()),
          approach,
          registers: undefined,
        },
      );
      const isDisclosed = this.#options.discloseDates && registeredDay > 0;
      const registrationDate = isDisclosed ? formatIsoDay(registeredDay) : '';
      const answered = { ...approach, notices: [] };
      const told = { registrationDate, matchedLists, lists: versions };
      return { verdict, reason, e164, ...told, ...answered };
    });
  }

  /**
   * The verdicts of a batch of at most 131,072 numbers, all from one version. Errors: as
   * {@link check}; ERR_LIMIT.
   */
  judge(
    batch: Batch,
    {
      reasons = false,
      registrationDates = false,
      matchedLists,
      lists,
      ...asked
    }: JudgeOptions = {},
  ): Promise<BatchAnswer> {
    return this.#held({ names: lists ?? [] }, async (from) => {
      const { request } = encodeBatch(batch);
      const approach = approachOf(asked);
      if (registrationDates && !this.#options.discloseDates) throw notDisclosed();
      const context: BatchContext = {
        belgian: this.#options.region === 'BE',
        registrationDays: registrationDates,
        reasonsField: reasons ? FIELD_REASONS : 0,
        matchedField: matchedLists === true ? FIELD_MATCHED : 0,
        ...{ lists: from.mask, objections: from.objections },
        approach,
        registers: undefined,
        todayDay: brusselsDay(Date.now()),
        numbersMax: this.#numbersMax,
      };
      const { body } = await this.#pool.answer(request, from.set, context, {
        optionsAllowed: false,
      });
      // It may have waited for a worker past midnight.
      assertFresh(from.lists, Date.now());
      const decoded = decodeResponse(body);
      const { verdicts, registeredDays, reasons: why } = decoded;
      const columns = {
        verdicts,
        registeredDays,
        reasons: why,
        matchedLists: decoded.matchedLists,
      };
      return { ...columns, lists: from.versions, ...approach, notices: from.notices };
    });
  }

  /** Releases lists and threads once what is asked has been answered. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const ended = this.#life.stop();
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#onNoneOpen = resolve;
      });
    }
    await this.#pool.destroy();
    this.#life.lists.close();
    await ended;
  }

  /** Runs `use` with the lists asked, unless the engine was closed; a close waits for it. */
  async #held<Result>(
    request: ListRequest,
    use: (asked: AskedLists) => Promise<Result>,
  ): Promise<Result> {
    if (this.#isClosed) throw new TacetError('ERR_CANCELLED', { what: 'the engine was closed' });
    this.#open++;
    try {
      return await heldFor(this.#life.lists, request, use);
    } finally {
      if (--this.#open === 0) this.#onNoneOpen?.();
    }
  }
}

function badOption(where: string, expected: string): TacetError {
  return new TacetError('ERR_REQUEST', { what: 'the option cannot be used', where, expected });
}

function notDisclosed(): TacetError {
  return new TacetError('ERR_DATES_NOT_DISCLOSED', {
    what: 'the engine does not disclose registration dates',
    fix: 'Open it with discloseDates: they are licensed data',
  });
}
