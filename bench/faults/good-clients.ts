import { get } from 'node:http';
import { connect } from 'node:http2';
import { type EncodedBatch, encodeBatch } from '#tacet/client/batch.js';
import { TacetClient } from '#tacet/client/client.js';
import { VERDICT_BLOCKED, VERDICT_CALLABLE } from '#tacet/verdict/verdict.js';
import { dedupeService } from '#tacet/wire/service.js';
import { benchQueries } from '../data.js';
import { portOf } from './fault.js';
import { type Beats, Pulse } from './pulse.js';
import { message } from './wire/frames.js';

/** What each list blocks, by the sha256 that answers name it with. */
export type Versions = ReadonlyMap<string, ReadonlySet<number>>;

/** Where a server is reached. */
interface Addresses {
  readonly address: string;
  readonly httpAddress: string;
}

const CHECK_EVERY_MS = 5;
const BATCH_EVERY_MS = 50;
const NEWCOMER_EVERY_MS = 200;
const PROBE_EVERY_MS = 200;
/** A power of two: an odd stride reaches all. */
const QUESTIONS = 4096;
const BATCH = 1000;
const FRAME_HEAD_BYTES = 5;
/** A call that takes longer has failed: the next one has been made long before. */
const PATIENCE_MS = 5000;

/** Numbers of all versions, on the list and not. */
interface Questions {
  readonly keys: Float64Array;
  /** By version: the verdict of each. */
  readonly verdicts: ReadonlyMap<string, Buffer>;
}

/** `count` numbers, an even count, of which each half is drawn from another version. */
export function questionsOf(versions: Versions, count: number): Questions {
  const keys = new Float64Array(count);
  const [first = new Set<number>(), second = first] = [...versions.values()];
  for (const [half, listed] of [first, second].entries()) {
    const known = { known: [...listed], isListed: (key: number) => listed.has(key) };
    keys.set(benchQueries(known, { count: count / 2, seed: half + 7 }), (half * count) / 2);
  }
  const verdict = (key: number, listed: ReadonlySet<number>): number =>
    listed.has(key) ? VERDICT_BLOCKED : VERDICT_CALLABLE;
  const verdicts = [...versions].map(
    ([sha256, listed]) =>
      [sha256, Buffer.from(Array.from(keys, (key) => verdict(key, listed)))] as const,
  );
  return { keys, verdicts: new Map(verdicts) };
}

/** How the good clients fared: those of the gRPC port, and the probe. */
export interface Fared {
  readonly check: Beats;
  readonly batch: Beats;
  readonly newcomer: Beats;
  readonly probe: Beats;
}

/**
 * The clients that must stay served, whatever happens on other connections: checks of one number
 * and batches on a connection that is open, a newcomer with a connection of its own each time, and
 * a probe of `/livez`. Every answer is compared with the truth.
 */
export class GoodClients {
  readonly #client: TacetClient;
  readonly #pulses: { readonly [Name in keyof Fared]: Pulse };
  readonly #questions: Questions;
  #asked = 0;

  /** @param onFailure told of calls without an answer */
  constructor(
    { address, httpAddress }: Addresses,
    versions: Versions,
    onFailure: (who: string, error: unknown) => void = () => undefined,
  ) {
    this.#questions = questionsOf(versions, QUESTIONS);
    this.#client = new TacetClient(address, { retriesMax: 0, timeoutMs: PATIENCE_MS });
    const told = (who: string) => (error: unknown) => onFailure(who, error);
    const batch = encodeBatch({ keys: this.#questions.keys.subarray(0, BATCH) });
    const port = portOf(address);
    this.#pulses = {
      check: new Pulse(CHECK_EVERY_MS, () => this.#check(), told('check')),
      batch: new Pulse(BATCH_EVERY_MS, () => this.#batch(batch), told('batch')),
      newcomer: new Pulse(NEWCOMER_EVERY_MS, () => this.#newcomer(port), told('newcomer')),
      probe: new Pulse(PROBE_EVERY_MS, () => probe(httpAddress), told('probe')),
    };
  }

  async ready(): Promise<void> {
    await this.#client.ready();
  }

  start(): void {
    for (const pulse of Object.values(this.#pulses)) pulse.start();
  }

  /** Resolves once nothing is under way; the connection stays open. */
  async pause(): Promise<void> {
    await Promise.all(Object.values(this.#pulses).map((pulse) => pulse.stop()));
  }

  take(): Fared {
    const { check, batch, newcomer, probe: probed } = this.#pulses;
    return {
      check: check.take(),
      batch: batch.take(),
      newcomer: newcomer.take(),
      probe: probed.take(),
    };
  }

  close(): void {
    this.#client.close();
  }

  /** The next number, and its verdict by version. */
  #question(): { phoneNumber: string; verdictOf(sha256: string | undefined): number | undefined } {
    const { keys, verdicts } = this.#questions;
    // So that both halves get their turn.
    const index = (this.#asked++ * 2053) % QUESTIONS;
    return {
      phoneNumber: `+${keys[index]}`,
      verdictOf: (sha256 = '') => verdicts.get(sha256)?.[index],
    };
  }

  async #check(): Promise<boolean> {
    const { phoneNumber, verdictOf } = this.#question();
    const { verdict, lists } = await this.#client.check({ phoneNumber });
    return verdict === verdictOf(lists[0]?.sha256);
  }

  async #batch(batch: EncodedBatch): Promise<boolean> {
    const call = this.#client.dedupe({ reopensMax: 0 });
    const { verdicts } = await call.send(batch);
    const sha256 = call.versions[0]?.lists[0]?.sha256 ?? '';
    await call.finish();
    const expected = this.#questions.verdicts.get(sha256);
    return expected?.subarray(0, BATCH).equals(verdicts) === true;
  }

  async #newcomer(port: number): Promise<boolean> {
    const { phoneNumber, verdictOf } = this.#question();
    const { requestSerialize, responseDeserialize, path } = dedupeService.Check;
    const request = { phoneNumber, optInDate: '', region: '', advertiser: '' };
    const answer = await callOnce(port, path, message(requestSerialize(request)));
    const { verdict, lists } = responseDeserialize(answer.subarray(FRAME_HEAD_BYTES));
    return verdict === verdictOf(lists[0]?.sha256);
  }
}

/** Makes one call on a connection of its own; resolves with the bytes of the answer. */
function callOnce(port: number, path: string, content: Buffer): Promise<Buffer> {
  const session = connect(`http://127.0.0.1:${port}`);
  const answer = new Promise<Buffer>((resolve, reject) => {
    session.on('error', reject);
    session.once('close', () => reject(new Error('the connection was closed')));
    session.setTimeout(PATIENCE_MS, () => reject(new Error('no answer in time')));
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const parts: Buffer[] = [];
    stream.on('error', reject);
    stream.on('data', (part: Buffer) => parts.push(part));
    stream.once('trailers', (trailers) => {
      if (trailers['grpc-status'] === '0') resolve(Buffer.concat(parts));
      else reject(new Error(`status ${trailers['grpc-status']}`));
    });
    stream.once('close', () => reject(new Error('no status')));
    stream.end(content);
  });
  return answer.finally(() => session.destroy());
}

/** Asks `/livez` on a connection of its own. */
function probe(httpAddress: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = get(`http://${httpAddress}/livez`, { agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
      response.once('error', reject);
    });
    request.setTimeout(PATIENCE_MS, () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
  });
}
