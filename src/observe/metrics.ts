import { Counter, Registry } from 'prom-client';
import type { ListFacts } from '../serving/life.ts';
import type { PoolStats } from '../threads/pool.ts';
import { VERDICT_NAMES } from '../verdict/verdict.ts';
import { CallMetrics } from './metrics/calls.ts';
import { CertificateMetrics } from './metrics/certificate.ts';
import { ClientMetrics } from './metrics/clients.ts';
import { ConnectionMetrics } from './metrics/connections.ts';
import { LimitMetrics } from './metrics/limits.ts';
import { ListMetrics } from './metrics/lists.ts';
import { registerPoolMetrics } from './metrics/pool.ts';
import { registerProcessMetrics } from './metrics/process.ts';
import { counter, gauge } from './metrics/scraped.ts';
import { registerStoreMetrics } from './metrics/store.ts';

/** What the gauges are read from at each scrape. */
interface MetricSources {
  readonly lists: ListFacts;
  readonly pool: () => PoolStats;
  /** Whether the server can answer, as `/readyz` says. */
  readonly ready: () => boolean;
  readonly logLinesDropped: () => number;
  /** When the server's certificate expires, ms since 1970; undefined = it has none. */
  readonly certificateExpiresMs: () => number | undefined;
}

/** The facts that do not change while the server runs. */
interface MetricFacts {
  readonly version: string;
  readonly insecure: boolean;
}

/** The metrics that calls and their answers are counted in. */
export interface CountedMetrics {
  readonly calls: CallMetrics;
  readonly connections: ConnectionMetrics;
  readonly limits: LimitMetrics;
  readonly clients: ClientMetrics;
  /** Adds the counts of one answer, indexed by verdict. */
  countVerdicts(counts: readonly number[]): void;
  countVerdict(verdict: number): void;
}

/** Metrics that nobody scrapes. */
export function unscrapedMetrics(): CountedMetrics {
  const registry = new Registry();
  return {
    calls: new CallMetrics(registry),
    connections: new ConnectionMetrics(registry),
    limits: new LimitMetrics(registry),
    clients: new ClientMetrics(registry),
    countVerdicts() {},
    countVerdict() {},
  };
}

/**
 * All metrics of one server, on a registry of their own. Everything is counted on this thread, and
 * a scrape waits for no worker. {@link Metrics.close} stops the only timer.
 */
export class Metrics implements CountedMetrics {
  readonly registry = new Registry();
  readonly calls = new CallMetrics(this.registry);
  readonly connections = new ConnectionMetrics(this.registry);
  readonly limits = new LimitMetrics(this.registry);
  readonly clients = new ClientMetrics(this.registry);
  readonly lists: ListMetrics;
  readonly certificate: CertificateMetrics;
  readonly #numbers: Counter.Internal[];
  readonly #stopWatching: () => void;

  constructor(facts: MetricFacts, sources: MetricSources) {
    const registry = this.registry;
    const numbers = new Counter({
      name: 'tacet_numbers_total',
      help: 'Numbers answered, by verdict.',
      labelNames: ['verdict'],
      registers: [registry],
    });
    this.#numbers = VERDICT_NAMES.slice(1).map((verdict) => numbers.labels(verdict));
    // A series that exists from the start has a rate from its first number on.
    for (const counter of this.#numbers) counter.inc(0);
    this.lists = new ListMetrics(registry, sources.lists);
    this.certificate = new CertificateMetrics(registry, sources.certificateExpiresMs);
    registerPoolMetrics(registry, sources.pool);
    registerFacts(registry, facts, sources);
    this.#stopWatching = registerProcessMetrics(registry);
    registerStoreMetrics(registry, sources.lists);
  }

  countVerdicts(counts: readonly number[]): void {
    for (let verdict = 1; verdict < counts.length; verdict++) {
      const count = counts[verdict] ?? 0;
      if (count > 0) this.#numbers[verdict - 1]?.inc(count);
    }
  }

  countVerdict(verdict: number): void {
    this.#numbers[verdict - 1]?.inc();
  }

  /** Stops what runs between scrapes. */
  close(): void {
    this.#stopWatching();
  }
}

function registerFacts(
  registry: Registry,
  facts: MetricFacts,
  { ready, logLinesDropped }: MetricSources,
): void {
  const isReady = {
    name: 'tacet_ready',
    help: '1 if the server can answer: a fresh list is loaded and it is not stopping.',
  };
  gauge(registry, isReady, () => Number(ready()));
  const insecure = {
    name: 'tacet_insecure',
    help:
      '1 if other machines reach --listen without --access and TLS, or --http without --access ' +
      'and --http-tls.',
  };
  gauge(registry, insecure, () => Number(facts.insecure));
  const dropped = {
    name: 'tacet_log_lines_dropped_total',
    help: 'Lines of the log that nobody took, or no disk had room for.',
  };
  counter(registry, dropped, logLinesDropped);
  const build = {
    name: 'tacet_build_info',
    help: 'Version of Tacet and of Node.',
    labelNames: ['version', 'node'],
  };
  const { version } = facts;
  gauge(registry, build, () => [[{ version, node: process.versions.node }, 1]]);
}
