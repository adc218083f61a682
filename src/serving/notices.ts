import { errorToData } from '../errors.ts';
import { type AgeLimits, type AgeState, ageStateOf } from '../verdict/freshness.ts';
import type { Sighting } from './follower.ts';
import type { ListState } from './serving.ts';

/** The log that tells people what happens to the lists. */
export interface ListLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs what happens to the lists: each event when it begins, and some when they end. */
export class Notices {
  readonly #log: ListLog;
  readonly #ages: AgeLimits;
  /** What was last logged about each subject. */
  readonly #said = new Map<string, string>();

  constructor(log: ListLog, ages: AgeLimits) {
    this.#log = log;
    this.#ages = ages;
  }

  /** These lists have just been found changed. */
  changedInPlace(lists: readonly ListState[]): void {
    for (const { name, file } of lists) {
      this.#log.error(
        { list: name, file },
        'a list file was changed in place while it was served: nothing is answered from it ' +
          'any more. Rename a whole list file over it, never copy into it, then send SIGHUP',
      );
    }
  }

  /** The pointers were read, or `error` says why not. */
  pointers(error?: unknown): void {
    this.#say('pointer', textOf(error), () => {
      if (error === undefined) return;
      this.#log.error({ err: error }, 'the store cannot be read, its list goes on');
    });
  }

  overrides(seen: readonly Sighting[]): void {
    for (const [index, { place: list, override, refusal }] of seen.entries()) {
      this.#say(`refused override ${index}`, textOf(refusal), () => {
        if (refusal === undefined) return;
        this.#log.error({ err: refusal }, 'a freshness override is ignored');
      });
      this.#say(`override ${index}`, override === undefined ? '' : JSON.stringify(override), () => {
        if (override === undefined) this.#log.warn({ list }, 'the freshness override has ended');
        else this.#log.warn({ list, override }, 'a freshness override is in force');
      });
    }
  }

  /** Logs how old the served lists are, if that has changed. */
  ages(lists: readonly ListState[]): void {
    for (const { name, snapshotDay } of lists) {
      const state = ageStateOf(snapshotDay, Date.now(), this.#ages);
      this.#say(`age ${name}`, state === 'fresh' ? '' : state, () => {
        const fields = { list: name, state };
        if (state === 'fresh') this.#log.info(fields, 'the list is fresh again');
        else if (state === 'warning') this.#log.warn(fields, AGE_TEXTS[state]);
        else this.#log.error(fields, AGE_TEXTS[state]);
      });
    }
  }

  syncs(seen: readonly Sighting[]): void {
    for (const [index, { place: list, syncs, trouble }] of seen.entries()) {
      this.#say(`log ${index}`, textOf(trouble), () => {
        if (trouble === undefined) return;
        const fields = { list, trouble: textOf(trouble) };
        this.#log.warn(fields, 'the log of the store cannot be read');
      });
      const refused = syncs?.refused;
      // A file that is refused again after a good one is logged again.
      const text = refused === undefined ? '' : `${refused.quarantined} ${refused.sinceUnix}`;
      this.#say(`refused ${index}`, text, () => {
        if (refused === undefined) return;
        const fields = { list, refused: refused.quarantined };
        this.#log.error(fields, 'a new list was refused, the old one goes on');
      });
    }
  }

  /** Logs a subject if its text has changed; every subject begins with the empty text. */
  #say(what: string, text: string, say: () => void): void {
    if ((this.#said.get(what) ?? '') === text) return;
    this.#said.set(what, text);
    say();
  }
}

const AGE_TEXTS: Readonly<Record<Exclude<AgeState, 'fresh'>, string>> = {
  warning: 'the list grows old: fetch it again',
  critical: 'the list is very old: fetch it before nothing is answered any more',
  stale: 'the list is past its valid_until: nothing is answered from it without an override',
};

function textOf(error: unknown): string {
  if (error === undefined) return '';
  const { code, detail } = errorToData(error);
  return `${code} ${detail.what} ${detail.where ?? ''}`;
}
