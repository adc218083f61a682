import { createHash } from 'node:crypto';
import { errorFromData, errorToData, TacetError } from '../errors.ts';

/** How files become a value, and who is told of it. */
interface FollowOptions<Value> {
  /** How often to look, in ms. */
  readonly pollMs: number;
  /** Reads all that belongs together. */
  read(): Promise<readonly Buffer[]>;
  /** What the contents stand for. Throws if they may not be used. */
  judge(contents: readonly Buffer[]): Value;
  /** The same contents may be good later: they are judged at every look. */
  readonly isTimely?: boolean;
  /** What is bad may be half of a replacement: it is refused if the next look finds the same. */
  readonly settles?: boolean;
  /** Called once for each value that is taken over. */
  onChange(before: Value, after: Value): void;
  /** Called once for all that is refused; the value before goes on. */
  onRefused(error: TacetError): void;
}

/** What a look led to. */
type LookOutcome = 'swapped' | 'unchanged' | 'refused';

/**
 * A value that stands in files, followed as they change. Their contents are compared, not their
 * times or identity, so it works over NFS and with the links of Kubernetes volumes, and sees a
 * change within the second that times cannot tell apart. What is bad is refused whole, and the
 * value before goes on.
 */
export class Followed<Value> {
  readonly #options: FollowOptions<Value>;
  #current: Value;
  #digest: string;
  /** Of what was found to be bad last, and whether it was refused. */
  #badDigest: string | undefined;
  #refusal: TacetError | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(options: FollowOptions<Value>, current: Value, digest: string) {
    this.#options = options;
    this.#current = current;
    this.#digest = digest;
  }

  /** Reads the files; {@link start} follows them. Errors: those of read and judge. */
  static async open<Value>(options: FollowOptions<Value>): Promise<Followed<Value>> {
    const contents = await options.read();
    return new Followed(options, options.judge(contents), digestOf(contents));
  }

  /** The value that holds. */
  get current(): Value {
    return this.#current;
  }

  /** Why the files as they stand now are refused; undefined if they are those that hold. */
  get refusal(): TacetError | undefined {
    return this.#refusal;
  }

  /** Looks again and again; the timer does not keep the process alive. */
  start(): void {
    if (this.#isStopped) return;
    const look = (): void => void this.look().finally(() => this.start());
    this.#timer = setTimeout(look, this.#options.pollMs).unref();
  }

  /**
   * Looks now; one look at a time. Never rejects.
   *
   * @param isWhole the files are known to be replaced as a whole: bad ones are refused at once, and
   *   told again
   */
  look({ isWhole = false } = {}): Promise<LookOutcome> {
    const look = (): Promise<LookOutcome> => this.#lookOnce(isWhole);
    const looked = this.#looking.then(look);
    this.#looking = looked;
    return looked;
  }

  /** Stops following; the value that holds stays. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #lookOnce(isWhole: boolean): Promise<LookOutcome> {
    const { read, judge, onChange, isTimely = false } = this.#options;
    let digest = '';
    const before = this.#current;
    try {
      const contents = await read();
      if (this.#isStopped) return 'unchanged';
      digest = digestOf(contents);
      const isKnownBad = digest === this.#badDigest && this.#refusal !== undefined;
      if (isKnownBad && !isTimely && !isWhole) return 'refused';
      if (digest !== this.#digest) {
        this.#current = judge(contents);
        this.#digest = digest;
      }
    } catch (error) {
      return this.#refuse(error, digest, isWhole);
    }
    this.#badDigest = undefined;
    this.#refusal = undefined;
    if (this.#current === before) return 'unchanged';
    try {
      onChange(before, this.#current);
    } catch (error) {
      // A defect, which must not end the following.
      this.#options.onRefused(errorFromData(errorToData(error)));
    }
    return 'swapped';
  }

  #refuse(error: unknown, digest: string, isWhole: boolean): LookOutcome {
    const { settles = false, onRefused } = this.#options;
    const isSame = digest === this.#badDigest;
    this.#badDigest = digest;
    if (settles && !isSame && !isWhole) return 'unchanged';
    const refusal = error instanceof TacetError ? error : errorFromData(errorToData(error));
    const isTold = isSame && this.#refusal?.message === refusal.message;
    this.#refusal = refusal;
    if (!isTold || isWhole) onRefused(refusal);
    return 'refused';
  }
}

/** Of several contents, each with its length: what belongs to which is part of it. */
function digestOf(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length} `).update(content);
  return hash.digest('hex');
}
