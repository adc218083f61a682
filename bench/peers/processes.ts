import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** `build/peers`: what `bench/peers/install.sh` made. This file is `build/bench/peers/...`. */
const PEERS = new URL('../../peers/', import.meta.url);
/** The `tacet` command. */
export const TACET = [process.execPath, fileURLToPath(import.meta.resolve('#tacet/cli/index.js'))];
/** No single command may take longer. */
const COMMAND_TIMEOUT_MS = 600_000;
/** Linux counts CPU time in these; 100 a second on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

/** One of the C++ programs. */
export function program(name: string): string {
  return fileURLToPath(new URL(`bin/${name}`, PEERS));
}

/** A script of this folder, to be run by Node in a process of its own. */
export function script(name: string): string[] {
  return [process.execPath, fileURLToPath(new URL(name, import.meta.url))];
}

/** Where the npm packages of the peers are resolved from. */
export const PEERS_PACKAGE = new URL('package.json', PEERS);

/** What runs, to be ended when this process is told to end. */
const running = new Set<ChildProcess>();

/** Ends everything that was started, at once. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

function watch(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Runs a command to its end; resolves with its output, rejects with its error text. */
export async function run(command: readonly string[]): Promise<string> {
  const [file = '', ...args] = command;
  const ended = promisify(execFile)(file, args, {
    timeout: COMMAND_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 24,
  });
  watch(ended.child);
  return (await ended).stdout;
}

/** What a command took: its greatest resident memory, children included. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memoryMib: number;
}

/** Runs a command under `measure`, which writes the cost into `report`. */
export async function cost(command: readonly string[], report: string): Promise<Cost> {
  await run([program('measure'), report, ...command]);
  // Written by measure.cc, which has these three fields.
  return JSON.parse(await readFile(report, 'utf8')) as Cost;
}

/**
 * Runs a command and tells what it took without `measure`, its CPU in hundredths of a second. No
 * other child of this process may end meanwhile.
 */
export async function costHere(
  command: readonly string[],
): Promise<{ seconds: number; cpuSeconds: number }> {
  const cpuBefore = cpuSecondsOf(process.pid, CHILDREN);
  const startMs = performance.now();
  await run(command);
  const seconds = (performance.now() - startMs) / 1000;
  return { seconds, cpuSeconds: cpuSecondsOf(process.pid, CHILDREN) - cpuBefore };
}

/** What a load client reports; the latencies only where it was asked for them. */
export interface LoadResult {
  readonly numbers: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly messages: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  readonly p999Us?: number;
}

/** Runs a load client, `load` or `pipe`; it fails on the first wrong answer. */
export async function load(
  name: 'load' | 'pipe',
  flags: Readonly<Record<string, string | number>>,
): Promise<LoadResult> {
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
  // Written by load.h, which has these fields.
  return JSON.parse(await run([program(name), ...args])) as LoadResult;
}

/** How long a server may take to be ready; the largest lists are indexed in half a minute. */
const START_TIMEOUT_MS = 180_000;

/** How glibc keeps freed memory, as the units and the image of `deploy` set it. */
const MALLOC = {
  MALLOC_TRIM_THRESHOLD_: '134217728',
  MALLOC_MMAP_THRESHOLD_: '33554432',
  MALLOC_TOP_PAD_: '16777216',
};

/** A server in a process of its own, so that its CPU and memory can be told from the client's. */
export class Server {
  /** What the parentheses of `ready` matched. */
  readonly address: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, address: string) {
    this.#child = child;
    this.address = address;
  }

  /** Starts a server; resolves once a line of its output matches `ready`. */
  static async start(command: readonly string[], ready: RegExp): Promise<Server> {
    const [file = '', ...args] = command;
    const env = { ...process.env, ...MALLOC };
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    watch(child);
    const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    try {
      // Piped, above.
      for await (const line of createInterface({ input: child.stdout! })) {
        const found = ready.exec(line);
        if (found === null) continue;
        child.stdout?.resume();
        return new Server(child, found[1] ?? '');
      }
    } finally {
      clearTimeout(timer);
    }
    throw new Error(`${file} did not start`);
  }

  /** @param tacet the command of another checkout, say */
  static tacet(
    list: string,
    flags: readonly string[] = [],
    tacet: readonly string[] = TACET,
  ): Promise<Server> {
    const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--disclose-dates'];
    return Server.start([...tacet, 'serve', '--list', list, ...ports, ...flags], /^gRPC +(\S+)/);
  }

  /** Seconds of CPU all its threads have used, and its child processes where it has any. */
  cpuSeconds(): number {
    const { pid } = this.#child;
    // The children first: the time of one that ends meanwhile is then found with its parent.
    const ofChildren = childrenOf(pid).map((child) => {
      try {
        return cpuSecondsOf(child);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
        throw error;
      }
    });
    return ofChildren.reduce((sum, seconds) => sum + seconds, cpuSecondsOf(pid));
  }

  /** Its proportional set size in MiB: memory shared with others counts in part. */
  pssMib(): number {
    const rollup = readFileSync(`/proc/${this.#child.pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}

/** Which of the fields 14 to 17, utime, stime, cutime, cstime, make up a CPU time. */
const OWN_AND_CHILDREN = [0, 4] as const;
/** Of children that have ended. */
const CHILDREN = [2, 4] as const;

function cpuSecondsOf(
  pid: number | undefined,
  times: readonly [number, number] = OWN_AND_CHILDREN,
): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field may hold spaces but ends with ")".
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields
    .slice(11, 15)
    .slice(...times)
    .map(Number);
  return ticks.reduce((total, value) => total + value, 0) / TICKS_PER_SECOND;
}

function childrenOf(pid: number | undefined): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((text) => text.trim() !== '')
      .map(Number),
  );
}
