/**
 * A server under half of what the machine can do, for as long as you like: its list swapped once
 * and one of its workers crashed once a minute, every answer compared with the truth of the version
 * it names. With `--faults` one of the catalogue is drawn and played every few seconds.
 *
 *     node build/bench/soak.js [--minutes 30] [--entries 1500000] [--faults [--seed 1]]
 *
 * Ends with a verdict and exit code 1 if an answer was wrong, the server ended, a good client was
 * without an answer for 2 s, a scrape failed, the memory (Pss) of the last five minutes is more
 * than 5 % from that of the five from the fifth on, it grows by 1 MiB an hour after the first 15
 * minutes (in soaks of an hour or more), or the open files differ.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '#tacet/sample/random.js';
import { withFolder } from './data.js';
import { AttackerProcess } from './faults/attacker-process.js';
import { FAULTS } from './faults/catalogue.js';
import type { Fault, Target } from './faults/fault.js';
import { GoodClients } from './faults/good-clients.js';
import { CRASH_SIGNAL, swapList } from './faults/process.js';
import { percentile } from './faults/pulse.js';
import { SETTLE_MS, startTarget, targetOf, writeMasterLists } from './faults/trials.js';
import type { Look, ServerProcess } from './server-process.js';
import { SoakLoad } from './soak-load.js';
import {
  judge,
  lineOf,
  median,
  type PssPoint,
  type SoakMinute,
  type SoakResult,
  TABLE_HEAD,
} from './soak-verdict.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly entries: number;
  readonly print: (line: string) => void;
  /** What is drawn from; default nothing. */
  readonly faults?: readonly Fault[];
  /** Of what is drawn when. */
  readonly seed?: number;
  /** How long a fault is played. */
  readonly faultMs?: number;
  /** For a short look: what counts as a minute, how often is scraped, how long is calibrated. */
  readonly minuteMs?: number;
  readonly scrapeMs?: number;
  readonly calibrateMs?: number;
}

/** Calls that failed are counted all; so many say why. */
const FAILURES_TOLD = 50;

const DEFAULTS = {
  faults: [],
  seed: 1,
  faultMs: 2000,
  minuteMs: 60_000,
  scrapeMs: 5000,
  calibrateMs: 5000,
};

export async function run(options: SoakOptions): Promise<SoakResult> {
  return withFolder(async (folder) => {
    const { list, masters, versions } = await writeMasterLists(folder, options.entries);
    const server = await startTarget(list);
    let soak: Soak | undefined;
    try {
      let told = 0;
      const tell = (line: string): void => void (told++ < FAILURES_TOLD && options.print(line));
      const clients = new GoodClients(server, versions, (who, error) =>
        tell(`a ${who} failed: ${String(error)}`),
      );
      const load = new SoakLoad(server.address, versions, tell);
      soak = new Soak({ ...DEFAULTS, ...options }, { server, load, clients }, { list, masters });
      return await soak.run();
    } finally {
      await soak?.stop();
      await server.stop();
    }
  });
}

/** What a soak is made of. */
interface SoakParts {
  readonly server: ServerProcess;
  readonly load: SoakLoad;
  readonly clients: GoodClients;
}

class Soak {
  readonly #options: Required<SoakOptions>;
  readonly #parts: SoakParts;
  readonly #target: Target;
  readonly #attacker: AttackerProcess | undefined;
  readonly #random: Random;
  readonly #points: PssPoint[] = [];
  #drawn: Fault[] = [];
  #startMs = 0;
  #going = true;
  #failedScrapes = 0;
  #faults = 0;
  #looks: Look[] = [];

  constructor(
    options: Required<SoakOptions>,
    parts: SoakParts,
    lists: Pick<Target, 'list' | 'masters'>,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#target = targetOf(parts.server, lists);
    this.#random = new Random(options.seed, 0);
    if (options.faults.length > 0) this.#attacker = new AttackerProcess();
  }

