import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, type Row } from './frame.ts';
import { goesStaleIn, STALE, STALE_STEPS } from './freshness.ts';
import {
  CHOSEN,
  GREEN,
  greenFrom,
  grounds,
  NEUTRAL,
  orangeFrom,
  RED,
  redFrom,
  series,
  stat,
  table,
  words,
} from './panels.ts';

/** Green may be called, red may not; the others are not known to be either. */
const VERDICT_COLORS = {
  ...{ callable: 'green', 'callable-opt-in': 'light-green', blocked: 'red' },
  ...{ 'not-covered': 'blue', unreadable: 'orange', 'not-applicable': 'purple' },
};

const SERVICE = 'grpc_service="tacet.v1.DedupeService"';
const RELOADS = words({ 0: 'REFUSED', 1: 'good' });

/** Is it healthy, what should I do, which list is served and how old, how fast, how much. */
export function overview(): DashboardBuilder {
  return frame(
    'overview',
    'What to look at first. Green on top: all is well. Otherwise the table of alerts has the ' +
      'page that says what to do.',
    [health(), whatToDo(), traffic()],
  );
}

function health(): Row {
  const panels = [
    stat({
      title: 'Servers not serving',
      description: 'Servers that are down, or that run and answer nothing (see /readyz).',
      unit: 'none',
      span: 4,
      queries: [
        {
          expr: `count(up{${CHOSEN}, job=~"tacet.*"}) - (sum(tacet_ready{${CHOSEN}}) or vector(0))`,
        },
      ],
      steps: [GREEN, redFrom(1)],
      mapping: words({ 0: 'all serve' }),
      runbooks: ['TacetDown', 'TacetNotReady'],
    }),
    stat({
      title: 'Alerts firing',
      description: 'The table below has them, each with a link to what to do.',
      unit: 'none',
      span: 4,
      queries: [
        {
          expr:
            'count(ALERTS{alertname=~"Tacet.+", alertstate="firing", job=~"$job"}) ' +
            'or vector(0)',
        },
      ],
      steps: [GREEN, orangeFrom(1)],
      mapping: words({ 0: 'none' }),
    }),
    stat({
      title: 'Calls failing',
      description:
        "Share of calls that fail through the server's fault, over the last minutes. The " +
        'objective allows 0.1 %.',
      unit: 'percentunit',
      span: 4,
      queries: [{ expr: FAILING }],
      steps: [GREEN, orangeFrom(0.001), redFrom(0.0144)],
      runbooks: ['TacetErrorBudgetBurnFast'],
    }),
    goesStaleIn(),
    stat({
      title: 'Last reload of the list',
      description:
        'Refused: a new file is bad, and the old list goes on serving until it is stale.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `min(tacet_list_last_reload_successful{${CHOSEN}})` }],
      steps: [RED, greenFrom(1)],
      mapping: RELOADS,
      runbooks: ['TacetReloadFailing'],
    }),
    stat({
      title: 'Workers crashed, 10 min',
      description: 'Worker threads that died and were replaced. One is an accident, three are not.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `round(sum(increase(tacet_worker_restarts_total{${CHOSEN}}[10m])))` }],
      steps: [GREEN, orangeFrom(1), redFrom(3)],
      mapping: words({ 0: 'none' }),
      runbooks: ['TacetWorkersCrashing'],
    }),
  ];
  return { title: 'Is it healthy?', panels };
}

const FAILING =
  `(sum(rate(grpc_server_handled_total{${CHOSEN}, ${SERVICE}, ` +
  'grpc_code=~"Unknown|DeadlineExceeded|Internal|Unavailable|DataLoss"}[$__rate_interval])) ' +
  `/ (sum(rate(grpc_server_handled_total{${CHOSEN}, ${SERVICE}}[$__rate_interval])) > 0)) ` +
  'or vector(0)';

/** A gauge beside the version of the list that it is about, or that the server serves. */
const withVersion = (gauge: string, labels: string): string =>
  `label_replace(${gauge} * on (${labels}) group_right () tacet_list_info{${CHOSEN}}, ` +
  '"version", "$1", "sha256", "(.{12}).*")';

const ofList = (gauge: string): string => withVersion(gauge, 'job, instance, list');

