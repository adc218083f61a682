/** Debian's Prometheus on a free port, with the configuration and rules that are committed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ROOT } from '../../deploy/dashboards.ts';
import { until } from '../../server/fixture.ts';
import { freePort } from '../../server/free-port.ts';

const COMMITTED = join(ROOT, 'deploy/prometheus');

/** Samples of one series: seconds and value. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

interface Answer<Data> {
  readonly status: string;
  readonly data: Data;
  readonly error?: string;
  readonly warnings?: readonly string[];
}

export class PrometheusProcess {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly #child: ChildProcess;
  /** What it said, for when it does not start. */
  #log = '';

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
  }

  /** Starts one that scrapes `targets` every second, and evaluates its rules as often. */
  static async start(folder: string, targets: readonly string[]): Promise<PrometheusProcess> {
    const port = await freePort();
    const data = join(folder, 'prometheus');
    mkdirSync(data);
    const config = parse(readFileSync(join(COMMITTED, 'prometheus.yml'), 'utf8')) as {
      global: Record<string, string>;
    } & Record<string, unknown>;
    Object.assign(config.global, {
      scrape_interval: '1s',
      scrape_timeout: '1s',
      evaluation_interval: '1s',
    });
    config['rule_files'] = [join(COMMITTED, 'rules/*.yml')];
    writeFileSync(join(data, 'prometheus.yml'), stringify(config));
    writeFileSync(join(data, 'targets.yml'), stringify([{ targets }]));
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(data, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.on('error', () => undefined);
    const started = new PrometheusProcess(`http://127.0.0.1:${port}`, child);
    await until('Prometheus is ready', () => started.#isReady(), 30_000);
    return started;
  }

  async #isReady(): Promise<boolean> {
    if (this.#child.pid === undefined) throw new Error('there is no prometheus on the PATH');
    if (this.#child.exitCode !== null) throw new Error(`prometheus has ended: ${this.#log}`);
    const response = await fetch(`${this.url}/-/ready`).catch(() => undefined);
    return response?.ok ?? false;
  }

  /** The data of one API answer; fails if it is an error or comes with warnings. */
  async api<Data>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Data> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(query)}`);
    // The shape is that of the HTTP API; what is read of it is checked by who reads it.
    const answer = (await response.json()) as Answer<Data>;
    if (answer.status !== 'success') throw new Error(answer.error);
    if (answer.warnings !== undefined) throw new Error(`warnings: ${answer.warnings.join()}`);
    return answer.data;
  }

  /** The present values of an expression, or those at `time`. */
  async query(expr: string, time = Date.now() / 1000): Promise<Series[]> {
    const { result } = await this.api<{
      result: { metric: Record<string, string>; value: [number, string] }[];
    }>('query', { query: expr, time: String(time) });
    return result.map(({ metric, value }) => ({ metric, values: [value] }));
  }

  /** The values of an expression, second by second. */
  async queryRange(expr: string, start: number, end: number): Promise<Series[]> {
    const range = { start: String(start), end: String(end), step: '1' };
    const { result } = await this.api<{ result: Series[] }>('query_range', {
      query: expr,
      ...range,
    });
    return result;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }
}
