import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../deploy/grafana/src/dashboards.ts';
import {
  committedFiles,
  type Dashboard,
  dashboards,
  metricsIn,
  type Panel,
  ROOT,
  selectorsIn,
  type Target,
} from './dashboards.ts';

describe('the committed dashboards', () => {
  it('are what their sources generate', () => {
    expect(committedFiles()).toEqual(dashboardFiles());
  });

  it('have names and addresses of their own', () => {
    expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
      'tacet-access',
      'tacet-engine',
      'tacet-list',
      'tacet-overview',
    ]);
    for (const { panels } of dashboards) {
      const titles = panels.map(({ title }) => title);
      expect(new Set(titles).size).toBe(titles.length);
    }
  });

  it('lay their panels out in full rows', () => {
    for (const { panels } of dashboards) {
      const widths = new Map<number, number>();
      for (const { gridPos } of panels) {
        widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w);
      }
      expect(new Set(widths.values())).toEqual(new Set([24]));
    }
  });

  it('link only to runbooks that there are', () => {
    const names = dashboards
      .flatMap(({ panels }) => panels.flatMap(({ links = [] }) => links))
      .map(({ url }) => /^\$\{runbooks\}\/(\w+\.md)$/.exec(url)?.[1] ?? url);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !existsSync(join(ROOT, 'docs/runbooks', name)))).toEqual([]);
  });
});

/** What a rule of Grafana's dashboard linter has to say of all dashboards; each as a sentence. */
type Rule = () => string[];

const queried = (panel: Panel): boolean => panel.type !== 'row';

function ofDashboards(complaint: (dashboard: Dashboard) => string | undefined): Rule {
  return () =>
    dashboards.flatMap((dashboard) => {
      const found = complaint(dashboard);
      return found === undefined ? [] : [`${dashboard.title}: ${found}`];
    });
}

function ofPanels(isWrong: (panel: Panel) => boolean): Rule {
  return () =>
    dashboards.flatMap(({ title, panels }) =>
      panels.filter((panel) => queried(panel) && isWrong(panel)).map((p) => `${title}: ${p.title}`),
    );
}

function ofTargets(isWrong: (target: Target) => boolean): Rule {
  return ofPanels(({ targets = [] }) => targets.some(isWrong));
}

function variable(name: string, label: string): Rule {
  return ofDashboards(({ templating }) => {
    const found = templating.list.find((candidate) => candidate.name === name);
    const wanted = { type: 'query', label, multi: true, allValue: '.+' };
    const uid = found?.datasource?.uid;
    const is = { type: found?.type, label: found?.label, multi: found?.multi };
    const actual = { ...is, allValue: found?.allValue };
    if (uid === DATASOURCE && JSON.stringify(actual) === JSON.stringify(wanted)) return undefined;
    return `the variable ${name} is ${JSON.stringify(found)}`;
  });
}

const DATASOURCE = `\${datasource}`;

/** Of the linter's list, those that are used here. */
const UNITS = new Set(
  'none string short percentunit bytes Bps s dtdurations reqps locale'.split(' '),
);

/** An alert has the labels of what it is about: some are about no single server. */
const isAboutAlerts = (name: string): boolean => name === 'ALERTS';

const lacks = (label: string) => (target: Target) =>
  selectorsIn(target.expr).some(
    ({ name, labels }) =>
      !labels.includes(`${label}=~"$${label}"`) && !(label === 'instance' && isAboutAlerts(name)),
  );

const RULES: Readonly<Record<string, Rule>> = {
  'template-datasource-rule': ofDashboards(({ templating }) => {
    const found = templating.list.filter(({ type }) => type === 'datasource');
    const named = found.map(({ name, label, query }) => [name, label, query].join());
    return named.join() === 'datasource,Data source,prometheus' ? undefined : named.join();
  }),
  'template-job-rule': variable('job', 'Job'),
  'template-instance-rule': variable('instance', 'Instance'),
  'template-label-promql-rule': ofDashboards(
    ({ templating }) =>
      templating.list.find(
        ({ type, query }) =>
          type === 'query' && !/^label_values\(\w+(\{[^}]+\})?, \w+\)$/.test(query),
      )?.name,
  ),
  'template-on-time-change-reload-rule': ofDashboards(
    ({ templating }) =>
      templating.list.find(({ type, refresh }) => type === 'query' && refresh !== 2)?.name,
  ),
  'panel-datasource-rule': ofPanels(
    ({ datasource, targets = [] }) =>
      datasource?.uid !== DATASOURCE ||
      targets.some((target) => target.datasource.uid !== DATASOURCE),
  ),
  'panel-title-description-rule': ofPanels(
    ({ title, description = '' }) => title === '' || !/^[A-Z].{20,}\.$/s.test(description),
  ),
  'panel-units-rule': ofPanels(({ fieldConfig }) => !UNITS.has(fieldConfig?.defaults.unit ?? '')),
  'panel-no-targets-rule': ofPanels(({ targets = [] }) => targets.length === 0),
  // That each is valid is seen by asking a Prometheus: test/system/monitoring/prometheus.test.ts.
  'target-promql-rule': ofTargets(({ expr }) => metricsIn(expr).length === 0),
  'target-rate-interval-rule': ofTargets(({ expr }) =>
    /\b(rate|irate)\((?:[^[\]]*)\[(?!\$__rate_interval\])/.test(expr),
  ),
  'target-job-rule': ofTargets(lacks('job')),
  'target-instance-rule': ofTargets(lacks('instance')),
  'target-counter-agg-rule': ofTargets(({ expr }) =>
    [...expr.matchAll(/(\w+)\(\s*\w+_total\{|\w+_total\{/g)].some(
      (match) => !['rate', 'irate', 'increase'].includes(match[1] ?? ''),
    ),
  ),
  'uneditable-dashboard-rule': ofDashboards(({ editable }) => (editable ? 'editable' : undefined)),
};

describe("Grafana's dashboard linter", () => {
  it.each(Object.entries(RULES))('has nothing to say by its rule %s', (_, rule) => {
    expect(rule()).toEqual([]);
  });

  it('would see selectors in every expression that names a metric', () => {
    for (const { panels } of dashboards) {
      for (const { targets = [] } of panels) {
        for (const { expr } of targets) {
          const selected = new Set(selectorsIn(expr).map(({ name }) => name));
          expect(metricsIn(expr).filter((name) => !selected.has(name))).toEqual([]);
        }
      }
    }
  });
});
