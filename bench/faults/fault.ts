import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '#tacet/sample/random.js';

/** A server that faults are played against; it runs on this machine. */
export interface Target {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly pid: number;
  /** The list file that is served, and files that may be served in its place. */
  readonly list: string;
  readonly masters: readonly [string, string];
}

/** Something that a client, an operator or a machine does wrong. */
export interface Fault {
  readonly name: string;
  /** Where it was reported, or which rule it breaks. */
  readonly report: string;
  /** What is done, how often, on how many connections. */
  readonly how: string;
  /** Plays it until the attack is over. */
  play(attack: Attack): Promise<void>;
}

/** What an attack has done. */
export interface Attacked {
  /** Frames, requests or connections: what the fault's rate counts. */
  readonly steps: number;
  readonly connections: number;
  /** Those that the server closed before the attack was over. */
  readonly closed: number;
}

/** Steps are due at every tick; a late one catches up with at most this much. */
const TICK_MS = 10;
const CATCH_UP_MS = 100;

/** One play of a fault: its time, its rate, and its connections, all closed when it is over. */
export class Attack {
  readonly target: Target;
  readonly random: Random;
  readonly #untilMs: number;
  readonly #sockets = new Set<Socket>();
  #steps = 0;
  #connections = 0;
  #closed = 0;

  constructor(target: Target, { ms, seed }: { ms: number; seed: number }) {
    this.target = target;
    this.random = new Random(seed, 0);
    this.#untilMs = performance.now() + ms;
  }

  get isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }

  /** Resolves after `ms`, or when the attack is over. */
  async wait(ms: number): Promise<void> {
    await pause(Math.max(0, Math.min(ms, this.#untilMs - performance.now())));
  }

  /** Resolves when the attack is over. */
  rest(): Promise<void> {
    return this.wait(Number.POSITIVE_INFINITY);
  }

  /** Takes `perSecond` steps a second until the attack is over or a step returns false. */
  async pace(perSecond: number, step: () => unknown): Promise<void> {
    const startMs = performance.now();
    for (let done = 0; !this.isOver; ) {
      const due = Math.ceil(((performance.now() - startMs + TICK_MS) / 1000) * perSecond);
      done = Math.max(done, due - Math.ceil((CATCH_UP_MS / 1000) * perSecond) - 1);
      for (; done < due; done++) {
        if (step() === false) return;
        this.#steps++;
      }
      await this.wait(TICK_MS);
    }
  }

  /** Opens a connection. What happens to it is no error: that is what an attack is for. */
  connect(port: number, { halfOpen = false } = {}): Socket {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfOpen });
    this.#connections++;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      // Not closed by this side, or it would no longer be among them.
      if (this.#sockets.delete(socket) && !this.isOver) this.#closed++;
    });
    return socket;
  }

  /** Closes a connection at once: with a reset, or as a process that ends would. */
  drop(socket: Socket, { reset = false } = {}): void {
    this.#sockets.delete(socket);
    if (reset) socket.resetAndDestroy();
    else socket.destroy();
  }

  /** Closes all connections and tells what was done. */
  end(): Attacked {
    for (const socket of this.#sockets) this.drop(socket);
    return { steps: this.#steps, connections: this.#connections, closed: this.#closed };
  }
}

/** The port of `host:port`. */
export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
