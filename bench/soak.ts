/**
 * A server under half of what the machine can do, for as long as you like: scraped every 5 s, its
 * list swapped once and one of its workers crashed once a minute, every answer compared with the
 * truth of the version it names.
 *
 *     node build/bench/soak.js [--minutes 30] [--entries 1500000]
 *
 * Ends with a verdict and exit code 1 if an answer was wrong, a scrape failed, the memory (Pss)
 * of the last five minutes is more than 5 % from that of the five from the fifth on, or the open
 * files differ.
 */
import { copyFileSync, renameSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { withFolder, writeBenchList } from './data.js';
import { ServerProcess } from './server-process.js';
import { SoakLoad } from './soak-load.js';

export interface SoakOptions {
  readonly minutes: number;
  readonly entries: number;
  readonly print: (line: string) => void;
  /** For a short look: what counts as a minute, how often is scraped, how long is calibrated. */
  readonly minuteMs?: number;
  readonly scrapeMs?: number;
  readonly calibrateMs?: number;
}

/** One minute. */
export interface SoakMinute {
  readonly numbers: number;
  readonly millionsPerSecond: number;
  readonly wrong: number;
  readonly failedScrapes: number;
  /** Medians over the minute's scrapes. */
  readonly pssMib: number;
  readonly openFiles: number;
  readonly checkP99Ms: number;
  /** Since the start, as the server says. */
  readonly restarts: number;
  readonly reloads: number;
}

export interface SoakResult {
  readonly minutes: readonly SoakMinute[];
  readonly isGood: boolean;
  /** Of the last minutes against those they are compared with. */
  readonly pssDrift: number;
}

/** The oldest thread of the server ends at SIGUSR2, as if it had crashed. */
const CRASH_ON_SIGNAL = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) {
    const threads = new Set();
    process.on('worker', (thread) => {
      threads.add(thread);
      thread.once('exit', () => threads.delete(thread));
    });
    process.on('SIGUSR2', () => [...threads][0]?.terminate());
  }`)}`;

const PSS_DRIFT_MAX = 0.05;
/** By then caches are warm and V8 has settled. */
const COMPARED_MINUTE = 5;
/** A single minute is up to 9 % from the next, by the garbage that there happens to be. */
const COMPARED_MINUTES = 5;
const SCRAPE_TIMEOUT_MS = 5000;
const TOTALS = 'restarts | reloads';

export async function run(options: SoakOptions): Promise<SoakResult> {
  return withFolder(async (folder) => {
    const masters = [`${folder}/even.tacet`, `${folder}/odd.tacet`] as const;
    const versions = new Map<string, ReadonlySet<number>>();
    for (const [seed, path] of masters.entries()) {
      const listed = await writeBenchList(path, { entries: options.entries, seed: seed + 1 });
      versions.set(await sha256Of(path), listed);
    }
    const list = `${folder}/list.tacet`;
    copyFileSync(masters[0], list);
    const server = await ServerProcess.start(list, [], ['--import', CRASH_ON_SIGNAL]);
    let load: SoakLoad | undefined;
    try {
      load = new SoakLoad(server.address, versions, options.print);
      // What they block is known by now.
      versions.clear();
      const soak = new Soak(options, server, load, (minute) => {
        // A file of its own each time, as a new list is.
        copyFileSync(masters[minute % 2 === 0 ? 1 : 0], `${list}.next`);
        renameSync(`${list}.next`, list);
        server.signal('SIGHUP');
      });
      return await soak.run();
    } finally {
      await load?.stop();
      await server.stop();
    }
  });
}

async function sha256Of(path: string): Promise<string> {
  const handle = await openListFile(path);
  closeListFile(handle);
  return handle.header.sha256;
}

/** What is read of a server at each scrape. */
interface Look {
  readonly pssMib: number;
  readonly openFiles: number;
  readonly restarts: number;
  readonly reloads: number;
}

class Soak {
  readonly #options: Required<SoakOptions>;
  readonly #server: ServerProcess;
  readonly #load: SoakLoad;
  readonly #swap: (minute: number) => void;
  #failedScrapes = 0;
  #looks: Look[] = [];

  constructor(
    options: SoakOptions,
    server: ServerProcess,
    load: SoakLoad,
    swap: (minute: number) => void,
  ) {
    this.#options = { minuteMs: 60_000, scrapeMs: 5000, calibrateMs: 5000, ...options };
    this.#server = server;
    this.#load = load;
    this.#swap = swap;
  }

  async run(): Promise<SoakResult> {
    const { minutes, minuteMs, calibrateMs, print } = this.#options;
    await this.#load.calibrate(calibrateMs);
    const most = await this.#load.calibrate(calibrateMs);
    print(`most: ${millions(most)} M numbers/s; half of it from now on, and single checks`);
    print(
      '| minute | numbers | M/s | wrong | failed scrapes | Pss MiB | open files | ' +
        `p99 of Check | ${TOTALS} |`,
    );
    print('|---|---|---|---|---|---|---|---|---|---|');
    this.#load.start(most / 2);
    const rows: SoakMinute[] = [];
    const startMs = performance.now();
    for (let minute = 0; minute < minutes; minute++) {
      const row = await this.#minute(minute, startMs + (minute + 1) * minuteMs);
      rows.push(row);
      print(lineOf(minute + 1, row));
    }
    return this.#judge(rows);
  }

