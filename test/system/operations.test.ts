import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../deploy/dashboards.ts';

/** What docs/OPERATIONS.md shows, run as it stands. */

const PLACES = mkdtempSync(join(tmpdir(), 'tacet-operations-'));
afterAll(() => {
  rmSync(join(ROOT, 'build/ops'), { recursive: true, force: true });
  rmSync(PLACES, { recursive: true, force: true });
});

const page = readFileSync(join(ROOT, 'docs/OPERATIONS.md'), 'utf8');
const blocksOf = (kind: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms'))].map(
    (match) => match[1] ?? '',
  );

describe('the page for operators', () => {
  it('leads from nothing to a monitored service, a backup, an upgrade and a clean end', () => {
    const blocks = blocksOf('sh');
    expect(blocks).toHaveLength(11);
    // The places of the machine are folders of the test; nothing is copied that can be linked.
    const steps = blocks
      .join('\n')
      .replaceAll(/(?<=^|[\s='"]|file:\/\/)(\/(?:opt|etc|srv|var|usr)\/)/gm, `${PLACES}$1`)
      .replaceAll('-o tacet -g tacet', '')
      .replaceAll(/^cp -r (?=.*opt\/tacet-)/gm, 'cp -rl ');
    const script = `source test/system/operations.sh\n${steps}\nfinish tacet\n`;
    const env = { ...process.env, PLACES, ROOT, NODE: process.execPath };
    // A network of its own: the ports of the page may be taken on this machine.
    const said = execFileSync(
      'unshare',
      ['--map-root-user', '--net', 'timeout', '240', 'bash', '-c', script],
      { cwd: ROOT, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    expect(said).toContain('2 rule files found');
    expect(said).toMatch(/^serving$/m);
    expect(said).toMatch(/tacet_ready|\{.*job="tacet"/);
    expect(said).not.toContain('DAMAGED');
    expect(readFileSync(join(ROOT, 'build/overview.html'), 'utf8')).toContain('all serve');
  }, 300_000);

  it('has lines for nginx that nginx takes', () => {
    const certificate = ['-newkey', 'ec:<(openssl ecparam -name prime256v1)', '-days', '1'];
    const made = `openssl req -x509 -nodes -subj /CN=x ${certificate.join(' ')}`;
    const tls = join(PLACES, 'etc/tacet/tls');
    mkdirSync(tls, { recursive: true });
    const files = `-keyout ${tls}/server.key -out ${tls}/server.crt`;
    execFileSync('bash', ['-c', `${made} ${files} && cp ${tls}/server.crt ${tls}/clients.crt`], {
      stdio: 'ignore',
    });
    const [lines = ''] = blocksOf('nginx');
    const server = readFileSync(join(ROOT, 'deploy/nginx/tacet.conf'), 'utf8')
      .replace(/^ *listen .*;$/m, lines)
      .replaceAll('/etc/tacet', `${PLACES}/etc/tacet`);
    const config = join(PLACES, 'nginx.conf');
    const logs = `error_log stderr; pid ${PLACES}/nginx.pid;`;
    writeFileSync(config, `${logs} events {} http { access_log off; ${server} }`);
    const tested = spawnSync('nginx', ['-t', '-c', config], { encoding: 'utf8' });
    expect(tested.stderr).toContain('test is successful');
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
