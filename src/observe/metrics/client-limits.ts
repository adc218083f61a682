import type { Registry } from 'prom-client';
import type { ClientLimits } from '../../access/limits/client-limits.ts';
import { gauge } from './scraped.ts';

/** What clients have left, and who is stopped. Their names are those of the access file. */
export function registerLimitMetrics(registry: Registry, limits: ClientLimits): void {
  const budget = { labelNames: ['client', 'budget'] };
  gauge(
    registry,
    {
      name: 'tacet_client_budget_left',
      help: 'What a client has left of a budget, as far as this server knows.',
      ...budget,
    },
    () => limits.budgets.left().map(([client, name, left]) => [{ client, budget: name }, left]),
  );
  gauge(
    registry,
    {
      name: 'tacet_client_budget_max',
      help: 'A budget of a client: the part of it that this server gives out.',
      ...budget,
    },
    () => limits.budgets.left().map(([client, name, , max]) => [{ client, budget: name }, max]),
  );
  gauge(
    registry,
    {
      name: 'tacet_client_stopped',
      help: '1 while a client, or its party, is stopped until a person releases it.',
      labelNames: ['client'],
    },
    () => limits.stoppedClients.map(([client, isStopped]) => [{ client }, Number(isStopped)]),
  );
  gauge(
    registry,
    {
      name: 'tacet_client_blocked_ratio',
      help: 'The share of the numbers of a client that were blocked on this day of Brussels.',
      labelNames: ['client'],
    },
    () => limits.shares.shares.map(([client, share]) => [{ client }, share]),
  );
}
