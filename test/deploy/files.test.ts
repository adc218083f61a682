import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readServeOptions } from '#tacet/server/options.js';
import { ROOT } from './dashboards.ts';

const DEPLOY = join(ROOT, 'deploy');
const text = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
}

describe('the compose file', () => {
  const { services } = parse(text('compose/compose.yaml')) as { services: Record<string, Service> };

  it('mounts what there is, and opens its ports to this machine only', () => {
    for (const { volumes = [], ports = [] } of Object.values(services)) {
      const sources = volumes.map((volume) => volume.split(':')[0] ?? '');
      const files = sources.filter((source) => source.startsWith('.'));
      const missing = files.filter((file) => !existsSync(join(DEPLOY, 'compose', file)));
      expect(missing).toEqual([]);
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('gives Tacet options that it accepts, and Prometheus its address', () => {
    const environment = services['tacet']?.environment ?? {};
    const options = readServeOptions({ flags: {}, environment, config: undefined });
    expect(options.http).toEqual({ host: '0.0.0.0', port: 9464 });
    expect(parse(text('compose/targets.yml'))).toEqual([{ targets: ['tacet:9464'] }]);
  });

  it('puts the dashboards and the data source where the provisioning looks', () => {
    const { volumes = [], environment = {} } = services['grafana'] ?? {};
    const dashboards = parse(text('grafana/provisioning/dashboards/tacet.yml')) as {
      providers: { options: { path: string } }[];
    };
    const path = dashboards.providers[0]?.options.path;
    expect(volumes).toContain(`../grafana/dashboards:${path}:ro`);
    expect(volumes).toContain('../../docs/runbooks:/usr/share/grafana/public/runbooks:ro');
    const [source] = (
      parse(text('grafana/provisioning/datasources/prometheus.yml')) as {
        datasources: { type: string; url: string; jsonData: { timeInterval: string } }[];
      }
    ).datasources;
    expect(source?.type).toBe('prometheus');
    expect(source?.url).toBe(`\${PROMETHEUS_URL}`);
    expect(environment['PROMETHEUS_URL']).toBe('http://prometheus:9090');
    const { global } = parse(text('prometheus/prometheus.yml')) as {
      global: { scrape_interval: string };
    };
    expect(source?.jsonData.timeInterval).toBe(global.scrape_interval);
  });
});

describe('the systemd units', () => {
  it('stop no sooner than the server has drained', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(text('systemd/tacet.service'))?.[1]);
    const environment = { TACET_LIST: 'x' };
    const options = readServeOptions({ flags: {}, environment, config: undefined });
    expect(seconds * 1000).toBeGreaterThan(options.drainTimeoutMs);
  });

  it('have a timer by the clock of Brussels for the service of its name', () => {
    expect(text('systemd/tacet-sync.timer')).toMatch(/^OnCalendar=.* Europe\/Brussels$/m);
    expect(existsSync(join(DEPLOY, 'systemd/tacet-sync.service'))).toBe(true);
  });
});