  /** Swaps the list after a quarter, crashes a worker after half of it. */
  async #minute(minute: number, endMs: number): Promise<SoakMinute> {
    const { minuteMs, scrapeMs } = this.#options;
    const swapAtMs = endMs - minuteMs * 0.75;
    const crashAtMs = endMs - minuteMs * 0.5;
    const events = [
      { atMs: swapAtMs, happen: () => this.#swap(minute) },
      { atMs: crashAtMs, happen: () => this.#server.signal('SIGUSR2') },
    ];
    for (let at = endMs - minuteMs + scrapeMs; at <= endMs; at += scrapeMs) {
      events.push({ atMs: at, happen: () => void this.#look() });
    }
    const startMs = performance.now();
    for (const { atMs, happen } of events.sort((a, b) => a.atMs - b.atMs)) {
      await pause(Math.max(0, atMs - performance.now()));
      happen();
    }
    await pause(Math.max(0, endMs - performance.now()));
    return this.#rowOf(performance.now() - startMs);
  }

  /** Every look opens a connection and closes it, so that it is not among the open files. */
  async #look(): Promise<void> {
    const { pssMib, openFiles } = {
      pssMib: this.#server.pssMib(),
      openFiles: this.#server.openFiles(),
    };
    try {
      const response = await fetch(`http://${this.#server.httpAddress}/metrics`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
      });
      const text = await response.text();
      const value = (series: string): number =>
        Number(
          text
            .split('\n')
            .find((line) => line.startsWith(`${series} `))
            ?.split(' ')[1],
        );
      const restarts = value('tacet_worker_restarts_total');
      const reloads = value('tacet_list_reloads_total{outcome="swapped"}');
      if (Number.isNaN(restarts + reloads)) throw new Error('a series is missing');
      this.#looks.push({ pssMib, openFiles, restarts, reloads });
    } catch (error) {
      this.#failedScrapes++;
      this.#options.print(`a scrape failed: ${String(error)}`);
    }
  }

  #rowOf(ms: number): SoakMinute {
    const { numbers, wrong, checkMs } = this.#load.take();
    const looks = this.#looks.splice(0);
    const failedScrapes = this.#failedScrapes;
    this.#failedScrapes = 0;
    return {
      numbers,
      millionsPerSecond: numbers / ms / 1000,
      wrong,
      failedScrapes,
      pssMib: median(looks.map(({ pssMib }) => pssMib)),
      openFiles: median(looks.map(({ openFiles }) => openFiles)),
      checkP99Ms: checkMs[Math.floor(checkMs.length * 0.99)] ?? Number.NaN,
      restarts: looks.at(-1)?.restarts ?? Number.NaN,
      reloads: looks.at(-1)?.reloads ?? Number.NaN,
    };
  }

  #judge(rows: readonly SoakMinute[]): SoakResult {
    const total = (of: (row: SoakMinute) => number): number =>
      rows.reduce((sum, row) => sum + of(row), 0);
    const wrong = total((row) => row.wrong);
    const failed = total((row) => row.failedScrapes);
    const compared = rows.length > COMPARED_MINUTE ? COMPARED_MINUTE - 1 : 0;
    const pssOf = (minutes: readonly SoakMinute[]): number =>
      median(minutes.map(({ pssMib }) => pssMib));
    const first = rows.slice(compared, compared + COMPARED_MINUTES);
    const pssDrift = pssOf(rows.slice(-COMPARED_MINUTES)) / pssOf(first) - 1;
    const last = rows.at(-1);
    const files = new Set(rows.slice(compared).map(({ openFiles }) => openFiles));
    const isGood =
      wrong === 0 && failed === 0 && Math.abs(pssDrift) <= PSS_DRIFT_MAX && files.size === 1;
    this.#options.print(
      `${isGood ? 'GOOD' : 'BAD'}: ${total((row) => row.numbers)} numbers, ${wrong} wrong, ` +
        `${failed} scrapes failed, Pss ${(pssDrift * 100).toFixed(1)} % from minute ` +
        `${compared + 1} to ${rows.length} (medians of ${COMPARED_MINUTES} minutes), ` +
        `open files ${[...files].join(' or ')}, ` +
        `${last?.restarts} workers restarted, ${last?.reloads} lists swapped`,
    );
    return { minutes: rows, isGood, pssDrift };
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const millions = (count: number): string => (count / 1e6).toFixed(1);

function lineOf(minute: number, row: SoakMinute): string {
  const cells = [
    minute,
    row.numbers,
    row.millionsPerSecond.toFixed(1),
    row.wrong,
    row.failedScrapes,
    row.pssMib.toFixed(0),
    row.openFiles,
    `${row.checkP99Ms.toFixed(1)} ms`,
    row.restarts,
    row.reloads,
  ];
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      entries: { type: 'string', default: '1500000' },
    },
  });
  const { isGood } = await run({
    minutes: Number(values.minutes),
    entries: Number(values.entries),
    print: (line) => console.log(line),
  });
  if (!isGood) process.exitCode = 1;
}
