import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const { resolve } = createRequire(import.meta.url);
const CLI = resolve('#tacet/cli/index.js');
/** Linux counts CPU time in these; 100 a second on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** Flags of Node for a server that can tell {@link ServerProcess.loopHeldMs}. */
export const LOOP_PROBE = [
  '--import',
  `data:text/javascript,
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  process.on('message', () => {
    process.send(delay.max / 1e6);
    delay.reset();
  });
  process.channel.unref();
}`.replaceAll('\n', ''),
];

/** What the kernel calls the threads of the pool of a server with {@link WORKER_NAMES}. */
export const WORKER = 'pool-worker';

/**
 * Flags of Node with which each thread of the pool gives itself the name {@link WORKER}. Without it
 * nothing tells them apart on every Node: before 24 all threads are called `node`, and which of
 * them start last, these or those of libuv, is another question of version.
 */
export const WORKER_NAMES = [
  '--import',
  `data:text/javascript,
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (!isMainThread) writeFileSync('/proc/thread-self/comm', '${WORKER}');`.replaceAll('\n', ''),
];

/** Flags of Node for a server whose event loop answers no batch itself. */
export const WORKERS_ONLY = [
  '--import',
  `data:text/javascript,
import { TUNING } from '${pathToFileURL(resolve('#tacet/server/tuning.js'))}';
TUNING.inlineBytesMax = 0;`.replaceAll('\n', ''),
];

/** What a server has open, in use and in memory. */
export interface Look {
  readonly openFiles: number;
  /** Of the gRPC port. */
  readonly connections: number;
  readonly calls: number;
  readonly restarts: number;
  readonly reloads: number;
  readonly pssMib: number;
}

const SCRAPE_TIMEOUT_MS = 5000;

/** A `tacet serve` of its own process, so that its CPU and memory can be told from the client's. */
export class ServerProcess {
  readonly address: string;
  /** Of /metrics and the probes. */
  readonly httpAddress: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, addresses: { grpc: string; http: string }) {
    this.#child = child;
    this.address = addresses.grpc;
    this.httpAddress = addresses.http;
  }

  /** Starts a server of `list` on a free port, with flags for `node`; resolves once it answers. */
  static async start(
    list: string,
    flags: readonly string[] = [],
    nodeFlags: readonly string[] = [],
  ): Promise<ServerProcess> {
    const args = [
      'serve',
      '--list',
      list,
      '--listen',
      '127.0.0.1:0',
      '--http',
      '127.0.0.1:0',
      '--log-level',
      'error',
    ];
    const child = spawn(process.execPath, [...nodeFlags, CLI, ...args, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    // Piped, one line above.
    const lines = createInterface({ input: child.stdout! });
    let grpc = '';
    for await (const line of lines) {
      grpc = /^gRPC +(\S+)$/.exec(line)?.[1] ?? grpc;
      const http = /^HTTP +(\S+)/.exec(line)?.[1];
      if (http !== undefined) return new ServerProcess(child, { grpc, http });
    }
    throw new Error('the server did not start: its own message stands above');
  }

  /** Seconds of CPU all its threads have used. */
  cpuSeconds(): number {
    return cpuSecondsOf(`/proc/${this.#child.pid}/stat`);
  }

  /** Seconds of CPU that its threads have used, by kind; `workers` needs {@link WORKER_NAMES}. */
  threadCpuSeconds(): { eventLoop: number; workers: number[]; others: number } {
    const folder = `/proc/${this.#child.pid}/task`;
    const seconds = { eventLoop: 0, workers: [] as number[], others: 0 };
    for (const id of readdirSync(folder)) {
      const used = cpuSecondsOf(`${folder}/${id}/stat`);
      // The event loop is the first thread of its process, and has its id.
      if (id === String(this.#child.pid)) seconds.eventLoop = used;
      else if (readFileSync(`${folder}/${id}/comm`, 'utf8').trim() === WORKER)
        seconds.workers.push(used);
      else seconds.others += used;
    }
    return seconds;
  }

  /** Its proportional set size in MiB: memory shared with others counts in part. */
  pssMib(): number {
    const rollup = readFileSync(`/proc/${this.#child.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
  }

  /** For how many ms at most its event loop was held since this was last asked. LOOP_PROBE only. */
  async loopHeldMs(): Promise<number> {
    this.#child.send('held?');
    const [heldMs] = await once(this.#child, 'message');
    return heldMs;
  }

  /** How often `path` occurs among its open files, and among its mappings. */
  uses(path: string): { readonly files: number; readonly maps: number } {
    const folder = `/proc/${this.#child.pid}`;
    const files = readdirSync(`${folder}/fd`).filter((fd) => {
      try {
        return readlinkSync(`${folder}/fd/${fd}`).startsWith(path);
      } catch {
        return false; // Closed meanwhile.
      }
    });
    const maps = readFileSync(`${folder}/maps`, 'utf8').split(path).length - 1;
    return { files: files.length, maps };
  }

  /**
   * Looks at its process, and scrapes it. Every scrape has a connection of its own, so that it is
   * not among the open files. Rejects if there is no answer, or a series is missing.
   */
  async look(): Promise<Look> {
    const [pssMib, openFiles] = [this.pssMib(), this.openFiles()];
    const response = await fetch(`http://${this.httpAddress}/metrics`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
    });
    const lines = (await response.text()).split('\n');
    /** The sum of a metric over its labels. */
    const value = (series: string): number => {
      const found = lines.filter(
        (line) => line.startsWith(series) && /^[{ ]/.test(line.slice(series.length)),
      );
      if (found.length === 0) throw new Error(`there is no series ${series}`);
      return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    };
    return {
      connections: value('tacet_connections'),
      calls: value('tacet_calls_in_flight'),
      restarts: value('tacet_worker_restarts_total'),
      reloads: value('tacet_list_reloads_total{outcome="swapped"}'),
      pssMib,
      openFiles,
    };
  }

  /** How many file descriptors it has open. */
  openFiles(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length;
  }

  get pid(): number {
    // It was started: its first lines have been read.
    return this.#child.pid as number;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (!this.isAlive) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}

/** @param file `stat` of a process or a thread */
function cpuSecondsOf(file: string): number {
  const stat = readFileSync(file, 'utf8');
  // Fields 14 and 15, utime and stime; the second field may hold spaces but ends with ")".
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
