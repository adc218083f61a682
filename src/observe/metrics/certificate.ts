import { Counter, type Registry } from 'prom-client';
import { gauge } from './scraped.ts';

/** The server's certificate: how long it lasts, and the reloads of its files. */
export class CertificateMetrics {
  readonly #reloads: Counter<'outcome'>;

  /** @param expiresMs when it expires, ms since 1970; undefined = there is none */
  constructor(registry: Registry, expiresMs: () => number | undefined) {
    const expiry = {
      name: 'tacet_tls_certificate_expiry_timestamp_seconds',
      help: 'When the first certificate of the chain served expires; no value without TLS.',
    };
    gauge(registry, expiry, () => {
      const ms = expiresMs();
      return ms === undefined ? [] : [[{}, ms / 1000]];
    });
    this.#reloads = new Counter({
      name: 'tacet_tls_reloads_total',
      help: 'Other files in place of the certificate served, by outcome: swapped or refused.',
      labelNames: ['outcome'],
      registers: [registry],
    });
    for (const outcome of ['swapped', 'refused']) this.#reloads.inc({ outcome }, 0);
  }

  reloaded(outcome: 'swapped' | 'refused'): void {
    this.#reloads.inc({ outcome });
  }
}
