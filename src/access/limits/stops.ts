import { randomUUID } from 'node:crypto';
import { TacetError } from '../../errors.ts';
import type { State } from '../../state/state.ts';

/** Whom a stop is for: a client by its name, or all clients of a party. */
export type Subject = string;

export function partySubject(party: string): Subject {
  return `party:${party}`;
}

/** What stops need to know of a client. */
interface StoppableClient {
  readonly name: string;
  readonly party: { readonly id: string };
}

interface StopsOptions {
  /** How often stops of other servers, and releases, are looked for. Default 1 s. */
  readonly pollMs?: number;
  /** Somebody was stopped, by this server or another. */
  readonly onStop?: (subject: Subject, reason: string) => void;
  /** Somebody was released: what was counted against it begins anew. */
  readonly onRelease?: (subject: Subject) => void;
}

const POLL_MS = 1_000;

/**
 * Who may not ask any more until a person releases it. Kept in the state: a restart changes
 * nothing, and servers that share a state stop and release together.
 */
export class Stops {
  readonly #state: State;
  readonly #options: StopsOptions;
  /** Reasons, by subject. */
  readonly #stopped = new Map<Subject, string>();
  /** When whom a person has released last, by subject. */
  readonly #released = new Map<Subject, number>();
  /** Stopped here, and not in the state yet. */
  readonly #unsaved = new Map<Subject, { reason: string; id: string; atMs: number }>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  #saving: Promise<void> | undefined;
  #isClosed = false;

  private constructor(state: State, options: StopsOptions) {
    this.#state = state;
    this.#options = options;
  }

  /** Reads who is stopped, and looks again from then on. Errors: ERR_STATE. */
  static async open(state: State, options: StopsOptions = {}): Promise<Stops> {
    const stops = new Stops(state, options);
    const { stopped, released } = await state.run('stops');
    for (const { subject, atMs } of released) stops.#released.set(subject, atMs);
    for (const { subject, reason } of stopped) stops.#add(subject, reason);
    stops.#pollLater();
    return stops;
  }

  /** Errors: ERR_LIMIT with the limit `stopped` if the client, or its party, is stopped. */
  check({ name, party }: StoppableClient): void {
    if (this.#stopped.size === 0) return;
    const reason = this.#stopped.get(name) ?? this.#stopped.get(partySubject(party.id));
    if (reason === undefined) return;
    throw new TacetError('ERR_LIMIT', {
      what: `this client was stopped: ${reason}`,
      fix: 'Whoever runs the server can release it: tacet access release',
      facts: { limit: 'stopped' },
    });
  }

  /** Stops somebody at once; the state follows, and until it does it is tried again. */
  stop(subject: Subject, reason: string): void {
    if (this.#stopped.has(subject)) return;
    this.#add(subject, reason);
    this.#unsaved.set(subject, { reason, id: randomUUID(), atMs: Date.now() });
    void this.#save();
  }

  /** After which release what is counted against a subject now is; 0 = there was none. */
  releasedMs(subject: Subject): number {
    return this.#released.get(subject) ?? 0;
  }

  /** Everybody who is stopped, and why. */
  get stopped(): ReadonlyMap<Subject, string> {
    return this.#stopped;
  }

  /** How many of these stops the state does not have. */
  get unsaved(): number {
    return this.#unsaved.size;
  }

  #add(subject: Subject, reason: string): void {
    this.#stopped.set(subject, reason);
    this.#options.onStop?.(subject, reason);
  }

  /** Never rejects. */
  #save(): Promise<void> {
    this.#saving ??= Promise.resolve().then(() => this.#saveAll());
    return this.#saving;
  }

  async #saveAll(): Promise<void> {
    // Stops that come meanwhile are among them.
    for (const [subject, stop] of this.#unsaved) {
      const { id, atMs, reason } = stop;
      try {
        const releasedMs = this.releasedMs(subject);
        await this.#state.run('stop', { id, atMs, subject, reason, releasedMs, by: 'tacet' });
        // It may have been released, and stopped again, meanwhile.
        if (this.#unsaved.get(subject) === stop) this.#unsaved.delete(subject);
      } catch {
        // With the next look; the state tells its failures itself.
      }
    }
    this.#saving = undefined;
  }

  async #look(): Promise<void> {
    const { stopped, released } = await this.#state.run('stops');
    for (const { subject, atMs } of released) {
      if (this.releasedMs(subject) === atMs) continue;
      this.#released.set(subject, atMs);
      // It may be stopped again since: then for another reason.
      this.#stopped.delete(subject);
      this.#unsaved.delete(subject);
      this.#options.onRelease?.(subject);
    }
    const names = new Set(stopped.map(({ subject }) => subject));
    for (const { subject, reason } of stopped) {
      if (!this.#stopped.has(subject)) this.#add(subject, reason);
    }
    for (const subject of this.#stopped.keys()) {
      if (!names.has(subject) && !this.#unsaved.has(subject)) this.#stopped.delete(subject);
    }
  }

  #pollLater(): void {
    if (this.#isClosed) return;
    const { pollMs = POLL_MS } = this.#options;
    this.#timer = setTimeout(() => {
      this.#polling = this.#save()
        .then(() => this.#look())
        .catch(() => undefined)
        .then(() => this.#pollLater());
    }, pollMs).unref();
  }

  /** Stops looking, and saves what is not saved yet, once. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    await this.#saving;
    await this.#save();
  }
}
