import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, type Running, start, until } from '../cli/commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

/**
 * The socket that systemd gives a service, and what is told there, one notice a line. A notice may
 * carry a descriptor whose sender waits until it is closed.
 */
const LISTEN = `
import os, socket, struct, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(sys.argv[1])
print('listening', flush=True)
while True:
    notice, descriptors, _ = socket.recv_fds(told, 4096, 1)[:3]
    for descriptor in descriptors: os.close(descriptor)
    if notice != b'BARRIER=1': print(notice.decode().replace('\\n', ' '), flush=True)
`;

/** A server as systemd starts it, and the notices it gives. */
async function notifying(name: string, environment: Readonly<Record<string, string>> = {}) {
  const path = folder.file(name);
  const systemd = spawn('python3', ['-c', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  systemd.stdout.on('data', (bytes: Buffer) => {
    told += bytes.toString();
  });
  await until('systemd listens', () => told.includes('listening\n'));
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const env = { NOTIFY_SOCKET: path, ...environment };
  const server = start(['serve', '--list', list, ...ports], { env });
  const notices = (): string[] => told.trimEnd().split('\n').slice(1);
  return { server, notices, end: () => systemd.kill() };
}

async function stopped({ child, ended }: Running): Promise<number | null> {
  child.kill('SIGTERM');
  return (await ended).code;
}

describe.concurrent('a service of Type=notify', () => {
  it('says when its port answers, when it reloads, and when it stops', async () => {
    const { server, notices, end } = await notifying('life');
    await until('it is ready', () => notices().includes('READY=1'));
    expect(server.stderr()).toContain('"msg":"serving"');
    server.child.kill('SIGHUP');
    await until('it is ready again', () => notices().length >= 3);
    expect(await stopped(server)).toBe(0);
    await until('all is told', () => notices().length >= 4);
    expect(notices()).toEqual([
      'READY=1',
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=\d+$/),
      'READY=1',
      'STOPPING=1',
    ]);
    end();
  });

  it('feeds the watchdog while it turns, not while it hangs', async () => {
    const { server, notices, end } = await notifying('watchdog', { WATCHDOG_USEC: '600000' });
    const fed = (): number => notices().filter((notice) => notice === 'WATCHDOG=1').length;
    await until('it is fed', () => fed() >= 3);
    server.child.kill('SIGSTOP');
    await pause(500);
    const before = fed();
    await pause(1000);
    expect(fed()).toBe(before);
    server.child.kill('SIGCONT');
    await until('it is fed again', () => fed() > before);
    expect(await stopped(server)).toBe(0);
    end();
  });

  it('serves although nobody can be told, and says so', async () => {
    const { server, end } = await notifying('untold', { PATH: '/nowhere' });
    await until('it serves', () => server.stdout().includes('is serving'));
    await until('it says so', () => server.stderr().includes('systemd could not be told'));
    expect(await stopped(server)).toBe(0);
    end();
  });
});
