import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brusselsDay } from '../../calendar/brussels.ts';
import { requiredSection, SECTION_NUMBERS } from '../../list/format.ts';
import { type ListHandle, readerOf } from '../../list/mapping.ts';
import type { State } from '../../state/state.ts';
import { partySubject, type Stops, type Subject } from '../limits/stops.ts';
import { Coverage } from './coverage.ts';
import { COVERAGE_SECRET_BYTES, CoverageSample } from './coverage-sample.ts';
import { type ListedSample, ListedSampleBuilder } from './listed-sample.ts';
import { WALKS } from './walk.ts';

/** How often what was asked is saved, and what other servers saw is read. */
const SAVE_MS = 60_000;
const READ_BYTES = 1024 * 1024;
/** Names in the state. */
// No client has such a name, whose release would forget it.
const SECRET = { subject: ':coverage', name: 'secret' } as const;
const ASKED = 'asked';

/** What is remembered of one party. */
interface WatchedParty {
  readonly subject: Subject;
  readonly coverage: Coverage;
  /** The changes that the state has; undefined before it was first asked. */
  savedChanges: number | undefined;
}

/**
 * Watches how the questions of each party spread over the numbering plan, and stops a party that
 * walks through it. What was asked is kept in the state, where servers that share it put theirs
 * together; only who has the state can read it.
 */
export class CoverageWatch {
  readonly #state: State;
  readonly #stops: Stops;
  readonly #sample: CoverageSample;
  readonly #parties = new Map<string, WatchedParty>();
  #listed: ListedSample | undefined;
  /** The lists that the sample is of, or will be. */
  #lists = '';
  /** The parties that there are; undefined = all. */
  #kept: ReadonlySet<string> | undefined;
  #saving: Promise<void> | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(state: State, stops: Stops, secret: Uint8Array) {
    this.#state = state;
    this.#stops = stops;
    this.#sample = new CoverageSample(secret);
    this.#timer = setInterval(() => void this.#save(), SAVE_MS).unref();
  }

  /** Begins to watch. Errors: ERR_STATE. */
  static async open(state: State, stops: Stops): Promise<CoverageWatch> {
    const sighting = { ...SECRET, atMs: Date.now(), bytes: randomBytes(COVERAGE_SECRET_BYTES) };
    // That of the server that came first.
    const secret = await state.run('firstSighting', sighting);
    return new CoverageWatch(state, stops, secret);
  }

  /**
   * Reads how the numbers of other lists lie: the files are open meanwhile. If one cannot be read,
   * the sample of those before goes on. Errors: ERR_IO.
   */
  async listsChanged(handles: readonly ListHandle[]): Promise<void> {
    const lists = handles.map(({ header }) => header.sha256).join();
    if (lists === this.#lists) return;
    this.#lists = lists;
    const builder = new ListedSampleBuilder(this.#sample);
    try {
      for (const handle of handles) await addNumbers(handle, builder);
    } catch (error) {
      // Closed for another, whose numbers are read meanwhile.
      if (this.#lists !== lists) return;
      this.#lists = '';
      throw error;
    }
    if (this.#lists === lists) this.#listed = builder.build();
  }

  /** Takes note of what a party asked; call it before the answers are out. */
  observe(party: string, keys: DataView, { at, count }: { at: number; count: number }): void {
    const watched = this.#partyOf(party);
    if (watched.coverage.observe(keys, at, count) === 0 || !watched.coverage.isDue) return;
    if (this.#listed === undefined) return;
    const { walk, numbersTold } = watched.coverage.judge(this.#listed);
    if (walk === undefined) return;
    this.#stops.stop(watched.subject, `${WALKS[walk]}; some ${numbersTold} listed ones were told`);
  }

  /** Forgets what a party asked, which a person has released. */
  released(subject: Subject): void {
    for (const party of this.#parties.values()) {
      if (party.subject === subject) party.coverage.clear();
    }
  }

  /** Forgets the parties that are no more, once the state has what they asked. */
  keepOnly(parties: ReadonlySet<string>): void {
    this.#kept = parties;
  }

  /** How many parties have asked what the state does not have. */
  get unsaved(): number {
    return [...this.#parties.values()].filter(isUnsaved).length;
  }

  #partyOf(party: string): WatchedParty {
    const known = this.#parties.get(party);
    if (known !== undefined) return known;
    const coverage = new Coverage(this.#sample);
    coverage.advance(brusselsDay(Date.now()));
    const subject = partySubject(party);
    const watched = { subject, coverage, savedChanges: undefined };
    this.#parties.set(party, watched);
    // What it asked before a restart, and elsewhere.
    void this.#save();
    return watched;
  }

  /** Never rejects: what cannot be saved now is saved later. */
  #save(): Promise<void> {
    this.#saving ??= Promise.resolve().then(() => this.#saveAll());
    return this.#saving;
  }

  async #saveAll(): Promise<void> {
    // Parties that come meanwhile are among them.
    for (const [id, party] of this.#parties) {
      party.coverage.advance(brusselsDay(Date.now()));
      if (isUnsaved(party)) await this.#exchange(party).catch(() => undefined);
      if (this.#kept?.has(id) === false && !isUnsaved(party)) this.#parties.delete(id);
    }
    this.#saving = undefined;
  }

  /** Puts together what the state has and what this server has seen. Errors: ERR_STATE. */
  async #exchange(party: WatchedParty): Promise<void> {
    const { subject, coverage } = party;
    const releasedMs = this.#stops.releasedMs(subject);
    const saved = await this.#state.run('sightings', { subject, prefix: ASKED });
    // What was asked before a release does not come back.
    if (this.#stops.releasedMs(subject) !== releasedMs) return;
    for (const { bytes } of saved) coverage.merge(bytes);
    const { changes } = coverage;
    const bytes = coverage.snapshot();
    if (!saved.some((one) => Buffer.compare(one.bytes, bytes) === 0)) {
      const sighting = { subject, name: ASKED, atMs: Date.now(), bytes, releasedMs };
      if (!(await this.#state.run('saveSighting', sighting))) return;
    }
    party.savedChanges = changes;
  }

  /** Saves, and watches no more. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saving;
    await this.#save();
  }
}

function isUnsaved({ coverage, savedChanges }: WatchedParty): boolean {
  return coverage.changes !== savedChanges;
}

async function addNumbers(handle: ListHandle, builder: ListedSampleBuilder): Promise<void> {
  const read = readerOf(handle);
  const { offset, bytes } = requiredSection(handle.header, SECTION_NUMBERS);
  const piece = new Uint8Array(READ_BYTES);
  for (let done = 0; done < bytes; done += READ_BYTES) {
    const size = Math.min(READ_BYTES, bytes - done);
    await read(piece.subarray(0, size), offset + done);
    builder.add(new Uint32Array(piece.buffer, 0, size / 4));
    await nextTurn();
  }
}
