import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildByHand } from './dockerfile.ts';

/** What would be in the image, run as the image would be: without rights, on a read-only tree. */

const NOBODY = '65534';
const folder = mkdtempSync(join(tmpdir(), 'tacet-image-'));
const mounted: string[] = [];
let image: BuiltImage;

beforeAll(() => {
  image = buildByHand(folder);
  execFileSync('mount', ['--bind', '-o', 'ro', image.folder, image.folder]);
  mounted.push(image.folder);
  execFileSync('mount', ['-o', 'remount,bind,ro', image.folder]);
}, 300_000);

afterAll(() => {
  for (const path of mounted.splice(0)) execFileSync('umount', [path]);
  rmSync(folder, { recursive: true, force: true });
});

/** The arguments of a command of the image, as somebody who owns nothing of it. */
function asNobody(args: readonly string[]): [string, string[]] {
  const script = join(image.folder, image.workdir, 'dist/cli/index.js');
  const rights = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs'];
  return ['setpriv', [...rights, process.execPath, script, ...args]];
}

const env = { PATH: process.env['PATH'], NODE_ENV: 'production' };

function run(args: readonly string[]): string {
  const [command, all] = asNobody(args);
  return execFileSync(command, all, { encoding: 'utf8', env, cwd: '/' });
}

describe('the image', () => {
  it('runs as a user without rights, and holds what runs and nothing else', () => {
    expect(image.user).toBe('node');
    const root = join(image.folder, image.workdir);
    expect(readdirSync(root).sort()).toEqual(['dist', 'node_modules', 'package.json', 'proto']);
    for (const name of ['typescript', 'vitest', '@biomejs/biome', 'assemblyscript']) {
      expect([name, existsSync(join(root, 'node_modules', name))]).toEqual([name, false]);
    }
    expect(run(['--help'])).toContain('Usage: tacet COMMAND');
  });

  it('serves a mapped list from a read-only tree, is healthy, and ends with 0', async () => {
    const work = mkdtempSync(join(tmpdir(), 'tacet-image-work-'));
    execFileSync('chown', [NOBODY, work]);
    const path = (name: string): string => join(work, name);
    run(['sample', 'list', '--rows', '5000', '--seed', '1', '--out', path('list.txt')]);
    run(['pack', path('list.txt'), '--out', path('list.tacet')]);
    const listen = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const [command, args] = asNobody(['serve', '--list', path('list.tacet'), ...listen]);
    const server = spawn(command, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(server, 'exit');
    try {
      const addresses = new Map<string, string>();
      for await (const line of createInterface({ input: server.stdout })) {
        const [name = '', address = ''] = line.split(/ +/);
        addresses.set(name, address);
        if (name === 'dates') break;
      }
      expect(run(['health', '--server', addresses.get('gRPC') ?? ''])).toBe('serving\n');
      const metrics = await (await fetch(`http://${addresses.get('HTTP')}/metrics`)).text();
      expect(metrics).toContain('tacet_mapping_info{kind="mmap"} 1');
      expect(metrics).toMatch(/^tacet_memory_pss_bytes\{kind="file"\} [1-9]/m);
    } finally {
      server.kill('SIGTERM');
      const [code] = await ended;
      expect(code).toBe(0);
      rmSync(work, { recursive: true, force: true });
    }
  });
});
