/** The load of a soak: paced streams and single checks, every answer held against the truth. */
import { setTimeout as pause } from 'node:timers/promises';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/client.js';
import { VERDICT_BLOCKED, VERDICT_CALLABLE } from '#tacet/verdict/verdict.js';
import { benchQueries } from './data.js';

/** The lists a soak swaps: what each blocks, by the sha256 that answers name it with. */
export type Versions = ReadonlyMap<string, ReadonlySet<number>>;

interface SoakBatch {
  readonly batch: EncodedBatch;
  readonly count: number;
  /** By version: one verdict a number. */
  readonly expected: ReadonlyMap<string, Buffer>;
}

interface SoakCheck {
  readonly phoneNumber: string;
  readonly expected: ReadonlyMap<string, number>;
}

const BATCH = 8192;
const BATCHES = 64;
const CHECKS = 4096;
const STREAMS = 2;
const IN_FLIGHT = 8;
/** Streams are opened anew, so that each version gets its share. */
const STREAM_MS = 5000;
const CHECK_PAUSE_MS = 5;

/** What has been answered since it was last asked. */
export interface Answered {
  readonly numbers: number;
  /** Verdicts that the named version does not give, calls that failed. */
  readonly wrong: number;
  /** Of Check, ascending, in ms. */
  readonly checkMs: readonly number[];
}

export class SoakLoad {
  readonly #batches: SoakBatch[];
  readonly #checks: SoakCheck[];
  readonly #client: TacetClient;
  readonly #print: (line: string) => void;
  #numbers = 0;
  #wrong = 0;
  #checkMs: number[] = [];
  #going = true;
  #loops: Promise<void>[] = [];

  constructor(address: string, versions: Versions, print: (line: string) => void) {
    const verdict = (key: number, listed: ReadonlySet<number>): number =>
      listed.has(key) ? VERDICT_BLOCKED : VERDICT_CALLABLE;
    const [first = new Set<number>(), second = first] = [...versions.values()];
    const halves = [first, second].map((listed, seed) =>
      benchQueries(
        { known: [...listed], isListed: (key) => listed.has(key) },
        { count: (BATCH * BATCHES) / 2, seed: seed + 7 },
      ),
    );
    this.#batches = halves.flatMap((keys) =>
      Array.from({ length: BATCHES / 2 }, (_, index) => {
        const part = keys.subarray(index * BATCH, (index + 1) * BATCH);
        const expected = [...versions].map(
          ([sha256, listed]) =>
            [sha256, Buffer.from(Array.from(part, (key) => verdict(key, listed)))] as const,
        );
        const batch = encodeBatch({ keys: part });
        return { batch, count: part.length, expected: new Map(expected) };
      }),
    );
    this.#checks = Array.from({ length: CHECKS }, (_, index) => {
      const key = halves[index % 2]?.[index] ?? Number.NaN;
      const expected = [...versions].map(
        ([sha256, listed]) => [sha256, verdict(key, listed)] as const,
      );
      return { phoneNumber: `+${key}`, expected: new Map(expected) };
    });
    this.#client = new TacetClient(address);
    this.#print = print;
  }

  /** Numbers a second the streams get through without a pause, over `ms`. */
  async calibrate(ms: number): Promise<number> {
    const startMs = performance.now();
    const untilMs = startMs + ms;
    await Promise.all(Array.from({ length: STREAMS }, (_, of) => this.#stream(of, 0, untilMs)));
    return (this.take().numbers / (performance.now() - startMs)) * 1000;
  }

  /** Begins to stream `numbersPerSecond` in all, and to check single numbers. */
  start(numbersPerSecond: number): void {
    const everyMs = (BATCH * STREAMS * 1000) / numbersPerSecond;
    this.#loops = Array.from({ length: STREAMS }, async (_, of) => {
      while (this.#going) await this.#stream(of, everyMs, performance.now() + STREAM_MS);
    });
    this.#loops.push(this.#check());
  }

  /** What was answered since the last time. */
  take(): Answered {
    const taken = {
      numbers: this.#numbers,
      wrong: this.#wrong,
      checkMs: this.#checkMs.sort((a, b) => a - b),
    };
    this.#numbers = 0;
    this.#wrong = 0;
    this.#checkMs = [];
    return taken;
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
    this.#client.close();
  }

  /** One stream, a batch every so often; behind its time it does not catch up. */
  async #stream(offset: number, everyMs: number, untilMs: number): Promise<void> {
    const call = this.#client.dedupe({ reopensMax: 0 });
    const inFlight: Promise<void>[] = [];
    let dueMs = performance.now();
    try {
      for (let index = offset; this.#going && performance.now() < untilMs; index += STREAMS) {
        const batch = this.#batches[index % BATCHES];
        if (batch === undefined) throw new Error('no batches');
        const answered = call.send(batch.batch).then(({ verdicts }) => {
          const sha256 = call.versions[0]?.lists[0]?.sha256 ?? '';
          this.#numbers += batch.count;
          if (batch.expected.get(sha256)?.equals(verdicts) !== true) this.#count('a wrong batch');
        });
        // Whoever waits for it below is told; until then it must not count as unhandled.
        answered.catch(() => undefined);
        inFlight.push(answered);
        if (inFlight.length >= IN_FLIGHT) await inFlight.shift();
        dueMs = Math.max(dueMs + everyMs, performance.now() - everyMs);
        const waitMs = dueMs - performance.now();
        if (waitMs > 1) await pause(waitMs);
      }
      await Promise.all(inFlight);
      await call.finish();
    } catch (error) {
      this.#count(`a stream failed: ${String(error)}`);
    }
  }

  async #check(): Promise<void> {
    for (let index = 0; this.#going; index++) {
      const check = this.#checks[index % CHECKS];
      if (check === undefined) throw new Error('no checks');
      const startMs = performance.now();
      try {
        const { verdict, lists } = await this.#client.check(check);
        this.#checkMs.push(performance.now() - startMs);
        this.#numbers++;
        const expected = check.expected.get(lists[0]?.sha256 ?? '');
        if (verdict !== expected) this.#count('a wrong check');
      } catch (error) {
        this.#count(`a check failed: ${String(error)}`);
      }
      await pause(CHECK_PAUSE_MS);
    }
  }

  #count(what: string): void {
    this.#wrong++;
    if (this.#wrong <= 3) this.#print(what);
  }
}
