import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { COMMAND, Folder, packSource, until } from '../cli/commands.ts';

/** What only root can play on a server. */
const folder = new Folder();
const disk = folder.file('disk');
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]);
});
afterAll(() => {
  execFileSync('umount', [disk]);
  folder.remove();
});

const FLAGS = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--log-level', 'debug'];

describe('a disk that the log has filled', () => {
  it('stops nothing, and once it has room the log says how much it lost', async () => {
    const log = `${disk}/log`;
    const words = ['node', COMMAND, 'serve', '--list', list, ...FLAGS].join(' ');
    const child = spawn('bash', ['-c', `exec ${words} >${folder.file('out')} 2>>${log}`]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const address = await until('it serves', () =>
      folder.names().includes('out') ? /^gRPC +(\S+)/m.exec(folder.text('out'))?.[1] : undefined,
    );
    const client = new TacetClient(address);
    const call = () => client.check({ phoneNumber: '0475123456' });
    await until('the disk is full', async () => {
      await Promise.all(Array.from({ length: 100 }, call));
      return execFileSync('df', ['--output=avail', disk]).toString().includes('\n    0');
    });
    for (let more = 0; more < 100; more++) expect((await call()).verdict).toBe(2);
    // As logrotate does with copytruncate.
    writeFileSync(log, '');
    await until('the log goes on', () => readFileSync(log, 'utf8').includes('lines of the log'));
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const told = lines.map((line) => JSON.parse(line || '{}')).find(({ lines: lost }) => lost);
    expect(told.lines).toBeGreaterThanOrEqual(100);
    client.close();
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    rmSync(log);
  });
});

describe('the first process of a container', () => {
  it('ends with 0 at SIGTERM from its first line on', async () => {
    const command = [process.execPath, COMMAND, 'serve', '--list', list, ...FLAGS];
    const contained = ['--pid', '--fork', '--mount-proc', ...command];
    const unshare = spawn('unshare', contained, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    unshare.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const ended = new Promise((resolve) => unshare.once('exit', resolve));
    const pid = await until('it catches SIGHUP, which Node itself does not', () => {
      const children = `/proc/${unshare.pid}/task/${unshare.pid}/children`;
      const first = Number(readFileSync(children, 'utf8').split(' ')[0]);
      if (!(first > 0)) return undefined;
      const status = readFileSync(`/proc/${first}/status`, 'utf8');
      const [, caught = '0'] = /^SigCgt:\s+([0-9a-f]+)/m.exec(status) ?? [];
      return (BigInt(`0x${caught}`) & 1n) === 1n ? first : undefined;
    });
    process.kill(pid, 'SIGTERM');
    expect(await ended).toBe(0);
    expect(stderr).toContain('"msg":"stopped before the start"');
  });
});
