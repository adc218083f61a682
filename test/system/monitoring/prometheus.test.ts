import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboards, interpolated, metricsIn } from '../../deploy/dashboards.ts';
import { FaultRun } from './faults.ts';
import type { Series } from './prometheus-process.ts';

/**
 * Everything the dashboards and alerts ask, asked of a real Prometheus that has watched real
 * servers: with traffic, a refused and a good reload, rejected requests, killed workers, a server
 * killed and started again, one of a store whose syncs are good and refused, and one that knows its
 * clients, over TLS.
 */

const folder = mkdtempSync(join(tmpdir(), 'tacet-prometheus-'));
const run = new FaultRun(folder);
/** Ten scrapes of a second. */
const RATE_INTERVAL = '10s';

beforeAll(() => run.play(), 180_000);
afterAll(async () => {
  await run.stop();
  rmSync(folder, { recursive: true, force: true });
});

const hasNumbers = (series: readonly Series[]): boolean =>
  series.some(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));

/** Asks for every second of the run, or for its end. */
async function hasData(expr: string, instant: boolean): Promise<boolean> {
  const asked = interpolated(expr, RATE_INTERVAL);
  const { startSeconds, endSeconds, prometheus } = run;
  const series = instant
    ? await prometheus.query(asked, endSeconds)
    : await prometheus.queryRange(asked, startSeconds, endSeconds);
  return hasNumbers(series);
}

const targets = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, instant = false }) => ({
      where: `${title}, ${panel.title}: ${expr}`,
      expr,
      instant,
    })),
  ),
);

/** The type that each metric was exposed with. */
async function exposedTypes(): Promise<Map<string, string>> {
  const metadata = await run.prometheus.api<Record<string, { type: string }[]>>('metadata');
  return new Map(Object.entries(metadata).map(([name, [first]]) => [name, first?.type ?? '']));
}

/** Metrics that only a server of a store has, and their types. */
const STORE_METRICS = [
  ['tacet_list_sync_total', 'counter'],
  ['tacet_list_refused', 'gauge'],
  ['tacet_list_versions', 'gauge'],
  ['tacet_list_added', 'gauge'],
  ['tacet_list_removed', 'gauge'],
] as const;

/** Made by Prometheus itself. */
const SYNTHETIC = new Set(['up', 'ALERTS']);

/** What is wrong with the use of metrics in an expression; empty if nothing is. */
function misuse(expr: string, types: ReadonlyMap<string, string>): string[] {
  return metricsIn(expr).flatMap((name) => {
    if (SYNTHETIC.has(name)) return [];
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    const type = types.get(family);
    const isCounted = type === 'counter' || type === 'histogram';
    const isRated = new RegExp(`(rate|increase)\\(\\s*${name}\\b`).test(expr);
    return type !== undefined && isCounted === isRated ? [] : [`${name} is ${type}: ${expr}`];
  });
}

describe('the dashboards', () => {
  it('get data for every expression of every panel, and no warnings', async () => {
    expect(targets.length).toBeGreaterThan(40);
    const empty: string[] = [];
    for (const { where, expr, instant } of targets) {
      if (!(await hasData(expr, instant))) empty.push(where);
    }
    expect(empty).toEqual([]);
  });

  it('get data for every annotation: each of these events happened', async () => {
    const empty: string[] = [];
    for (const { title, annotations } of dashboards) {
      expect(annotations.list.length).toBeGreaterThan(0);
      for (const { name, expr } of annotations.list) {
        if (!(await hasData(expr, false))) empty.push(`${title}: ${name}`);
      }
    }
    expect(empty).toEqual([]);
  });

  it('get values for every variable', async () => {
    const asked = dashboards.flatMap(({ templating }) =>
      templating.list.filter(({ type }) => type === 'query'),
    );
    expect(asked).toHaveLength(8);
    for (const { name, query } of asked) {
      const match = /^label_values\((.+), (\w+)\)$/.exec(query);
      const values = await run.prometheus.api<string[]>(`label/${match?.[2]}/values`, {
        'match[]': interpolated(match?.[1] ?? '', RATE_INTERVAL),
      });
      const expected = name === 'job' ? ['tacet'] : [...run.instances].sort();
      expect([name, values]).toEqual([name, expected]);
    }
  });

  it('use each metric by its type: counters as rates, gauges as they are', async () => {
    const types = await exposedTypes();
    expect(targets.flatMap(({ expr }) => misuse(expr, types))).toEqual([]);
    const annotated = dashboards.flatMap(({ annotations }) => annotations.list);
    expect(annotated.flatMap(({ expr }) => misuse(expr, types))).toEqual([]);
  });

  it('show what went wrong at a glance: workers that crash, and whom to ask', async () => {
    const at = async (title: string) => {
      const panel = dashboards
        .find(({ uid }) => uid === 'tacet-overview')
        ?.panels.find((candidate) => candidate.title === title);
      const expr = interpolated(panel?.targets?.[0]?.expr ?? '', RATE_INTERVAL);
      return run.prometheus.query(expr, run.endSeconds);
    };
    // Three; a counter that is some seconds old is extrapolated to a little more.
    expect((await at('Workers crashed, 10 min'))[0]?.values[0]?.[1]).toMatch(/^[34]$/);
    expect((await at('Servers not serving'))[0]?.values[0]?.[1]).toBe('0');
    const firing = await at('Alerts: click a name for its page');
    expect(firing.map(({ metric }) => [metric['alertname'], metric['instance']])).toContainEqual([
      'TacetWorkersCrashing',
      run.instances[0],
    ]);
    expect((await at('Lists being served')).map(({ metric }) => metric['instance']).sort()).toEqual(
      [...run.instances].sort(),
    );
  });
});

