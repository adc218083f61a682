import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  dateFromToday,
  Folder,
  packSource,
  SOURCE,
  serve,
  start,
  stop,
  tacet,
  until,
} from '../cli/commands.ts';
import { freePort } from '../server/free-port.ts';

/** The life of a server as a process: what it says first, how it ends, and how it starts again. */

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

/** What `/readyz` answers. */
async function readiness(http: string): Promise<[number, unknown]> {
  const response = await fetch(`http://${http}/readyz`);
  return [response.status, await response.json()];
}

/** Asks for one number on a connection of its own; the exit code. */
async function check(address: string): Promise<number | null> {
  return (await tacet(['check', '0475123456', '--server', address])).code;
}

describe.concurrent('SIGTERM', () => {
  it('with --drain-delay: not ready at once, still answers, then ends with 0', async () => {
    // Long enough for two commands to start meanwhile on a machine that has other work.
    const server = await serve(list, ['--drain-delay', '12s']);
    const startMs = performance.now();
    server.child.kill('SIGTERM');
    await until('it is not ready', async () => (await readiness(server.http))[0] === 503);
    const notReadyMs = performance.now() - startMs;
    expect(await readiness(server.http)).toEqual([503, { ready: false, reasons: ['stopping'] }]);
    const health = await tacet(['health', '--server', server.address]);
    expect(health.code).toBe(1);
    // A balancer that has not looked yet sends new connections.
    expect(await check(server.address)).toBe(0);
    expect(server.child.exitCode).toBe(null);
    const live = await fetch(`http://${server.http}/livez`);
    expect(live.status).toBe(200);
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
    expect(notReadyMs).toBeLessThan(2500);
    expect(performance.now() - startMs).toBeGreaterThan(11_900);
  });

  it('a second time within --drain-delay ends at once', async () => {
    const server = await serve(list, ['--drain-delay', '1h']);
    server.child.kill('SIGTERM');
    await until('it waits', () => server.stderr().includes('calls are still taken'));
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 143 });
  });
});

describe.concurrent('a server that was killed', () => {
  it('starts again on the same ports, its store and its syncs as they were', async () => {
    const { grpc, http } = { grpc: await freePort(), http: await freePort() };
    const source = folder.write('source.txt', `${SOURCE}0475999999;${dateFromToday(-1)}\n`);
    const { layout } = JSON.parse((await tacet(['inspect', list, '--json'])).stdout);
    const pinned = folder.write('layout.json', JSON.stringify(layout));
    const args = ['--list', folder.file('store'), '--sync-from', `file://${source}`];
    const ports = ['--listen', `127.0.0.1:${grpc}`, '--http', `127.0.0.1:${http}`];
    const command = ['serve', ...args, ...ports, '--sync-layout', pinned];
    // Once in the middle of its first sync, once while it serves.
    for (const sign of ['"msg":"probes and metrics are up"', '"msg":"serving"']) {
      const killed = start(command);
      await until(sign, () => killed.stderr().includes(sign));
      killed.child.kill('SIGKILL');
      expect(await killed.ended).toMatchObject({ signal: 'SIGKILL' });
    }
    const again = start(command);
    await until('it serves', () => again.stdout().includes('4 entries'));
    expect(await readiness(`127.0.0.1:${http}`)).toEqual([200, { ready: true, reasons: [] }]);
    expect(await stop(again)).toMatchObject({ code: 0 });
  });
});

describe.concurrent('a start', () => {
  it('shows what is served on one screen, however many lists with long names', async () => {
    const long = await packSource(folder, { name: 'long.tacet' });
    const named = folder.file('named.tacet');
    const txt = folder.write('named.txt', SOURCE);
    const name = 'n'.repeat(63);
    const pack = ['pack', txt, '--out', named, '--snapshot', dateFromToday(-1), '--name', name];
    expect((await tacet(pack)).code).toBe(0);
    for (const flags of [[], new Array(7).fill(['--list', named]).flat()]) {
      const server = await serve(long, flags);
      const lines = server.stdout().trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(24);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
      for (const part of ['is serving', 'gRPC', 'HTTP', 'valid until', 'sha256', 'connections']) {
        expect(server.stdout()).toContain(part);
      }
      if (flags.length > 0) expect(lines).toContain('list    and 3 more: see /metrics');
      await stop(server);
    }
  });

  it('with bad options names every one of them at once, and starts nothing', async () => {
    const bad = [
      ['--workers', '0'],
      ['--listen', 'nowhere'],
      ['--region', 'Belgium'],
      ['--drain-delay=-1s'],
      ['--drain-delays', '1s'],
      ['--connection-idle'],
      ['--drain-timeout', 'soon'],
      ['--log-repeats-max', '0'],
      ['--log-level', 'loud'],
      ['--message-bytes-max', '1TB'],
    ];
    const env = { TACET_KERNEL: 'quantum', TACET_LISTE: 'x' };
    const ended = await tacet(['serve', ...bad.flat()], { env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    const named = [...bad.map(([flag]) => flag?.split('=')[0]), 'TACET_KERNEL', 'TACET_LISTE'];
    const meant = ['--drain-delays', 'TACET_LISTE'];
    expect(named.filter((name) => !ended.stderr.includes(`${name}:`))).toEqual(meant);
    expect(ended.stderr).toContain('unknown option --drain-delays. Did you mean --drain-delay?');
    expect(ended.stderr).toContain(
      'unknown variable TACET_LISTE in the environment. Did you mean TACET_LIST?',
    );
    expect(ended.stderr).toContain('--list: missing');
  });
});
