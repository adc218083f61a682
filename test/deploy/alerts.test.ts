import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from './dashboards.ts';

interface Rule {
  readonly alert?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<string, string>>;
}

interface Case {
  readonly name: string;
  readonly alert_rule_test: readonly { readonly alertname: string; exp_alerts: unknown[] }[];
}

const PROMETHEUS = join(ROOT, 'deploy/prometheus');
const RUNBOOKS = join(ROOT, 'docs/runbooks');

function read<File>(folder: string): File[] {
  return readdirSync(join(PROMETHEUS, folder)).map(
    // Checked by promtool, and by what is expected of it below.
    (name) => parse(readFileSync(join(PROMETHEUS, folder, name), 'utf8')) as File,
  );
}

const alerts = read<{ groups: { rules: Rule[] }[] }>('rules')
  .flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))
  .filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined);
const cases = read<{ tests: Case[] }>('tests').flatMap(({ tests }) => tests);
const names = alerts.map(({ alert }) => alert);

describe('every alert', () => {
  it('is one of these, and has a severity and texts', () => {
    expect(names).toHaveLength(30);
    expect(new Set(names).size).toBe(30);
    for (const { alert, labels, annotations } of alerts) {
      expect([alert, labels.severity]).toEqual([
        alert,
        expect.stringMatching(/^(critical|warning)$/),
      ]);
      expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url']);
      expect(annotations['summary']).toMatch(/^[A-Z][^.]{10,}$/);
      expect(annotations['runbook_url']).toBe(`docs/runbooks/${alert}.md`);
    }
  });

  it.each(names)('%s has a case that fires, one that stays silent, one at the edge', (alert) => {
    const expected = (kind: string) => {
      const found = cases.filter(({ name }) => name === `${alert}: ${kind}`);
      expect([kind, found.length]).toEqual([kind, 1]);
      const tests = found[0]?.alert_rule_test ?? [];
      expect(tests.every(({ alertname }) => alertname === alert)).toBe(true);
      return tests.map(({ exp_alerts }) => (exp_alerts.length > 0 ? 'fires' : 'silent'));
    };
    expect(new Set(expected('fires'))).toEqual(new Set(['fires']));
    expect(new Set(expected('silent'))).toEqual(new Set(['silent']));
    // On both sides of it.
    expect(new Set(expected('edge'))).toEqual(new Set(['fires', 'silent']));
  });

  it.each(names)('%s has a page that says what it means, what to look at, what to do', (alert) => {
    const page = readFileSync(join(RUNBOOKS, `${alert}.md`), 'utf8');
    expect(page.split('\n')[0]).toBe(`# ${alert}`);
    expect(page.match(/^## .*/gm)).toEqual(['## What it means', '## Look at', '## Do']);
    for (const section of page.split(/^## /m).slice(1)) {
      expect(section.split('\n').slice(1).join('').trim().length).toBeGreaterThan(40);
    }
  });
});

describe('the runbooks and cases', () => {
  it('belong to an alert each', () => {
    expect(readdirSync(RUNBOOKS).sort()).toEqual(names.map((name) => `${name}.md`).sort());
    const tested = cases.map(({ name }) => name.split(':')[0] ?? '');
    expect(tested.filter((name) => !names.includes(name))).toEqual([]);
  });
});
