import { readFile } from 'node:fs/promises';
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client';
import { Measured } from './measured.ts';
import { gauge } from './scraped.ts';

/** To read it, the kernel walks every page table of the process. */
const PSS_AGE_MAX_MS = 10_000;

/** The time between two checks of the event loop. */
const LAG_INTERVAL_MS = 20;
const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * The metrics of prom-client to leave out: those with a name that only counters may have, and the
 * lag of the event loop, which each scrape resets, so that it is wrong for a second Prometheus.
 */
const LEFT_OUT = /^nodejs_(active_(handles|requests|resources)_total|eventloop_lag_\w+)$/;

/**
 * Registers the metrics of the process: CPU, file descriptors, heap, garbage collection, memory by
 * proportional share, and the lag of the event loop. Returns a function that stops its timer.
 */
export function registerProcessMetrics(registry: Registry): () => void {
  collectDefaultMetrics({ register: registry });
  for (const { name } of registry.getMetricsAsArray()) {
    if (LEFT_OUT.test(name)) registry.removeSingleMetric(name);
  }
  const pss = new Measured(readPss, PSS_AGE_MAX_MS);
  const memory = {
    name: 'tacet_memory_pss_bytes',
    help:
      'Memory of the process, pages shared with others counted in part, by kind. ' +
      'At most 10 s old; only where /proc tells it.',
    labelNames: ['kind'],
  };
  gauge(registry, memory, async () =>
    Object.entries((await pss.value()) ?? {}).map(([kind, bytes]) => [{ kind }, bytes]),
  );
  return watchEventLoop(registry);
}

/** Bytes by kind. Rejects if there is no /proc/self/smaps_rollup. */
async function readPss(): Promise<Record<string, number>> {
  const text = await readFile('/proc/self/smaps_rollup', 'utf8');
  const bytesOf = (field: string): number => {
    const kib = new RegExp(`^${field}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    if (kib === undefined) throw new TypeError(`smaps_rollup has no ${field}`);
    return Number(kib) * 1024;
  };
  return {
    anonymous: bytesOf('Pss_Anon'),
    file: bytesOf('Pss_File'),
    shared: bytesOf('Pss_Shmem'),
  };
}

/** Measures how late a timer fires; a stall of a second is one observation of a second. */
function watchEventLoop(registry: Registry): () => void {
  const lag = new Histogram({
    name: 'tacet_event_loop_lag_seconds',
    help: 'How late a timer of the main thread fires, one observation every 20 ms.',
    buckets: LAG_BUCKETS,
    registers: [registry],
  });
  let dueMs = performance.now() + LAG_INTERVAL_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    lag.observe(Math.max(0, nowMs - dueMs) / 1000);
    dueMs = nowMs + LAG_INTERVAL_MS;
  }, LAG_INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
