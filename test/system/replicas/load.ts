/** Calls under way while servers come and go, each answer held against the truth of its version. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DedupeCall, ListVersion, TacetClient } from '#tacet/client/index.js';
import { closeListFile, openListFile } from '#tacet/list/list.js';

/** The numbers that are asked for, all of them mobile. */
const NUMBERS = 5000;
const FIRST = 32_475_000_000;
const BATCH_NUMBERS = 200;
/** Between two calls of one loop: enough for the machine to do something else besides. */
const PACE_MS = 4;

/** Which of the numbers a version lists, by its sha256. */
export type Truth = ReadonlyMap<string, (index: number) => boolean>;

/** The entries of a list of those of the numbers that are `listed`. */
export function entriesOf(listed: (index: number) => boolean): Map<number, number> {
  const all = Array.from({ length: NUMBERS }, (_, index) => index);
  return new Map(all.filter(listed).map((index) => [FIRST + index, 0]));
}

/** The version of a list file. */
export async function sha256Of(path: string): Promise<string> {
  const handle = await openListFile(path, { mapping: 'shared' });
  closeListFile(handle);
  return handle.header.sha256;
}

/** What became of the calls of one kind. */
export interface Tally {
  calls: number;
  numbers: number;
  failed: string[];
  wrong: number;
}

const newTally = (): Tally => ({ calls: 0, numbers: 0, failed: [], wrong: 0 });

export class Load {
  readonly checks = newTally();
  readonly batches = newTally();
  readonly streams = newTally();
  /** Streams of all the numbers, from the first again where their version is gone. */
  readonly files = newTally();
  restarts = 0;
  /** How often a stream was opened again, and on how many versions one was at most. */
  reopens = 0;
  versionsMax = 0;
  readonly #client: TacetClient;
  readonly #truth: Truth;
  readonly #loops: Promise<void>[] = [];
  readonly #open = new Set<DedupeCall>();
  #stopped = false;
  #next = 0;

  constructor(client: TacetClient, truth: Truth) {
    this.#client = client;
    this.#truth = truth;
  }

  /** Starts as many loops of each kind. */
  start({ checks = 0, batches = 0, streams = 0, files = 0 }): this {
    for (let i = 0; i < checks; i++) this.#loops.push(this.#loop(() => this.check()));
    for (let i = 0; i < batches; i++) this.#loops.push(this.#loop(() => this.batch()));
    for (let i = 0; i < streams; i++) this.#loops.push(this.#stream());
    for (let i = 0; i < files; i++) this.#loops.push(this.#loop(() => this.file()));
    return this;
  }

