import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../deploy/dashboards.ts';

/** What docs/OPERATIONS.md shows, run as it stands. */

afterAll(() => rmSync(join(ROOT, 'build/ops'), { recursive: true, force: true }));

const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');

describe('the page for operators', () => {
  it('leads to a monitored server, a reload and a clean end', () => {
    const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
    expect(blocks).toHaveLength(3);
    rmSync(join(ROOT, 'build/ops'), { recursive: true, force: true });
    // A network of its own: the ports of the page may be taken on this machine.
    const script = `set -e -o pipefail
ip link set lo up
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
${blocks.join('\n')}`;
    const said = execFileSync(
      'unshare',
      ['--map-root-user', '--net', 'timeout', '60', 'bash', '-c', script],
      { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(said).toContain('{"ready":true,"reasons":[]}');
    expect(said).toContain('2 rule files found');
    expect(said).toMatch(/tacet_ready|\{.*job="tacet"/);
  });

  it('names every metric of Tacet, and none that there is not', () => {
    const sources = execFileSync('grep', ['-rhoE', "'tacet_[a-z_]+'", 'src/observe'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    const real = new Set(
      sources
        .trim()
        .split('\n')
        .map((name) => name.slice(1, -1)),
    );
    const table = page.slice(page.indexOf('| metrics |'));
    let prefix = '';
    const named = [...table.matchAll(/`(tacet_list|tacet|)(_[a-z_]+)`/g)].map((match) => {
      prefix =
        match[1] === '' ? prefix : (/^(tacet_list)_/.exec(`${match[1]}${match[2]}`)?.[1] ?? '');
      return match[1] === '' ? `${prefix}${match[2]}` : `${match[1]}${match[2]}`;
    });
    const ours = new Set(named.filter((name) => name.startsWith('tacet_')));
    expect([...real].filter((name) => !ours.has(name))).toEqual([]);
    expect([...ours].filter((name) => !real.has(name))).toEqual([]);
  });
});
