import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import type { Order, Report } from './attacker.js';
import type { Attacked } from './fault.js';

/** As `make` builds it: tests run this file from its source, and plain Node runs no source. */
const ATTACKER = createRequire(import.meta.url)
  .resolve('#tacet/cli/index.js')
  .replace(/dist\/cli\/index\.js$/, 'build/bench/faults/attacker.js');

/**
 * Attackers have machines of their own: here theirs must not take the processors of the server and
 * of its good clients.
 */
const NICENESS = 10;

/** Plays faults from a process of its own, one at a time. */
export class AttackerProcess {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(ATTACKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
    if (this.#child.pid !== undefined) setPriority(this.#child.pid, NICENESS);
  }

  /** Plays a fault to its end. Rejects if there is no such fault, or the process has ended. */
  async play(order: Order): Promise<Attacked> {
    const report = new Promise<Report>((resolve, reject) => {
      this.#child.once('message', (message: Report) => resolve(message));
      this.#child.once('exit', () => reject(new Error('the attacker has ended')));
    });
    this.#child.send(order);
    const answer = await report;
    this.#child.removeAllListeners('exit');
    if ('error' in answer) throw new Error(answer.error);
    return answer.attacked;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
