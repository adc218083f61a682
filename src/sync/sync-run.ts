import { TacetError } from '../errors.ts';
import { type PackResult, packList } from '../list/pack.ts';
import { describeLayout } from '../source/layout/layout.ts';
import type { ListStore } from '../store/store.ts';
import type { StoredVersion, VersionRecord } from '../store/version.ts';
import { type StoreWriter, withWriter } from '../store/writer.ts';
import {
  type Decision,
  type KnownLayout,
  knownVersion,
  logged,
  notPinned,
  type Refused,
  readLayoutFile,
  recordOf,
  textOf,
  unchanged,
  unreadable,
} from './decision.ts';
import { expand } from './fetch/expand.ts';
import type { Wait } from './fetch/fetch.ts';
import { type Fetched, fetchSource, waitForReal } from './fetch/fetch-source.ts';
import { withIncoming } from './fetch/incoming.ts';
import type { Received } from './fetch/received-file.ts';
import { addressText, parseSourceAddress } from './fetch/source-address.ts';
import { dropWhole, fetchWhole } from './fetch/whole-file.ts';
import { gatherFacts, readGuardRequest } from './guard/facts.ts';
import { type GuardFacts, judge, type Refusal, refusalsText } from './guard/guard.ts';
import type { SyncOptions } from './options.ts';
import { quarantine } from './quarantine.ts';
import { snapshotDayBy } from './snapshot-day.ts';

/** The dependencies of a sync, so that tests can supply their own. */
export interface SyncDeps {
  /** Unix milliseconds; default the system clock. */
  readonly nowMs?: () => number;
  /** How to wait for a drop folder; default the system clock. */
  readonly wait?: Wait;
  /** Told what a sync waits for, as a sentence. */
  readonly onWait?: ((what: string) => void) | undefined;
  /** Cancels the sync and leaves nothing half done. */
  readonly signal?: AbortSignal;
  /** For the random lines; drawn at random by default. */
  readonly seed?: number;
}

/** The errors that mean that the file is bad, not that it could not be fetched. */
const BAD_SOURCE: ReadonlySet<string> = new Set([
  'ERR_SOURCE_FILE',
  'ERR_SOURCE_LAYOUT',
  'ERR_SOURCE_LINE',
  'ERR_SNAPSHOT',
  'ERR_LIMIT',
]);

const NO_CHANGE_TIME =
  'its time of change cannot be true or is not told: the snapshot is its newest registration';

const LIST_FILE = 'packed.tacet';

type TimedDeps = SyncDeps & { readonly nowMs: () => number };

/** The steps of one sync. */
export class SyncRun {
  /** Whether the outcome is in the store's log. */
  logged = false;
  readonly #store: ListStore;
  readonly #options: SyncOptions;
  readonly #deps: TimedDeps;
  /** What else the message says, one clause each: of the source, of a layout that was pinned. */
  readonly #notes: string[] = [];

  constructor(store: ListStore, options: SyncOptions, deps: TimedDeps) {
    this.#store = store;
    this.#options = options;
    this.#deps = deps;
  }

  /** Fetches, then decides. Only deciding holds the store's lock, for a few seconds. */
  async run(): Promise<Decision> {
    const { lockWaitMs } = this.#options;
    return await withIncoming(this.#store, lockWaitMs, async (folder) => {
      let fetched: Fetched | undefined;
      let failure: unknown;
      try {
        this.#checkName((await this.#store.current()) ?? null);
        fetched = await this.#fetch(folder);
        this.#notes.push(...fetched.notes);
      } catch (cause) {
        failure = cause;
      }
      const decision = await withWriter(
        this.#store,
        'sync',
        (writer) => this.#logging(writer, () => this.#decide(writer, fetched, failure)),
        { waitMs: lockWaitMs, nowMs: this.#deps.nowMs },
      );
      // Only now: a sync that failed leaves what it fetched to the next one.
      await dropWhole(folder);
      return decision;
    });
  }

