import { copyFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { closeListFile, openListFile } from '#tacet/list/list.js';
import { writeBenchList } from '../data.js';
import { type Look, ServerProcess } from '../server-process.js';
import { AttackerProcess } from './attacker-process.js';
import { type Attacked, type Fault, portOf, type Target } from './fault.js';
import { type Fared, GoodClients, type Versions } from './good-clients.js';
import { CRASH_ON_SIGNAL } from './process.js';
import { percentile } from './pulse.js';

/** How one fault was borne. */
export interface Trial {
  readonly fault: string;
  readonly attacked: Attacked;
  /** Of Check, in ms: just before (NaN if nothing was asked), and meanwhile. */
  readonly calmP99Ms: number;
  readonly p99Ms: number;
  /** Answers that were not the truth, of all good clients. */
  readonly wrong: number;
  readonly failed: number;
  /** The longest time without an answer: of calls on open connections, of newcomers, of probes. */
  readonly unservedMs: number;
  readonly newcomerUnservedMs: number;
  readonly probeUnservedMs: number;
  /** The most memory (Pss) meanwhile and afterwards, over that before, in MiB. */
  readonly grownMib: number;
  /** What was not there before and still was 2 s after the end; '' if nothing. */
  readonly left: string;
  /** How long after the end everything was gone, in ms. */
  readonly settledMs: number;
  readonly isAlive: boolean;
}

/** How soon nothing of a fault may be left. */
export const SETTLE_MS = 2000;
const LOOK_EVERY_MS = 50;
const PSS_EVERY_MS = 250;
const WARM_UP_MS = 2000;

/** Two lists that take turns, and what each of them blocks. */
export interface MasterLists {
  readonly list: string;
  readonly masters: readonly [string, string];
  readonly versions: Versions;
}

/** Writes two lists of `entries` numbers into a folder, the first also as the one to be served. */
export async function writeMasterLists(folder: string, entries: number): Promise<MasterLists> {
  const masters = [`${folder}/even.tacet`, `${folder}/odd.tacet`] as const;
  const versions = new Map<string, ReadonlySet<number>>();
  for (const [seed, path] of masters.entries()) {
    const listed = await writeBenchList(path, { entries, seed: seed + 1 });
    const handle = await openListFile(path);
    closeListFile(handle);
    versions.set(handle.header.sha256, listed);
  }
  const list = `${folder}/list.tacet`;
  copyFileSync(masters[0], list);
  return { list, masters: [...masters], versions };
}

/** Starts a server whose workers crash when told to. */
export function startTarget(list: string, flags: readonly string[] = []): Promise<ServerProcess> {
  return ServerProcess.start(list, flags, ['--import', CRASH_ON_SIGNAL]);
}

/** A server, good clients, and an attacker: each a process of its own but for the clients. */
export class Trials {
  readonly #server: ServerProcess;
  readonly #clients: GoodClients;
  readonly #attacker = new AttackerProcess();
  readonly #target: Target;

  private constructor(server: ServerProcess, clients: GoodClients, target: Target) {
    this.#server = server;
    this.#clients = clients;
    this.#target = target;
  }

  /** @param onFailure told of good calls that got no answer */
  static async start(
    folder: string,
    entries: number,
    onFailure: (who: string, error: unknown) => void,
  ): Promise<Trials> {
    const { list, masters, versions } = await writeMasterLists(folder, entries);
    const server = await startTarget(list);
    const clients = new GoodClients(server, versions, onFailure);
    const trials = new Trials(server, clients, targetOf(server, { list, masters }));
    try {
      await clients.ready();
      // Until the code is compiled and the heap has its size.
      await trials.#serve(WARM_UP_MS);
    } catch (error) {
      await trials.stop();
      throw error;
    }
    return trials;
  }

  async stop(): Promise<void> {
    await this.#attacker.stop();
    this.#clients.close();
    await this.#server.stop();
  }

  /** Plays a fault for `ms`, after `calmMs` without one. */
  async play(
    { name }: Fault,
    { ms, calmMs, seed }: { ms: number; calmMs: number; seed: number },
  ): Promise<Trial> {
    const calm = await this.#serve(calmMs);
    const before = await this.#server.look();
    const pss = this.#watchPss();
    try {
      const order = { fault: name, target: this.#target, ms, seed };
      this.#clients.start();
      const attacked = await this.#attacker.play(order).finally(() => this.#clients.pause());
      const fared = this.#clients.take();
      const { left, settledMs } = await this.#settle(before);
      return {
        fault: name,
        attacked,
        calmP99Ms: percentile(calm.check.ms, 0.99),
        p99Ms: percentile(fared.check.ms, 0.99),
        ...summed(fared),
        grownMib: pss.most() - before.pssMib,
        left,
        settledMs,
        isAlive: this.#server.isAlive,
      };
    } finally {
      pss.stop();
    }
  }

  async #serve(ms: number): Promise<Fared> {
    this.#clients.start();
    await pause(ms);
    await this.#clients.pause();
    return this.#clients.take();
  }

  #watchPss(): { most(): number; stop(): void } {
    let most = 0;
    const look = (): void => {
      if (this.#server.isAlive) most = Math.max(most, this.#server.pssMib());
    };
    const timer = setInterval(look, PSS_EVERY_MS);
    return {
      most: () => {
        look();
        return most;
      },
      stop: () => clearInterval(timer),
    };
  }

  async #settle(before: Look): Promise<{ left: string; settledMs: number }> {
    const endMs = performance.now();
    for (;;) {
      const left = await this.#server.look().then(
        (now) => leftOf(before, now),
        (error: unknown) => `no scrape: ${String(error)}`,
      );
      const settledMs = performance.now() - endMs;
      if (left === '' || settledMs > SETTLE_MS) return { left, settledMs };
      await pause(LOOK_EVERY_MS);
    }
  }
}

/** What attacks of a server need to know. */
export function targetOf(
  server: ServerProcess,
  lists: Pick<MasterLists, 'list' | 'masters'>,
): Target {
  const { address, httpAddress, pid } = server;
  return { ...lists, pid, grpcPort: portOf(address), httpPort: portOf(httpAddress) };
}

function leftOf(before: Look, now: Look): string {
  const { openFiles, connections, calls } = now;
  const left = [
    [openFiles - before.openFiles, 'open files'],
    [connections - before.connections, 'connections'],
    [calls - before.calls, 'calls'],
  ] as const;
  return left
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}

function summed({ check, batch, newcomer, probe }: Fared) {
  const all = [check, batch, newcomer, probe];
  return {
    wrong: all.reduce((sum, one) => sum + one.wrong, 0),
    failed: all.reduce((sum, one) => sum + one.failed, 0),
    unservedMs: Math.max(check.unservedMs, batch.unservedMs),
    newcomerUnservedMs: newcomer.unservedMs,
    probeUnservedMs: probe.unservedMs,
  };
}