  async run(): Promise<SoakResult> {
    const { minutes, minuteMs, calibrateMs, print } = this.#options;
    const { load, clients, server } = this.#parts;
    await load.calibrate(calibrateMs);
    const most = await load.calibrate(calibrateMs);
    print(`most: ${(most / 1e6).toFixed(1)} M numbers/s; half of it from now on, and good clients`);
    for (const line of TABLE_HEAD) print(line);
    load.start(most / 2);
    clients.start();
    const rows: SoakMinute[] = [];
    this.#startMs = performance.now();
    const looking = this.#lookOn();
    for (let minute = 0; minute < minutes && server.isAlive; minute++) {
      const row = await this.#minute(minute, this.#startMs + (minute + 1) * minuteMs);
      rows.push(row);
      print(lineOf(minute + 1, row));
    }
    this.#going = false;
    await looking;
    return judge(rows, this.#points, { isAlive: server.isAlive, print });
  }

  async stop(): Promise<void> {
    const { load, clients } = this.#parts;
    this.#going = false;
    await this.#attacker?.stop();
    await Promise.all([load.stop(), clients.pause()]);
    clients.close();
  }

  /** Swaps the list after a quarter, crashes a worker after half of it. */
  async #minute(minute: number, endMs: number): Promise<SoakMinute> {
    const { minuteMs } = this.#options;
    const { list, masters, pid } = this.#target;
    const startMs = performance.now();
    await this.#until(endMs - minuteMs * 0.75);
    const master = masters[(minute + 1) % masters.length] ?? list;
    if (this.#parts.server.isAlive) swapList(list, master, pid);
    await this.#until(endMs - minuteMs * 0.5);
    this.#parts.server.signal(CRASH_SIGNAL);
    await this.#until(endMs);
    return this.#rowOf(performance.now() - startMs);
  }

  async #until(atMs: number): Promise<void> {
    await pause(Math.max(0, atMs - performance.now()));
  }

  /** Looks again and again; each time a fault is played before, and given time to be over. */
  async #lookOn(): Promise<void> {
    while (this.#going && this.#parts.server.isAlive) {
      if (this.#attacker === undefined) {
        await pause(this.#options.scrapeMs);
      } else {
        await this.#playOne(this.#attacker);
        await pause(SETTLE_MS);
      }
      if (this.#going && this.#parts.server.isAlive) await this.#look();
    }
  }

  /** All faults are drawn once, in random order, before one is drawn again. */
  async #playOne(attacker: AttackerProcess): Promise<void> {
    const { faults, faultMs, print } = this.#options;
    if (this.#drawn.length === 0) this.#drawn = [...faults];
    const [fault] = this.#drawn.splice(this.#random.below(this.#drawn.length), 1);
    if (fault === undefined) return;
    const seed = this.#random.next();
    const order = { fault: fault.name, target: this.#target, ms: faultMs, seed };
    try {
      await attacker.play(order);
      this.#faults++;
    } catch (error) {
      if (this.#going) print(`${fault.name} could not be played: ${String(error)}`);
    }
  }

  async #look(): Promise<void> {
    try {
      const look = await this.#parts.server.look();
      this.#looks.push(look);
      const minute = (performance.now() - this.#startMs) / this.#options.minuteMs;
      this.#points.push({ minute, pssMib: look.pssMib });
    } catch (error) {
      this.#failedScrapes++;
      this.#options.print(`a scrape failed: ${String(error)}`);
    }
  }

  #rowOf(ms: number): SoakMinute {
    const answered = this.#parts.load.take();
    const { check, batch, newcomer, probe } = this.#parts.clients.take();
    const all = [check, batch, newcomer, probe];
    const looks = this.#looks.splice(0);
    const row = {
      numbers: answered.numbers,
      millionsPerSecond: answered.numbers / ms / 1000,
      wrong: all.reduce((sum, one) => sum + one.wrong, answered.wrong),
      failed: all.reduce((sum, one) => sum + one.failed, answered.failed),
      failedScrapes: this.#failedScrapes,
      unservedMs: Math.max(...all.map(({ unservedMs }) => unservedMs)),
      pssMib: median(looks.map(({ pssMib }) => pssMib)),
      openFiles: median(looks.map(({ openFiles }) => openFiles)),
      checkP99Ms: percentile(check.ms, 0.99),
      faults: this.#faults,
      restarts: looks.at(-1)?.restarts ?? Number.NaN,
      reloads: looks.at(-1)?.reloads ?? Number.NaN,
    };
    this.#failedScrapes = 0;
    this.#faults = 0;
    return row;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      entries: { type: 'string', default: '1500000' },
      faults: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  if (values.faults) console.log(`seed ${values.seed}`);
  const { isGood } = await run({
    minutes: Number(values.minutes),
    entries: Number(values.entries),
    faults: values.faults ? FAULTS : [],
    seed: Number(values.seed),
    print: (line) => console.log(line),
  });
  if (!isGood) process.exitCode = 1;
}
