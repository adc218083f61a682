/** Metrics that are read at each scrape: nothing is counted for them in between. */
import { Counter, Gauge, type Registry } from 'prom-client';

interface About {
  readonly name: string;
  readonly help: string;
  /** Default none: the metric has one value. */
  readonly labelNames?: string[];
}

/** A value for each set of labels. */
type Samples = Iterable<readonly [labels: Record<string, string>, value: number]>;

export function gauge(
  registry: Registry,
  about: About,
  read: () => number | Samples | Promise<Samples>,
): void {
  new Gauge({
    ...about,
    registers: [registry],
    async collect() {
      const samples = samplesOf(await read());
      this.reset();
      for (const [labels, value] of samples) this.set(labels, value);
    },
  });
}

export function counter(registry: Registry, about: About, read: () => number | Samples): void {
  new Counter({
    ...about,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samplesOf(read())) this.inc(labels, value);
    },
  });
}

function samplesOf(read: number | Samples): Samples {
  return typeof read === 'number' ? [[{}, read]] : read;
}