  /** Ends all loops, once what they have asked is answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(call: () => Promise<void>): Promise<void> {
    while (!this.#stopped) {
      await call();
      await pause(PACE_MS);
    }
  }

  #take(count: number): number[] {
    const taken = Array.from({ length: count }, (_, i) => (this.#next + i) % NUMBERS);
    this.#next = (this.#next + count) % NUMBERS;
    return taken;
  }

  /** Counts the answers that are not those of the version they name. */
  #judge(tally: Tally, asked: number[], verdicts: Uint8Array, lists: readonly ListVersion[]) {
    const listed = this.#truth.get(lists[0]?.sha256 ?? '');
    tally.numbers += asked.length;
    tally.wrong += Math.abs(asked.length - verdicts.length);
    asked.forEach((index, at) => {
      const expected = listed?.(index) === true ? 2 : 1;
      if (listed === undefined || verdicts[at] !== expected) tally.wrong++;
    });
  }

  /** One number. */
  async check(): Promise<void> {
    const [index = 0] = this.#take(1);
    this.checks.calls++;
    try {
      const { verdict, lists } = await this.#client.check({ phoneNumber: `+${FIRST + index}` });
      this.#judge(this.checks, [index], Uint8Array.of(verdict), lists);
    } catch (error) {
      this.checks.failed.push(String(error));
    }
  }

  /** One batch. */
  async batch(): Promise<void> {
    const asked = this.#take(BATCH_NUMBERS);
    this.batches.calls++;
    try {
      const keys = asked.map((index) => FIRST + index);
      const { verdicts, lists } = await this.#client.batchCheck({ keys });
      this.#judge(this.batches, asked, verdicts, lists);
    } catch (error) {
      this.batches.failed.push(String(error));
    }
  }

  /** How many versions each open stream has been answered from. */
  streamVersions(): number[] {
    return [...this.#open].map(({ versions }) => versions.length);
  }

  /** One stream of `batches`, or for as long as the load goes on. */
  async #stream(batches = Number.POSITIVE_INFINITY): Promise<void> {
    const call = this.#client.dedupe({ onVersionGone: 'record', batchesInFlightMax: 4 });
    this.#open.add(call);
    const asked: number[] = [];
    const answers: Promise<Uint8Array>[] = [];
    this.streams.calls++;
    try {
      for (let sent = 0; sent < batches && !this.#stopped; sent++) {
        const indexes = this.#take(BATCH_NUMBERS);
        asked.push(...indexes);
        const batch = { keys: indexes.map((index) => FIRST + index) };
        const answer = call.send(batch).then(({ verdicts }) => verdicts);
        answer.catch(() => undefined);
        answers.push(answer);
        // Four unanswered: some are always under way when a server goes.
        if (answers.length > 4) await answers.at(-4);
        await pause(PACE_MS);
      }
      await this.#judgeStream(call, asked, Buffer.concat(await Promise.all(answers)));
    } catch (error) {
      this.streams.failed.push(String(error));
    }
    this.#open.delete(call);
    this.reopens += call.reopens;
  }

  async #judgeStream(call: DedupeCall, asked: number[], verdicts: Buffer): Promise<void> {
    const { numbers, versions } = await call.finish();
    // Nothing lost, nothing doubled: as many as were asked, each answered as its place demands.
    this.streams.wrong += Math.abs(numbers - asked.length);
    this.versionsMax = Math.max(this.versionsMax, versions.length);
    for (const { firstNumber, numbers: count, lists } of versions) {
      const end = firstNumber + count;
      const part = asked.slice(firstNumber, end);
      this.#judge(this.streams, part, verdicts.subarray(firstNumber, end), lists);
    }
  }

  /**
   * All the numbers, as a file of them would be: of one version, or not at all. The second half
   * comes once `halfway` is over.
   */
  async file(halfway: Promise<void> = Promise.resolve()): Promise<void> {
    let kept: Uint8Array[] = [];
    this.files.calls++;
    try {
      const batches = this.#client.verdicts(() => pacedTexts(halfway), {
        batchNumbers: BATCH_NUMBERS,
        onRestart: () => {
          kept = [];
          this.restarts++;
        },
      });
      for (;;) {
        const { done, value } = await batches.next();
        if (!done) {
          kept.push(value.verdicts);
          continue;
        }
        const [version, another] = value?.versions ?? [];
        if (another !== undefined || version?.numbers !== NUMBERS) this.files.wrong++;
        const all = Array.from({ length: NUMBERS }, (_, index) => index);
        this.#judge(this.files, all, Buffer.concat(kept), version?.lists ?? []);
        return;
      }
    } catch (error) {
      this.files.failed.push(String(error));
    }
  }

  /** So many calls of each kind, a few at once. */
  async run({ checks = 0, batches = 0, streams = 0, streamBatches = 3 }): Promise<void> {
    await atOnce(8, checks, () => this.check());
    await atOnce(4, batches, () => this.batch());
    await atOnce(3, streams, () => this.#stream(streamBatches));
  }
}

/** All the numbers as text, no faster than the other loops. */
async function* pacedTexts(halfway: Promise<void>): AsyncGenerator<string> {
  for (let index = 0; index < NUMBERS; index++) {
    if (index % BATCH_NUMBERS === 0) await pause(PACE_MS);
    if (index === NUMBERS / 2) await halfway;
    yield `+${FIRST + index}`;
  }
}

/** Calls `call` so many times, at most `most` at once. */
async function atOnce(most: number, times: number, call: () => Promise<void>): Promise<void> {
  let left = times;
  const loop = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: most }, loop));
}
