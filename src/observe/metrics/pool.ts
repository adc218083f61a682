import type { Registry } from 'prom-client';
import type { PoolStats } from '../../threads/pool.ts';
import { counter, gauge } from './scraped.ts';

/**
 * Registers the metrics of the worker pool. They come from the main thread's own counts, which the
 * workers' answers update, so a scrape neither asks nor waits for a worker.
 */
export function registerPoolMetrics(registry: Registry, pool: () => PoolStats): void {
  const one = (name: string, help: string, value: (stats: PoolStats) => number): void => {
    gauge(registry, { name, help }, () => value(pool()));
  };
  one(
    'tacet_batches_in_flight',
    'Batches handed to the worker pool and not yet answered.',
    ({ batchesInFlight }) => batchesInFlight,
  );
  one(
    'tacet_batches_waiting',
    'Batches that wait for a slot of the worker pool.',
    ({ batchesWaiting }) => batchesWaiting,
  );
  one(
    'tacet_batch_slots',
    'Batches the worker pool takes at once; more wait.',
    ({ batchesMax }) => batchesMax,
  );
  one('tacet_workers', 'Worker threads.', ({ workers }) => workers);
  one(
    'tacet_workers_wanted',
    'Worker threads the server was started with.',
    ({ workerBusySeconds }) => workerBusySeconds.length,
  );
  const restarts = {
    name: 'tacet_worker_restarts_total',
    help: 'Worker threads that died and were replaced.',
  };
  counter(registry, restarts, () => pool().workerRestarts);
  const busy = {
    name: 'tacet_worker_busy_seconds_total',
    help:
      'Seconds a worker spent on batches; main is the event loop, which answers while it has ' +
      'time.',
    labelNames: ['worker'],
  };
  counter(registry, busy, () => {
    const { workerBusySeconds, inlineBusySeconds } = pool();
    const seconds = [...workerBusySeconds.entries(), ['main', inlineBusySeconds] as const];
    return seconds.map(([worker, value]) => [{ worker: String(worker) }, value]);
  });
}
