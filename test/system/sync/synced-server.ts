/** A server that fetches its own list into a store, and the life of that list. */
import { writeFileSync } from 'node:fs';
import { pino } from 'pino';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { TacetServer } from '#tacet/server/server.js';
import { LISTED, TODAY } from '../../server/fixture.ts';
import { type Numbers, numbersUpTo, Place, textOf } from '../../sync/fixture.ts';

const DAY_MS = 86_400_000;
const BELGIUM = 32 * 10 ** 9;
const ADDED = 10;

export class SyncedServer {
  readonly #place: Place;
  readonly #numbers: Numbers;
  readonly server: TacetServer;

  private constructor(place: Place, numbers: Numbers, server: TacetServer) {
    this.#place = place;
    this.#numbers = numbers;
    this.server = server;
  }

  /**
   * Starts one on the version of the day before yesterday, fetched a day ago. It fetches when it
   * starts, which brings yesterday's, and from then on every minute.
   */
  static async start(): Promise<SyncedServer> {
    const place = new Place();
    const numbers = numbersUpTo(TODAY - 2, 3000).set(LISTED - BELGIUM, TODAY - 100);
    const yesterday = { nowMs: () => Date.now() - DAY_MS };
    const { result, message } = await place.sync(textOf(numbers), {}, yesterday);
    if (result !== 'switched') throw new Error(message);
    for (let added = 0; added < ADDED; added++) numbers.set(480_000_000 + added, TODAY - 1);
    place.write('list.txt', textOf(numbers));
    const flags = {
      list: place.store,
      listen: '127.0.0.1:0',
      http: '127.0.0.1:0',
      workers: '1',
      'list-poll': '100ms',
      'sync-from': `file://${place.source}`,
      'sync-schedule': '* * * * *',
      'sync-jitter': '0s',
    };
    const options = readServeOptions({
      flags: Object.fromEntries(Object.entries(flags).map(([flag, text]) => [flag, [text]])),
      environment: {},
      config: undefined,
    });
    const log = pino({ level: 'silent' });
    return new SyncedServer(
      place,
      numbers,
      await TacetServer.start(options, { version: '0.0.0-test', log }),
    );
  }

  /** The next file has lost half of its numbers, and the guard refuses it within a minute. */
  halveSource(): void {
    const half = [...this.#numbers].slice(0, this.#numbers.size / 2);
    this.#place.write('list.txt', textOf(new Map(half)));
  }

  /** An officer decides that the list may be used for two hours whatever its age. */
  override(): void {
    const atUnix = Math.floor(Date.now() / 1000);
    const override = { by: 'An Officer', reason: 'a test', atUnix, untilUnix: atUnix + 7200 };
    writeFileSync(this.#place.file('store/override.json'), JSON.stringify(override));
  }

  async stop(): Promise<void> {
    await this.server.stop();
    this.#place.remove();
  }
}