  async #fetch(folder: string): Promise<Fetched> {
    // Read these first: a fetch may take long and would be wasted if they are invalid.
    await readGuardRequest(this.#store);
    await this.#layout();
    const { nowMs, wait = waitForReal, onWait } = this.#deps;
    const { signal = new AbortController().signal } = this.#deps;
    const options = this.#options;
    const from = addressText(parseSourceAddress(options.from));
    return await fetchWhole(folder, from, (path) =>
      fetchSource(options, path, { nowMs, wait, onWait, signal }),
    );
  }

  /** Logs the outcome in the store, whatever it is. */
  async #logging(writer: StoreWriter, decide: () => Promise<Decision>): Promise<Decision> {
    try {
      const decision = await decide();
      // The switch itself logs switching.
      if (decision.result !== 'switched') {
        await writer.log({ event: decision.result, ...logged(decision) });
      }
      this.logged = true;
      return decision;
    } catch (cause) {
      const failed = { result: 'failed', message: textOf(cause) } as const;
      // If the log cannot be written either, the outcome still reports the failure.
      this.logged = await writer.log({ event: 'failed', ...logged(failed) }).then(
        () => true,
        () => false,
      );
      throw cause;
    } finally {
      // Unpacked files are large; the next write removes what cannot be removed now.
      await writer.sweep().catch(() => undefined);
    }
  }

  async #decide(
    writer: StoreWriter,
    fetched: Fetched | undefined,
    failure: unknown,
  ): Promise<Decision> {
    if (fetched === undefined) throw failure;
    // Read this now: the serving version may have changed since the fetch began.
    const serving = (await this.#store.current()) ?? null;
    this.#checkName(serving);
    const request = await readGuardRequest(this.#store);
    const layout = await this.#layout();
    const { nowMs, signal } = this.#deps;
    const { origin } = fetched;
    if (serving?.source.sha256 === origin.sha256) return this.#unchanged(fetched, serving);
    const refused: Refused = { fetched, text: null, packed: null };
    let text: Received;
    let packed: PackResult;
    try {
      text = await expand(fetched.file, writer.tmpPath('text'), this.#options.sourceBytesMax);
      refused.text = text;
      packed = await this.#pack(writer, { fetched, text, layout });
    } catch (cause) {
      if (!(cause instanceof TacetError) || !BAD_SOURCE.has(cause.code)) throw cause;
      const asked = { bounds: request.bounds, layout: layout.layout };
      const reasons = unreadable(cause, refused, asked);
      return await this.#refuse(writer, refused, reasons, null);
    }
    const known = await knownVersion(this.#store, packed.header, serving);
    if (known !== null) return this.#unchanged(fetched, known, serving);
    if (layout.kind === 'unknown' && !this.#options.confirmLayout) throw notPinned(packed.layout);
    if (layout.kind !== 'pinned') {
      await writer.pinLayout(packed.layout);
      this.#notes.push(`layout pinned: ${describeLayout(packed.layout)}`);
    }
    if (signal?.aborted === true)
      throw new TacetError('ERR_CANCELLED', { what: 'the sync was cancelled' });
    const path = writer.tmpPath(LIST_FILE);
    const facts = await gatherFacts(
      { path, text, layout: packed.layout, badLines: packed.report.badLines.length },
      serving === null ? null : { version: serving, path: this.#store.listFile(serving.name) },
      { ...request, nowMs: nowMs(), seed: this.#deps.seed },
    );
    const previous = serving?.name ?? null;
    const record = recordOf(origin, packed.header, { previous, facts });
    const refusals = judge(facts, request.bounds);
    if (refusals.length > 0) {
      refused.packed = { record, path };
      return await this.#refuse(writer, refused, refusals, facts);
    }
    return await this.#serve(writer, record, facts);
  }

  #unchanged(...facts: Parameters<typeof unchanged>): Decision {
    const decision = unchanged(...facts);
    return { ...decision, message: this.#noted(decision.message) };
  }

  /** A message, and what else is to be known. */
  #noted(message: string): string {
    return [message, ...this.#notes].join('; ');
  }

  /** A store holds one list, whose name is part of every answer. */
  #checkName(serving: StoredVersion | null): void {
    if (serving === null || serving.list === this.#options.name) return;
    throw new TacetError('ERR_OPTION', {
      what: `the store holds the list ${serving.list}`,
      got: this.#options.name,
      where: '--name',
      fix: 'Name it, or another store',
    });
  }

  /** The pinned layout, one that is to be pinned, or none yet. */
  async #layout(): Promise<KnownLayout> {
    const pinned = await this.#store.layout();
    const { layoutFile } = this.#options;
    if (layoutFile !== undefined) {
      const given = await readLayoutFile(layoutFile);
      const isPinned = JSON.stringify(given) === JSON.stringify(pinned);
      return { kind: isPinned ? 'pinned' : 'given', layout: given };
    }
    return pinned === undefined
      ? { kind: 'unknown', layout: 'auto' }
      : { kind: 'pinned', layout: pinned };
  }

  async #pack(
    writer: StoreWriter,
    { fetched, text, layout }: { fetched: Fetched; text: Received; layout: KnownLayout },
  ): Promise<PackResult> {
    const { name, badLinesMax, snapshot, sourceBytesMax } = this.#options;
    const snapshotDay = snapshotDayBy(snapshot, fetched.origin);
    if (snapshot === 'fetched-day' && snapshotDay === undefined) this.#notes.push(NO_CHANGE_TIME);
    return await packList({
      source: text.path,
      out: writer.tmpPath(LIST_FILE),
      layout: layout.layout,
      name,
      badLinesMax,
      sourceBytesMax,
      nowMs: this.#deps.nowMs(),
      ...(snapshotDay !== undefined && { snapshotDay }),
    });
  }

  async #refuse(
    writer: StoreWriter,
    refused: Refused,
    refusals: readonly Refusal[],
    facts: GuardFacts | null,
  ): Promise<Decision> {
    const keeping = { nowMs: this.#deps.nowMs(), keep: this.#options.keepQuarantined };
    const quarantined = await quarantine(this.#store, writer, { ...refused, refusals }, keeping);
    const { origin: source } = refused.fetched;
    const kept = `${source.fileName} was refused and is in quarantine as ${quarantined}`;
    return {
      result: 'refused',
      message: this.#noted(`${kept}: ${refusalsText(refusals)}`),
      source,
      changes: facts?.changes ?? null,
      refusals,
      quarantined,
    };
  }

  async #serve(writer: StoreWriter, record: VersionRecord, facts: GuardFacts): Promise<Decision> {
    const { nowMs } = this.#deps;
    const { plainVersions, keepDays, keepVersions } = this.#options;
    await writer.addVersion(writer.tmpPath(LIST_FILE), record);
    const { name, source, entries, added, removed, redated } = record;
    const changes =
      added === null
        ? 'the first version'
        : `${added} added, ${removed} removed, ${redated} re-dated`;
    const message = this.#noted(`${name} serves: ${entries} numbers, ${changes}`);
    const { seed, count: sampled } = facts.sample;
    await writer.switchTo(name, { by: 'sync', message, source, seed, sampled });
    let complaint = '';
    try {
      await writer.archiveOld(plainVersions);
      await writer.prune({ ageDaysMax: keepDays, countMax: keepVersions, nowMs: nowMs() });
    } catch (cause) {
      // The new version serves all the same.
      complaint = `; old versions could not be tidied: ${textOf(cause)}`;
    }
    return {
      result: 'switched',
      message: `${message}${complaint}`,
      source,
      changes: facts.changes,
    };
  }
}