describe('the rules', () => {
  interface Rule {
    readonly name: string;
    readonly query: string;
    readonly health: string;
    readonly lastError?: string;
  }

  it('are all evaluated without an error, on metrics that exist', async () => {
    const { groups } = await run.prometheus.api<{ groups: { rules: Rule[] }[] }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules).toHaveLength(37);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    const types = await exposedTypes();
    const known = (name: string): boolean => SYNTHETIC.has(name) || types.has(name);
    const unknown = rules.flatMap(({ name, query }) =>
      metricsIn(query)
        .filter((metric) => !known(metric) && !known(metric.replace(/_bucket$/, '')))
        .map((metric) => `${name}: ${metric}`),
    );
    expect(unknown).toEqual([]);
    const names = new Set(rules.map(({ name }) => name));
    const recorded = rules.flatMap(({ query }) => query.match(/\b\w+:\w+:\w+\b/g) ?? []);
    expect(recorded.length).toBeGreaterThan(5);
    expect(recorded.filter((name) => !names.has(name))).toEqual([]);
  });

  it('record every series that is to be recorded', async () => {
    const { groups } = await run.prometheus.api<{ groups: { rules: Rule[] }[] }>('rules', {
      type: 'record',
    });
    for (const { name } of groups.flatMap(({ rules }) => rules)) {
      const series = await run.prometheus.query(name, run.endSeconds);
      expect([name, hasNumbers(series)]).toEqual([name, true]);
    }
  });
});

describe('the exposition', () => {
  it('of every server is clean to promtool', async () => {
    for (const instance of run.instances) {
      const input = await run.exposition(instance);
      const said = execFileSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
      expect([instance, said]).toEqual([instance, '']);
    }
  });

  it('is under 1,000 series of every server, and no scrape of a living one failed', async () => {
    const { prometheus, startSeconds, endSeconds } = run;
    const [largest] = await prometheus.query('max(scrape_samples_scraped{job="tacet"})');
    expect(Number(largest?.values[0]?.[1])).toBeGreaterThan(200);
    expect(Number(largest?.values[0]?.[1])).toBeLessThan(1000);
    const own = `up{instance="${run.instances[0]}"}`;
    const [series] = await prometheus.queryRange(own, startSeconds, endSeconds);
    expect(new Set(series?.values.map(([, value]) => value))).toEqual(new Set(['1']));
  });

  it('has what only a server of a store has, by its type, of that server alone', async () => {
    const { prometheus, endSeconds } = run;
    const types = await exposedTypes();
    for (const [name, type] of STORE_METRICS) {
      expect([name, types.get(name)]).toEqual([name, type]);
      const series = await prometheus.query(name, endSeconds);
      const instances = new Set(series.map(({ metric }) => metric['instance']));
      expect([name, [...instances]]).toEqual([name, [run.instances[2]]]);
    }
  });

  it('tells of the syncs that were: one good, the others refused', async () => {
    const { prometheus, endSeconds } = run;
    const present = async (expr: string): Promise<number> =>
      Number((await prometheus.query(expr, endSeconds))[0]?.values[0]?.[1]);
    expect(await present('tacet_list_sync_total{outcome="switched"}')).toBe(1);
    expect(await present('tacet_list_sync_total{outcome="refused"}')).toBeGreaterThan(0);
    expect(await present('tacet_list_refused')).toBe(1);
    expect(await present('tacet_list_versions')).toBe(2);
    expect(await present('tacet_list_added')).toBe(10);
    expect(await present('tacet_list_removed')).toBe(0);
    expect(
      await present('max(tacet_list_override_until_timestamp_seconds) > time()'),
    ).not.toBeNaN();
  });
});
