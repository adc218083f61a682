import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../deploy/dashboards.ts';

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
    expect(promtool('check', 'rules', ...files('rules'))).toContain('23 rules found');
  });

  it('finds every case of every alert as expected', () => {
    expect(promtool('test', 'rules', ...files('tests')).match(/SUCCESS/g)).toHaveLength(3);
  });

  it('would find a rule that is wrong', () => {
    const path = join(folder, 'rules/alerts.yml');
    const right = readFileSync(path, 'utf8');
    writeFileSync(path, right.replace('tacet_ready == 0', 'tacet_ready == 1'));
    expect(() => promtool('test', 'rules', 'tests/service.yml')).toThrow('TacetNotReady');
    writeFileSync(path, right);
  });
});
