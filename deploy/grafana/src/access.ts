import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, type Row } from './frame.ts';
import {
  CHOSEN,
  GREEN,
  greenFrom,
  orangeFrom,
  overIs,
  RED,
  redFrom,
  series,
  stat,
  words,
} from './panels.ts';

const NO_ACCESS = 'nobody is asked who they are';
const NO_STATE = 'no state';
const DAY = 86_400;

/** Clients, licences, certificate, state: who asks, how much, and how long that may go on. */
export function access(): DashboardBuilder {
  return frame('access', 'Who asks, how much, and how long that may go on.', [
    now(),
    clients(),
    budgets(),
    licences(),
    state(),
  ]);
}

function now(): Row {
  const panels = [
    stat({
      title: 'Clients stopped',
      description: 'Clients that are refused until a person releases them.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `sum(max by (client) (tacet_client_stopped{${CHOSEN}}))` }],
      steps: [GREEN, redFrom(1)],
      mapping: words({ 0: 'none' }),
      noValue: NO_STATE,
      runbooks: ['TacetClientStopped'],
    }),
    stat({
      title: 'Calls without a licence, 1 h',
      description: 'Calls for which no valid licence is in the access file, refused or answered.',
      unit: 'short',
      span: 4,
      queries: [{ expr: `round(sum(increase(tacet_licence_missing_total{${CHOSEN}}[1h])))` }],
      steps: [GREEN, orangeFrom(1)],
      mapping: words({ 0: 'none' }),
      noValue: 'none',
      runbooks: ['TacetLicenceMissing'],
    }),
    stat({
      title: 'First licence to end',
      description:
        'Time until a party has no licence of a kind any more. One that has ended is not here.',
      unit: 'dtdurations',
      span: 4,
      queries: [{ expr: `min(tacet_licence_cover_end_timestamp_seconds{${CHOSEN}}) - time()` }],
      steps: [RED, orangeFrom(3 * DAY), greenFrom(30 * DAY)],
      noValue: 'none ends by itself',
      runbooks: ['TacetLicenceEnding', 'TacetLicenceRenewalDue'],
    }),
    stat({
      title: 'Certificate expires in',
      description: 'Time until the first certificate of a server expires; then nobody connects.',
      unit: 'dtdurations',
      span: 4,
      queries: [
        { expr: `min(tacet_tls_certificate_expiry_timestamp_seconds{${CHOSEN}}) - time()` },
      ],
      steps: [RED, orangeFrom(3 * DAY), greenFrom(14 * DAY)],
      mapping: overIs('expired'),
      noValue: 'no TLS',
      runbooks: ['TacetCertificateExpiring', 'TacetCertificateExpiresSoon'],
    }),
    stat({
      title: 'The state',
      description: 'Whether budgets and stops can be written on every server.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `min(tacet_state_writable{${CHOSEN}})` }],
      steps: [RED, greenFrom(1)],
      mapping: words({ 0: 'cannot be written', 1: 'is written' }),
      noValue: NO_STATE,
      runbooks: ['TacetStateFailing'],
    }),
    stat({
      title: 'Since the last commit',
      description: 'Of the server whose state was committed longest ago: every 10 s as a rule.',
      unit: 'dtdurations',
      span: 4,
      queries: [{ expr: `time() - min(tacet_state_last_commit_timestamp_seconds{${CHOSEN}})` }],
      steps: [GREEN, orangeFrom(30), redFrom(60)],
      noValue: NO_STATE,
      runbooks: ['TacetStateFailing'],
    }),
  ];
  return { title: 'Now', panels };
}

