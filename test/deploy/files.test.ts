import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSyncOptions } from '#tacet/cli/sync.js';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { SYNC_VARIABLES } from '#tacet/options/sync.js';
import { checkSyncOptions } from '#tacet/sync/options.js';
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

/** What a unit runs `tacet` with: its arguments, and its own part of the environment. */
function commandOf(unit: string): { args: string[]; environment: Record<string, string> } {
  const lines = text(unit);
  const command = /^ExecStart=\/usr\/bin\/node \S+\/index\.js (.*)$/m.exec(lines)?.[1] ?? '';
  const variables = (/^Environment=(.*)$/m.exec(lines)?.[1] ?? '').split(' ');
  const environment = Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s)));
  return { args: command.split(' '), environment };
}

describe('the systemd units', () => {
  it('stop no sooner than the server has drained', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)s$/m.exec(text('systemd/tacet.service'))?.[1]);
    const environment = { TACET_LIST: 'x' };
    const options = readServeOptions({ flags: {}, environment, config: undefined });
    expect(seconds * 1000).toBeGreaterThan(options.drainTimeoutMs);
  });

  it('let the server write its state, where docs/STATE.md has it, and nothing else', () => {
    const unit = text('systemd/tacet.service');
    const page = readFileSync(join(ROOT, 'docs/STATE.md'), 'utf8');
    const state = /`TACET_STATE=(\S+)`/.exec(page)?.[1] ?? '';
    const made = /^StateDirectory=(.*)$/m.exec(unit)?.[1] ?? '';
    expect(state).toBe(`/var/lib/${made}`);
    expect(unit).toMatch(/^StateDirectoryMode=0700$/m);
    expect(unit).toMatch(/^ProtectSystem=strict$/m);
    expect(unit).not.toMatch(/^ReadWritePaths=/m);
  });

  describe('with the settings of docs/SYNC.md', () => {
    const page = readFileSync(join(ROOT, 'docs/SYNC.md'), 'utf8');
    const settings = [...page.matchAll(/^(TACET_SYNC_\w+)=(.*)$/gm)];
    const file = Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]));

    it('fetch into the store that is served, from where they say', () => {
      const { args, environment } = commandOf('systemd/tacet-sync.service');
      expect(args.join(' ')).not.toContain('$');
      const [command, ...flags] = args;
      expect(command).toBe('sync');
      expect(Object.keys(file).filter((name) => !SYNC_VARIABLES.has(name))).toEqual([]);
      const { options } = readSyncOptions(flags, { ...environment, ...file });
      expect(() => checkSyncOptions(options)).not.toThrow();
      expect(options).toMatchObject({
        store: '/var/lib/tacet/dncm',
        from: 'sftp://acme@sftp.example.org:22/out/dncm.txt',
        keyFile: '/etc/tacet/sftp-key',
        hostKeys: [`SHA256:${'A'.repeat(43)}`],
      });
      // The unit's own store is the same.
      expect(readSyncOptions(flags, { ...file, ...environment }).options).toEqual(options);
      const served = readServeOptions({
        flags: {},
        environment: commandOf('systemd/tacet.service').environment,
        config: undefined,
      });
      expect(served.list).toEqual([options.store]);
    });

    it('let the server fetch the same, where it is given them too', () => {
      const environment = { ...commandOf('systemd/tacet.service').environment, ...file };
      const options = readServeOptions({ flags: {}, environment, config: undefined });
      expect(options).toMatchObject({
        list: ['/var/lib/tacet/dncm'],
        sync: {
          from: file['TACET_SYNC_FROM'],
          keyFile: '/etc/tacet/sftp-key',
          hostKeys: [file['TACET_SYNC_HOST_KEY']],
        },
      });
    });
  });

  it('have a timer by the clock of Brussels for the service of its name', () => {
    expect(text('systemd/tacet-sync.timer')).toMatch(/^OnCalendar=.* Europe\/Brussels$/m);
    expect(existsSync(join(DEPLOY, 'systemd/tacet-sync.service'))).toBe(true);
  });
});
