import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How the state of a server does. */
export class StateMetrics {
  readonly #commits: Histogram;
  readonly #failures: Counter;
  readonly #lastCommit: Gauge;
  readonly #writable: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#commits = new Histogram({
      name: 'tacet_state_commit_seconds',
      help: 'How long commits of the state took, until they were durable.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.#failures = new Counter({
      name: 'tacet_state_failures_total',
      help: 'Transactions of the state that failed, those that only read included.',
      registers,
    });
    this.#lastCommit = new Gauge({
      name: 'tacet_state_last_commit_timestamp_seconds',
      help: 'When the state was last committed, every 10 s at least; seconds since 1970-01-01 UTC.',
      registers,
    });
    this.#writable = new Gauge({
      name: 'tacet_state_writable',
      help: '0 from a commit of the state that failed until one that is durable.',
      registers,
    });
    this.#writable.set(1);
  }

  committed(commitMs: number): void {
    this.#commits.observe(commitMs / 1000);
    this.#lastCommit.setToCurrentTime();
    this.#writable.set(1);
  }

  failed(what: 'commit' | 'read'): void {
    this.#failures.inc();
    if (what === 'commit') this.#writable.set(0);
  }
}
