import { Gauge, type Registry } from 'prom-client';

type Samples = Iterable<readonly [list: string, value: number | null]>;

/** A gauge with a sample for each list, taken at each scrape; null = none for that list. */
export function perList(
  registry: Registry,
  about: { readonly name: string; readonly help: string },
  samples: () => Samples | Promise<Samples>,
): void {
  new Gauge({
    ...about,
    labelNames: ['list'],
    registers: [registry],
    async collect() {
      const now = await samples();
      this.reset();
      for (const [list, value] of now) if (value !== null) this.set({ list }, value);
    },
  });
}
