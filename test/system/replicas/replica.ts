/** A `tacet serve` of its own process on ports that stay the same when it is started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../../server/fixture.ts';
import { TACET } from '../python/python.ts';

/** The methods whose calls are counted. */
export const METHODS = ['Check', 'BatchCheck', 'Dedupe'] as const;
export type Calls = Readonly<Record<(typeof METHODS)[number], number>>;

/** Where a replica listens, and what else it is told. */
export interface ReplicaOptions {
  readonly list: string;
  /** 127.0.0.1, or another of this machine. */
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly flags: readonly string[];
}

const NO_CALLS: Calls = { Check: 0, BatchCheck: 0, Dedupe: 0 };

export class Replica {
  readonly #options: ReplicaOptions;
  #child: ChildProcess | undefined;
  #said = '';
  /** Of the processes that have ended. */
  #callsBefore: Calls = NO_CALLS;

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  get address(): string {
    return `${this.#options.host}:${this.#options.grpcPort}`;
  }

  get httpPort(): number {
    return this.#options.httpPort;
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const { list, host, httpPort, flags } = this.#options;
    const [node, script] = TACET;
    const listen = ['--listen', this.address, '--http', `${host}:${httpPort}`];
    const more = ['--workers', '1', '--log-level', 'warn', ...flags];
    const child = spawn(node, [script, 'serve', '--list', list, ...listen, ...more], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#child = child;
    await until(`${this.address} is ready`, () => this.#isReady(), 20_000);
  }

  async #isReady(): Promise<boolean> {
    if (this.#child?.exitCode !== null) throw new Error(`a replica has ended: ${this.#said}`);
    const response = await fetch(this.#url('readyz')).catch(() => undefined);
    return response?.ok ?? false;
  }

  async #metrics(): Promise<string> {
    return (await fetch(this.#url('metrics'))).text();
  }

  #url(path: string): string {
    return `http://${this.#options.host}:${this.httpPort}/${path}`;
  }

  /** SIGTERM, and its end: with 0 or the test fails. What it had counted is kept. */
  async stop(): Promise<void> {
    this.#callsBefore = await this.calls();
    const code = await this.#end('SIGTERM');
    if (code !== 0) throw new Error(`a replica ended with ${code}: ${this.#said}`);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#callsBefore = await this.calls();
    await this.#end('SIGKILL');
  }

  /** SIGKILL after `meanwhile`, during which it takes what it is sent and answers nothing. */
  async freezeAndKill(meanwhile: () => Promise<void>): Promise<void> {
    this.#callsBefore = await this.calls();
    this.#child?.kill('SIGSTOP');
    await meanwhile();
    await this.#end('SIGKILL');
  }

  /** SIGHUP: opens its list again. */
  reload(): void {
    this.#child?.kill('SIGHUP');
  }

  /** Whether it answers from the version of this sha256. */
  async serves(sha256: string): Promise<boolean> {
    return (await this.#metrics()).includes(`sha256="${sha256}"`);
  }

  /** Whatever its state; never fails. */
  async destroy(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** The calls that have begun on it, by method, all its processes together. */
  async calls(): Promise<Calls> {
    if (this.#child === undefined) return this.#callsBefore;
    const text = await this.#metrics();
    const count = (method: string): number => {
      const line = new RegExp(
        `^grpc_server_started_total{.*grpc_method="${method}".*} (\\d+)`,
        'm',
      );
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const [check, batch, dedupe] = METHODS.map(count);
    const before = this.#callsBefore;
    return {
      Check: before.Check + (check ?? 0),
      BatchCheck: before.BatchCheck + (batch ?? 0),
      Dedupe: before.Dedupe + (dedupe ?? 0),
    };
  }
}
