import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { StateMetrics } from '#tacet/observe/metrics/state.js';

it('a state is writable from a durable commit until one fails, whatever can be read', async () => {
  const registry = new Registry();
  const metrics = new StateMetrics(registry);
  const writable = async () => {
    const { values } = (await registry.getSingleMetric('tacet_state_writable')?.get()) ?? {};
    return values?.[0]?.value;
  };
  metrics.failed('read');
  expect(await writable()).toBe(1);
  metrics.failed('commit');
  metrics.failed('read');
  expect(await writable()).toBe(0);
  metrics.committed(1);
  expect(await writable()).toBe(1);
  const { values } = (await registry.getSingleMetric('tacet_state_failures_total')?.get()) ?? {};
  expect(values?.[0]?.value).toBe(3);
});
