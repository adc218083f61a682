import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ROOT } from '../deploy/dashboards.ts';

/** What systemd, docker-compose and promtool say of the files under deploy. */

const DEPLOY = join(ROOT, 'deploy');
const folder = mkdtempSync(join(tmpdir(), 'tacet-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SERVICES = ['tacet.service', 'tacet-sync.service'];

describe('systemd', () => {
  it('finds nothing wrong with the units', () => {
    // It also asks whether the program is there, which here is wherever Node is.
    const paths = [...SERVICES, 'tacet-sync.timer'].map((name) => {
      const path = join(folder, name);
      const unit = readFileSync(join(DEPLOY, 'systemd', name), 'utf8');
      writeFileSync(path, unit.replaceAll('/usr/bin/node', process.execPath));
      return path;
    });
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], {
      encoding: 'utf8',
    });
    expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it.each(SERVICES)('rates the exposure of %s below 2', (name) => {
    const path = join(DEPLOY, 'systemd', name);
    const said = execFileSync('systemd-analyze', ['security', '--offline=true', path], {
      encoding: 'utf8',
    });
    const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
    expect(exposure).toBeGreaterThan(0);
    expect(exposure).toBeLessThan(2);
  });

  it('allows every system call that the server needs', () => {
    const allowed = systemCalls('@system-service');
    for (const call of systemCalls('@privileged')) allowed.delete(call);
    for (const call of systemCalls('@keyring')) allowed.delete(call);
    // Those that a start, answers, a reload and a stop were seen to make.
    const needed = [
      ...['mmap', 'madvise', 'mprotect', 'pipe2', 'eventfd2', 'epoll_pwait', 'clone3', 'futex'],
      ...['socket', 'listen', 'accept4', 'statx', 'statfs', 'pread64', 'getdents64', 'prlimit64'],
    ];
    expect(needed.filter((call) => !allowed.has(call))).toEqual([]);
  });
});

/** The system calls of a set of systemd's, those of the sets in it included. */
function systemCalls(set: string): Set<string> {
  const said = execFileSync('systemd-analyze', ['syscall-filter', set], { encoding: 'utf8' });
  const names = said
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return new Set(names.flatMap((name) => (name.startsWith('@') ? [...systemCalls(name)] : [name])));
}

describe('docker-compose', () => {
  it('reads the compose file, and refuses to start Grafana without a password', () => {
    const read = (env: Record<string, string>) =>
      spawnSync('docker-compose', ['-f', join(DEPLOY, 'compose/compose.yaml'), 'config', '-q'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ...env },
      });
    expect(read({ GRAFANA_PASSWORD: 'secret' })).toMatchObject({ status: 0, stderr: '' });
    expect(read({}).stderr).toContain('choose a password for Grafana');
  });
});

describe('promtool', () => {
  it('finds nothing wrong with the scrape of a cluster', () => {
    const scrape = parse(
      readFileSync(join(DEPLOY, 'kubernetes/prometheus-scrape.yml'), 'utf8'),
    ) as { scrape_configs: Record<string, unknown>[] };
    for (const config of scrape.scrape_configs) {
      // Debian builds Prometheus without the discovery of Kubernetes.
      expect(config['kubernetes_sd_configs']).toEqual([{ role: 'pod' }]);
      delete config['kubernetes_sd_configs'];
    }
    const path = join(folder, 'prometheus.yml');
    writeFileSync(path, stringify(scrape));
    const said = execFileSync('promtool', ['check', 'config', path], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
  });
});
