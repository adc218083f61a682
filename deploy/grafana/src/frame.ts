import {
  AnnotationQueryBuilder,
  ConstantVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { CHOSEN, DATASOURCE } from './panels.ts';

/** Where Grafana finds the runbooks: the provisioning mounts docs/runbooks there. */
const RUNBOOKS = '/public/runbooks';

/** Panels that answer one question, from left to right. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Parameters<DashboardBuilder['withPanel']>[0][];
}

/**
 * A dashboard: its rows, and what all dashboards have in common, which is variables, events, links
 * to each other, and the last three hours.
 */
export function frame(name: string, description: string, rows: readonly Row[]): DashboardBuilder {
  const dashboard = new DashboardBuilder(`Tacet / ${name}`)
    .uid(`tacet-${name}`)
    .description(description)
    .tags(['tacet'])
    .readonly()
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    // Of the list's days, wherever the browser is.
    .timezone('Europe/Brussels')
    .tooltip(DashboardCursorSync.Crosshair)
    .variables([
      new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
      chosen('job', 'Job', 'label_values(tacet_build_info, job)'),
      // Of `up`, so that a server which is down can still be chosen.
      chosen('instance', 'Instance', 'label_values(up{job=~"$job", job=~"tacet.*"}, instance)'),
      new ConstantVariableBuilder('runbooks').label('Runbooks').value(RUNBOOKS),
    ])
    .annotations([
      event('List swapped', 'green', of('tacet_list_reloads_total', ', outcome="swapped"')),
      event('Reload refused', 'red', of('tacet_list_reloads_total', ', outcome="refused"')),
      event('Worker died', 'orange', of('tacet_worker_restarts_total')),
      event(
        'Server started',
        'blue',
        `changes(process_start_time_seconds{${CHOSEN}}[$__rate_interval]) > 0`,
      ),
    ])
    .links([
      new DashboardLinkBuilder('Tacet')
        .type(DashboardLinkType.Dashboards)
        .tags(['tacet'])
        .includeVars(true)
        .keepTime(true),
    ]);
  for (const { title, panels } of rows) {
    dashboard.withRow(new RowBuilder(title));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return dashboard;
}

function chosen(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ text: 'All', value: '$__all' });
}

/** When a counter rose. */
function of(counter: string, more = ''): string {
  return `sum by (job, instance) (increase(${counter}{${CHOSEN}${more}}[$__rate_interval])) > 0`;
}

function event(name: string, color: string, expr: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .titleFormat(name)
    .textFormat('{{instance}}')
    .tagKeys('instance');
}