function whatToDo(): Row {
  const panels = [
    table({
      title: 'Alerts: click a name for its page',
      description:
        'What fires now. Empty: nothing to do. The page of an alert says what it means, what to ' +
        'look at and what to do.',
      unit: 'string',
      noValue: 'no alert is firing',
      span: 10,
      queries: [{ expr: 'ALERTS{alertname=~"Tacet.+", alertstate="firing", job=~"$job"}' }],
      columns: [
        {
          field: 'severity',
          title: 'Severity',
          width: 90,
          mapping: grounds({ critical: 'red', warning: 'orange' }),
          isGround: true,
        },
        {
          field: 'alertname',
          title: 'Alert',
          width: 220,
          url: `\${runbooks}/\${__value.raw}.md`,
        },
        { field: 'instance', title: 'Server' },
      ],
    }),
    table({
      title: 'Lists being served',
      description:
        'The version each server answers from. Servers that show different versions for long: ' +
        'see TacetReplicasDiffer.',
      unit: 'none',
      span: 14,
      queries: [
        { expr: ofList(`tacet_list_entries{${CHOSEN}}`) },
        { expr: ofList(`(tacet_list_snapshot_timestamp_seconds{${CHOSEN}} * 1000)`) },
        { expr: ofList(`(tacet_list_valid_until_timestamp_seconds{${CHOSEN}} * 1000)`) },
        { expr: withVersion(`tacet_list_last_reload_successful{${CHOSEN}}`, 'job, instance') },
        { expr: ofList(`(tacet_list_valid_until_timestamp_seconds{${CHOSEN}} - time())`) },
      ],
      columns: [
        { field: 'instance', title: 'Server', width: 150 },
        { field: 'list', title: 'List', width: 80 },
        { field: 'Value #B', title: 'Snapshot', unit: 'time:YYYY-MM-DD', width: 110 },
        { field: 'Value #C', title: 'Stale from', unit: 'time:YYYY-MM-DD HH:mm', width: 150 },
        {
          field: 'Value #E',
          title: 'Stale in',
          unit: 'dtdurations',
          decimals: 1,
          width: 140,
          steps: STALE_STEPS,
          mapping: STALE,
        },
        { field: 'Value #A', title: 'Numbers', unit: 'locale', width: 100 },
        {
          field: 'Value #D',
          title: 'Last reload',
          width: 110,
          steps: [RED, greenFrom(1)],
          mapping: RELOADS,
        },
        { field: 'version', title: 'Version (sha256)' },
      ],
      runbooks: ['TacetReplicasDiffer'],
    }),
  ];
  return { title: 'What should I do, and which list is served?', panels };
}

function traffic(): Row {
  const panels = [
    series({
      title: 'Numbers answered a second',
      description: 'Phone numbers a second, by verdict.',
      unit: 'short',
      axis: 'numbers/s',
      colors: VERDICT_COLORS,
      span: 12,
      stacked: true,
      queries: [
        {
          expr: `sum by (verdict) (rate(tacet_numbers_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{verdict}}',
        },
      ],
    }),
    series({
      title: 'Calls that ended, by status',
      description:
        'Calls a second that were not OK, by method and status; and all that were, as one line.',
      unit: 'reqps',
      span: 12,
      queries: [
        {
          expr:
            `sum(rate(grpc_server_handled_total{${CHOSEN}, ${SERVICE}, ` +
            'grpc_code="OK"}[$__rate_interval]))',
          legend: 'OK',
        },
        {
          expr:
            'sum by (grpc_method, grpc_code) ' +
            `(rate(grpc_server_handled_total{${CHOSEN}, ${SERVICE}, ` +
            'grpc_code!="OK"}[$__rate_interval])) > 0',
          legend: '{{grpc_method}} {{grpc_code}}',
        },
      ],
      colors: { OK: 'green' },
      runbooks: ['TacetErrorBudgetBurnSlow', 'TacetRejecting'],
    }),
    series({
      title: 'Time of single look-ups',
      description: 'Check and BatchCheck: half of the calls, and 99 of 100, are faster than this.',
      unit: 's',
      span: 12,
      steps: [NEUTRAL, redFrom(0.1)],
      queries: [0.5, 0.99].map((quantile) => ({
        expr:
          `histogram_quantile(${quantile}, sum by (grpc_method, le) (rate(` +
          `grpc_server_handling_seconds_bucket{${CHOSEN}, ${SERVICE}, ` +
          'grpc_method=~"Check|BatchCheck"}[$__rate_interval])))',
        legend: `{{grpc_method}} p${quantile * 100}`,
      })),
      runbooks: ['TacetLatencyHigh'],
    }),
    series({
      title: 'Calls under way, and batches that wait',
      description:
        'Streams stay for as long as their client sends. ' +
        'Batches that wait for long: too few workers.',
      unit: 'short',
      span: 12,
      queries: [
        {
          expr: `sum by (grpc_method) (tacet_calls_in_flight{${CHOSEN}, ${SERVICE}})`,
          legend: '{{grpc_method}}',
        },
        { expr: `sum(tacet_batches_waiting{${CHOSEN}})`, legend: 'batches waiting' },
      ],
      runbooks: ['TacetQueueLong'],
    }),
  ];
  return { title: 'How much, how fast?', panels };
}