function clients(): Row {
  const panels = [
    series({
      title: 'Calls',
      description:
        'Calls completed a second, by client of the access file, whatever became of them.',
      unit: 'reqps',
      span: 8,
      queries: [
        {
          expr: `sum by (client) (rate(tacet_client_calls_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{client}}',
        },
      ],
      noValue: NO_ACCESS,
    }),
    series({
      title: 'Numbers',
      description: 'Numbers answered a second, by client of the access file.',
      unit: 'short',
      span: 8,
      axis: 'numbers a second',
      queries: [
        {
          expr: `sum by (client) (rate(tacet_client_numbers_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{client}}',
        },
      ],
      noValue: NO_ACCESS,
    }),
    series({
      title: 'Refusals',
      description: 'Calls refused a second, by client and reason; no client: no valid credentials.',
      unit: 'reqps',
      span: 8,
      queries: [
        {
          expr:
            `sum by (client, reason) ` +
            `(rate(tacet_client_refusals_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{client}} {{reason}}',
        },
      ],
      noValue: 'nobody was refused',
      runbooks: ['TacetLicenceMissing'],
    }),
  ];
  return { title: 'Clients', panels };
}

function budgets(): Row {
  const panels = [
    series({
      title: 'Budgets left',
      description: 'What clients have left of their budgets, over all servers.',
      unit: 'percentunit',
      span: 12,
      max: 1,
      queries: [
        {
          expr:
            `sum by (client, budget) (tacet_client_budget_left{${CHOSEN}}) / ` +
            `sum by (client, budget) (tacet_client_budget_max{${CHOSEN}})`,
          legend: '{{client}} {{budget}}',
        },
      ],
      noValue: 'nobody has a budget',
    }),
    series({
      title: 'Numbers that were blocked',
      description: 'Share of the numbers of each client that were blocked on this day of Brussels.',
      unit: 'percentunit',
      span: 12,
      max: 1,
      queries: [
        {
          expr: `max by (client) (tacet_client_blocked_ratio{${CHOSEN}})`,
          legend: '{{client}}',
        },
      ],
      noValue: NO_STATE,
      runbooks: ['TacetClientStopped'],
    }),
  ];
  return { title: 'Budgets and what is watched', panels };
}

function licences(): Row {
  const left = (metric: string): string =>
    `max by (party, licence) (${metric}{${CHOSEN}}) - time()`;
  const panels = [
    series({
      title: 'Until the period of a licence ends',
      description: 'Time until the present period of each licence ends; many renew themselves.',
      unit: 'dtdurations',
      span: 12,
      queries: [
        { expr: left('tacet_licence_end_timestamp_seconds'), legend: '{{party}} {{licence}}' },
      ],
      noValue: NO_ACCESS,
      runbooks: ['TacetLicenceEnding'],
    }),
    series({
      title: 'Until a licence can be cancelled no more',
      description: 'Time in which a licence that renews itself can still be cancelled.',
      unit: 'dtdurations',
      span: 12,
      queries: [
        {
          expr: left('tacet_licence_cancel_by_timestamp_seconds'),
          legend: '{{party}} {{licence}}',
        },
      ],
      noValue: 'none renews itself',
      runbooks: ['TacetLicenceRenewalDue'],
    }),
  ];
  return { title: 'Licences', panels };
}

function state(): Row {
  const quantile = (share: number): string =>
    `histogram_quantile(${share}, sum by (le) ` +
    `(rate(tacet_state_commit_seconds_bucket{${CHOSEN}}[$__rate_interval])))`;
  const panels = [
    series({
      title: 'How long commits take',
      description: 'Time of a commit of the state until it is durable: half, and 99 of 100.',
      unit: 's',
      span: 12,
      queries: [
        { expr: quantile(0.5), legend: 'half' },
        { expr: quantile(0.99), legend: '99 %' },
      ],
      noValue: NO_STATE,
      runbooks: ['TacetStateFailing'],
    }),
    series({
      title: 'Commits that failed',
      description: 'Commits of the state that failed, a second. Budgets are refused in the end.',
      unit: 'reqps',
      span: 12,
      queries: [
        {
          expr: `sum by (instance) (rate(tacet_state_failures_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{instance}}',
        },
      ],
      noValue: NO_STATE,
      runbooks: ['TacetStateFailing'],
    }),
  ];
  return { title: 'Commits', panels };
}
