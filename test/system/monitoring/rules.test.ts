import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dashboards, interpolated, ROOT } from '../../deploy/dashboards.ts';

/** What promtool says of the committed configuration, rules and cases. */

const folder = mkdtempSync(join(tmpdir(), 'tacet-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(ROOT, 'deploy/prometheus'), folder, { recursive: true });

const files = (sub: string): string[] => readdirSync(join(folder, sub)).map((f) => `${sub}/${f}`);

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
}

describe('promtool', () => {
  it('finds nothing wrong with the configuration and the rules', () => {
    expect(promtool('check', 'config', 'prometheus.yml')).toContain('2 rule files found');
    expect(promtool('check', 'rules', ...files('rules'))).toContain('30 rules found');
  });

  it('finds every case of every alert as expected', () => {
    expect(promtool('test', 'rules', ...files('tests')).match(/SUCCESS/g)).toHaveLength(5);
  });

  it('would find a rule that is wrong', () => {
    const path = join(folder, 'rules/alerts.yml');
    const right = readFileSync(path, 'utf8');
    writeFileSync(path, right.replace('tacet_ready == 0', 'tacet_ready == 1'));
    expect(() => promtool('test', 'rules', 'tests/service.yml')).toThrow('TacetNotReady');
    writeFileSync(path, right);
  });
});

/** Holds the query of a panel of the list dashboard against a series of an hour, by promtool. */
function testPanel(
  title: string,
  metric: string,
  value: number,
  expected: readonly number[],
): void {
  const panels = dashboards.find(({ uid }) => uid === 'tacet-list')?.panels ?? [];
  const query = panels.find((panel) => panel.title === title)?.targets?.[0]?.expr ?? '';
  const labels = '{job="tacet",instance="a:9464",list="dncm"}';
  const test = {
    interval: '1m',
    input_series: [{ series: `${metric}${labels}`, values: `${value}x60` }],
    promql_expr_test: [
      {
        expr: interpolated(query, '1m'),
        eval_time: '1h',
        exp_samples: expected.map((seconds) => ({ labels, value: seconds })),
      },
    ],
  };
  // Every JSON is YAML.
  writeFileSync(join(folder, 'panel.yml'), JSON.stringify({ tests: [test] }));
  expect(promtool('test', 'rules', 'panel.yml')).toContain('SUCCESS');
}

describe('the list dashboard', () => {
  const success = 'tacet_list_sync_last_success_timestamp_seconds';

  it('shows how long ago the last good fetch was, and nothing where none is known', () => {
    testPanel('Since the last good fetch', success, 600, [3000]);
    testPanel('Since the last good fetch', success, 0, []);
    const wrong = (): void => testPanel('Since the last good fetch', success, 0, [3600]);
    expect(wrong).toThrow('FAILED');
  });

  it('shows the hours since the day ended, by the server that knows how long it was', () => {
    testPanel('Age', 'tacet_list_snapshot_end_timestamp_seconds', 900, [0.75]);
  });
});
