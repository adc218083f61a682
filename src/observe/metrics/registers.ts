import type { Registry } from 'prom-client';
import { gauge } from './scraped.ts';

/** What is known of the registers at a scrape. */
interface RegistersFacts {
  readonly revision: number;
  readonly ageMs: number;
  readonly bytes: number;
}

/** How new what a server knows of its registers is, and how large. */
export function registerRegisterMetrics(registry: Registry, facts: RegistersFacts): void {
  const revision = {
    name: 'tacet_registers_revision',
    help: 'Revision of the registers that answers are given by; it grows with every edit.',
  };
  gauge(registry, revision, () => facts.revision);
  const age = {
    name: 'tacet_registers_age_seconds',
    help: 'How long ago the registers were read; beyond --state-stale-max nothing is answered.',
  };
  gauge(registry, age, () => facts.ageMs / 1000);
  const bytes = {
    name: 'tacet_registers_bytes',
    help: 'Memory of the registers that are kept for answers.',
  };
  gauge(registry, bytes, () => facts.bytes);
}
