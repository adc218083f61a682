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
/** After a release others may still save what they remember, until they hear of it. */
const RELEASE_MS = 10_000;
const READ_BYTES = 1024 * 1024;
/** Names in the state. */
const SECRET = { subject: 'coverage', name: 'secret' } as const;
const ASKED = 'asked';

/** What is remembered of one party. */
interface WatchedParty {
  readonly subject: Subject;
  readonly coverage: Coverage;
  /** Until then nothing is read from the state. */
  aloneUntilMs: number;
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
  #handles: readonly ListHandle[] = [];
  #saving: Promise<void> = Promise.resolve();
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

  /** Reads how the numbers of other lists lie: the files are open meanwhile. Never rejects. */
  async listsChanged(handles: readonly ListHandle[]): Promise<void> {
    this.#handles = handles;
    const builder = new ListedSampleBuilder(this.#sample);
    try {
      for (const handle of handles) await addNumbers(handle, builder);
    } catch {
      // It was closed for another, or cannot be read any more: that one, and its error, is told
      // elsewhere. Until the next the old sample goes on.
      return;
    }
    if (this.#handles === handles) this.#listed = builder.build();
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
      if (party.subject !== subject) continue;
      party.coverage.clear();
      party.aloneUntilMs = Date.now() + RELEASE_MS;
    }
  }

  #partyOf(party: string): WatchedParty {
    const known = this.#parties.get(party);
    if (known !== undefined) return known;
    const coverage = new Coverage(this.#sample);
    coverage.advance(brusselsDay(Date.now()));
    const subject = partySubject(party);
    const watched = { subject, coverage, aloneUntilMs: 0 };
    this.#parties.set(party, watched);
    // What it asked before a restart, and elsewhere.
    this.#saving = this.#saving.then(() => this.#exchange(watched)).catch(() => undefined);
    return watched;
  }

  /** Never rejects: what cannot be saved now is saved later. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      for (const party of this.#parties.values()) {
        party.coverage.advance(brusselsDay(Date.now()));
        await this.#exchange(party).catch(() => undefined);
      }
    });
    return this.#saving;
  }

  /** Puts together what the state has and what this server has seen. Errors: ERR_STATE. */
  async #exchange(party: WatchedParty): Promise<void> {
    const { subject, coverage } = party;
    const isAlone = (): boolean => Date.now() < party.aloneUntilMs;
    const saved = isAlone() ? [] : await this.#state.run('sightings', { subject, prefix: ASKED });
    // It may have been released since.
    if (!isAlone()) for (const { bytes } of saved) coverage.merge(bytes);
    const bytes = coverage.snapshot();
    // Another server may have saved what it has seen in place of this one's.
    if (saved.some((one) => Buffer.compare(one.bytes, bytes) === 0)) return;
    await this.#state.run('saveSighting', { subject, name: ASKED, atMs: Date.now(), bytes });
  }

  /** Saves, and watches no more. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save();
  }
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
