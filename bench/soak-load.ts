/** The load of a soak: paced streams, every answer held against the truth. */
import { setTimeout as pause } from 'node:timers/promises';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/client.js';
import { questionsOf, type Versions } from './faults/good-clients.js';

interface SoakBatch {
  readonly batch: EncodedBatch;
  /** By version: one verdict a number. */
  readonly expected: ReadonlyMap<string, Buffer>;
}

const BATCH = 8192;
const BATCHES = 64;
const STREAMS = 2;
const IN_FLIGHT = 8;
/** Streams are opened anew, so that each version gets its share. */
const STREAM_MS = 5000;
/** After a stream that failed, so that a server that is down is not asked all the time. */
const RETRY_MS = 100;

/** What has been answered since it was last asked. */
export interface Answered {
  readonly numbers: number;
  /** Batches whose verdicts the named version does not give. */
  readonly wrong: number;
  /** Streams that did not end well. */
  readonly failed: number;
}

export class SoakLoad {
  readonly #batches: SoakBatch[];
  readonly #client: TacetClient;
  readonly #print: (line: string) => void;
  #numbers = 0;
  #wrong = 0;
  #failed = 0;
  #going = true;
  #loops: Promise<void>[] = [];

  constructor(address: string, versions: Versions, print: (line: string) => void) {
    const { keys, verdicts } = questionsOf(versions, BATCH * BATCHES);
    this.#batches = Array.from({ length: BATCHES }, (_, index) => {
      const part = [index * BATCH, (index + 1) * BATCH] as const;
      const expected = [...verdicts].map(
        ([sha256, all]) => [sha256, all.subarray(...part)] as const,
      );
      return { batch: encodeBatch({ keys: keys.subarray(...part) }), expected: new Map(expected) };
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

  /** Begins to stream `numbersPerSecond` in all. */
  start(numbersPerSecond: number): void {
    const everyMs = (BATCH * STREAMS * 1000) / numbersPerSecond;
    this.#loops = Array.from({ length: STREAMS }, async (_, of) => {
      while (this.#going) await this.#stream(of, everyMs, performance.now() + STREAM_MS);
    });
  }

  /** What was answered since the last time. */
  take(): Answered {
    const taken = { numbers: this.#numbers, wrong: this.#wrong, failed: this.#failed };
    this.#numbers = 0;
    this.#wrong = 0;
    this.#failed = 0;
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
          this.#numbers += verdicts.length;
          if (batch.expected.get(sha256)?.equals(verdicts) !== true) this.#wrong++;
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
      this.#failed++;
      this.#print(`a stream failed: ${String(error)}`);
      await pause(RETRY_MS);
    }
  }
}
