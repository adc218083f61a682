import { Counter, Gauge, type Registry } from 'prom-client';
import type { PoolStats } from '../../threads/pool.ts';

/**
 * Registers the metrics of the worker pool. They come from the main thread's own counts, which the
 * workers' answers update, so a scrape neither asks nor waits for a worker.
 */
export function registerPoolMetrics(registry: Registry, pool: () => PoolStats): void {
  const registers = [registry];
  const gauge = (name: string, help: string, value: (stats: PoolStats) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(pool()));
      },
    });
  };
  gauge(
    'tacet_batches_in_flight',
    'Batches handed to the worker pool and not yet answered.',
    (stats) => stats.batchesInFlight,
  );
  gauge(
    'tacet_batches_waiting',
    'Batches that wait for a slot of the worker pool.',
    (stats) => stats.batchesWaiting,
  );
  gauge(
    'tacet_batch_slots',
    'Batches the worker pool takes at once; more wait.',
    (stats) => stats.batchesMax,
  );
  gauge('tacet_workers', 'Worker threads.', (stats) => stats.workers);
  gauge(
    'tacet_workers_wanted',
    'Worker threads the server was started with.',
    (stats) => stats.workerBusySeconds.length,
  );
  new Counter({
    name: 'tacet_worker_restarts_total',
    help: 'Worker threads that died and were replaced.',
    registers,
    collect() {
      this.reset();
      this.inc(pool().workerRestarts);
    },
  });
  new Counter({
    name: 'tacet_worker_busy_seconds_total',
    help:
      'Seconds a worker spent on batches; main is the event loop, which answers while it has ' +
      'time.',
    labelNames: ['worker'],
    registers,
    collect() {
      this.reset();
      pool().workerBusySeconds.forEach((seconds, worker) => {
        this.inc({ worker: String(worker) }, seconds);
      });
      this.inc({ worker: 'main' }, pool().inlineBusySeconds);
    },
  });
}
