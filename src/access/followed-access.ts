import { hash } from 'node:crypto';
import { readSmallFile } from '../disk/small-file.ts';
import { errorFromData, errorToData, TacetError } from '../errors.ts';
import type { Access } from './access.ts';
import { type AccessChanges, changesBetween } from './changes.ts';
import { checkAccess, readAccess } from './file/read-access.ts';

interface FollowOptions {
  /** How often to look at the file. */
  readonly pollMs: number;
  readonly bytesMax: number;
  /** Called once for each version that is taken over. */
  onChange(before: Access, after: Access, changes: AccessChanges): void;
  /** Called once for each version that is refused; the one before goes on. */
  onRefused(error: TacetError): void;
}

/** What a look at the file led to. */
type LookOutcome = 'swapped' | 'unchanged' | 'refused';

/**
 * The access file of a server, followed as it changes. It reads the file instead of watching it,
 * which also works over NFS and with Kubernetes volumes, and sees a change within the second that
 * times of files cannot tell apart. A version with a fault is refused whole, and the one before
 * goes on: nobody who may call is shut out by a slip, and nobody is let in by half a file.
 */
export class FollowedAccess {
  readonly #path: string;
  readonly #options: FollowOptions;
  #current: Access;
  #refusal: TacetError | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  private constructor(path: string, options: FollowOptions, first: Access) {
    this.#path = path;
    this.#options = options;
    this.#current = first;
  }

  /** Reads the file, and follows it from now on. Errors: those of `readAccess`. */
  static async open(path: string, options: FollowOptions): Promise<FollowedAccess> {
    const first = await readAccess(path, options.bytesMax);
    const followed = new FollowedAccess(path, options, first);
    followed.#lookLater();
    return followed;
  }

  /** The version that holds. */
  get current(): Access {
    return this.#current;
  }

  /** Why the file as it stands now is refused; undefined if it is the one that holds. */
  get refusal(): TacetError | undefined {
    return this.#refusal;
  }

  /** Looks at the file now; one look at a time. */
  look(): Promise<LookOutcome> {
    const look = (): Promise<LookOutcome> => this.#lookOnce();
    const looked = this.#looking.then(look, look);
    this.#looking = looked;
    return looked;
  }

  /** Stops following; the version that holds stays. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The timer does not keep the process alive. */
  #lookLater(): void {
    if (this.#stopped) return;
    const look = (): void => void this.look().then(() => this.#lookLater());
    this.#timer = setTimeout(look, this.#options.pollMs).unref();
  }

  async #lookOnce(): Promise<LookOutcome> {
    const before = this.#current;
    let after: Access;
    try {
      after = await this.#read();
    } catch (error) {
      return this.#refuse(error);
    }
    this.#refusal = undefined;
    if (after === before || this.#stopped) return 'unchanged';
    this.#current = after;
    this.#options.onChange(before, after, changesBetween(before, after));
    return 'swapped';
  }

  async #read(): Promise<Access> {
    const bytes = await readSmallFile(this.#path, this.#options.bytesMax);
    if (hash('sha256', bytes) === this.#current.digest) return this.#current;
    const { access, faults } = checkAccess(bytes);
    if (access === undefined) throw faults.toError(this.#path);
    return access;
  }

  #refuse(error: unknown): LookOutcome {
    // A defect must not end the following.
    const refusal = error instanceof TacetError ? error : errorFromData(errorToData(error));
    const isNew = refusal.message !== this.#refusal?.message;
    this.#refusal = refusal;
    if (isNew) this.#options.onRefused(refusal);
    return 'refused';
  }
}
