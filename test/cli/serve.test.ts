import { renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import {
  COMMAND,
  dateFromToday,
  Folder,
  packSource,
  SOURCE,
  serve,
  start,
  startProcess,
  stop,
  tacet,
  until,
} from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

/** The entries of the list that is served, and of no other. */
async function entriesServed(client: TacetClient): Promise<number | undefined> {
  return (await client.getLists()).lists[0]?.entries;
}

describe.concurrent('serve', () => {
  it('says where it serves what, and ends with 0 at SIGTERM', async () => {
    const server = await serve(list);
    const { stdout } = await tacet(['inspect', list, '--json']);
    const { sha256 } = JSON.parse(stdout) as { sha256: string };
    expect(server.stdout()).toMatch(/^tacet \d+\.\d+\.\d+ is serving\ngRPC {4}127\.0\.0\.1:\d+\n/);
    const until = `valid until ${dateFromToday(5)} 00:00 Brussels time`;
    expect(server.stdout()).toContain(
      `list    dncm of ${dateFromToday(-1)}, 3 entries, ${until}\n`,
    );
    expect(server.stdout()).toContain(`sha256 ${sha256}\n`);
    const ready = await fetch(`http://${server.http}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
    const metrics = await (await fetch(`http://${server.http}/metrics`)).text();
    expect(metrics).toContain('tacet_list_entries{list="dncm"} 3\n');
    expect(await stop(server)).toMatchObject({ code: 0, signal: null });
  });

  it('reloads at SIGHUP, and keeps the old list where the new one is bad', async () => {
    const served = folder.file('served.tacet');
    renameSync(await packSource(folder, { name: 'first.tacet' }), served);
    const server = await serve(served);
    const client = new TacetClient(server.address);
    try {
      expect(await entriesServed(client)).toBe(3);
      const source = `${SOURCE}0475123458;2022-01-01\n`;
      renameSync(await packSource(folder, { name: 'second.tacet', source }), served);
      server.child.kill('SIGHUP');
      await until('the new list serves', async () => (await entriesServed(client)) === 4);

      renameSync(folder.write('third.tacet', 'no list\n'), served);
      server.child.kill('SIGHUP');
      await until('the bad list is refused', () => server.stderr().includes('reload refused'));
      expect(server.stderr()).toContain('ERR_FORMAT_MAGIC');
      expect(await entriesServed(client)).toBe(4);
    } finally {
      client.close();
      expect((await stop(server)).code).toBe(0);
    }
  });

  it('ends at once at a second SIGTERM', async () => {
    const server = await serve(list, ['--drain-timeout', '1h']);
    const client = new TacetClient(server.address);
    const call = client.dedupe({ reopensMax: 0 });
    try {
      // 0475123456 as field 3 of a request: the stream is open once it is answered.
      const { verdicts } = await call.send({ phoneNumbers: ['0475123456'] });
      expect([...verdicts]).toEqual([2]);
      server.child.kill('SIGTERM');
      await until('it drains', () => server.stderr().includes('stopping: draining calls'));
      expect(server.child.exitCode).toBe(null);
      server.child.kill('SIGTERM');
      expect(await server.ended).toMatchObject({ code: 143 });
    } finally {
      call.cancel();
      client.close();
    }
  });

  it('does not stop because nobody reads what it prints', async () => {
    const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const server = start(['serve', '--list', list, ...ports]);
    server.child.stdout?.destroy();
    await until('it serves', () => server.stderr().includes('"msg":"serving"'));
    expect(await stop(server)).toMatchObject({ code: 0 });
  });

  it.each([
    ['--listen', ['--http', '127.0.0.1:0']],
    ['--http', ['--listen', '127.0.0.1:0']],
  ])('fails where the port of %s is taken, and says which', async (flag, other) => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    // An AddressInfo, since it listens on a port.
    const { port } = taken.address() as { port: number };
    const address = `127.0.0.1:${port}`;
    const ended = await tacet(['serve', '--list', list, flag, address, ...other]);
    taken.close();
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(
      `${flag} ${address}: cannot listen: it is in use, got EADDRINUSE. Stop what listens there`,
    );
  });

  it.each([
    ['--listen', '192.0.2.1:0', 'this machine has no such address, got EADDRNOTAVAIL. Choose one'],
    ['--http', '192.0.2.1:0', 'this machine has no such address, got EADDRNOTAVAIL. Choose one'],
    ['--listen', 'tacet.invalid:0', 'there is no such name, got ENOTFOUND. Check the name'],
    ['--http', 'tacet.invalid:0', 'there is no such name, got ENOTFOUND. Check the name'],
    ['--listen', 'unix:/no/such/folder/socket', 'there is no such folder, got ENOENT. Create'],
  ])('says why it cannot listen: %s %s', async (flag, address, why) => {
    const other = flag === '--http' ? '--listen' : '--http';
    const flags = [flag, address, other, '127.0.0.1:0', '--insecure'];
    const ended = await tacet(['serve', '--list', list, ...flags]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain(`${flag} ${address}: cannot listen: ${why}`);
  });

  it.each(['--listen', '--http'])('says that it may not have the port of %s', async (flag) => {
    const other = flag === '--http' ? '--listen' : '--http';
    const command = [process.execPath, COMMAND, 'serve', '--list', list];
    const flags = [flag, '127.0.0.1:81', other, '127.0.0.1:0'];
    // Root may have every port, unless it lacks that capability.
    const without = ['--bounding-set', '-net_bind_service', '--inh-caps', '-net_bind_service'];
    const ended = await startProcess('setpriv', [...without, ...command, ...flags]).ended;
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    const why = 'this user may not, got EACCES. Choose a port from 1024 on';
    expect(ended.stderr).toContain(`${flag} 127.0.0.1:81: cannot listen: ${why}`);
  });

  it.each([
    ['--listen', '0.0.0.0:0'],
    ['--listen', '[::]:0'],
    ['--listen', '192.0.2.1:0'],
    ['--http', '0.0.0.0:0'],
  ])('refuses %s %s, which is beyond this machine', async (flag, address) => {
    const ended = await tacet(['serve', '--list', list, flag, address]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain('--insecure');
  });

  it('listens beyond this machine with --insecure', async () => {
    const server = await serve(list, ['--listen', '0.0.0.0:0', '--insecure']);
    expect(server.address).toMatch(/^0\.0\.0\.0:\d+$/);
    const port = server.address.split(':')[1];
    expect((await tacet(['health', '--server', `127.0.0.1:${port}`])).code).toBe(0);
    expect((await stop(server)).code).toBe(0);
  });
});

describe.concurrent('the options of serve', () => {
  const printed = async (args: readonly string[], env: Record<string, string> = {}) => {
    const ended = await tacet(['serve', '--print-config', ...args], { env });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout) as Record<string, unknown>;
  };

  it('come from flags, then the environment, then the config file, then the defaults', async () => {
    const file = { list: ['c.tacet'], workers: 3, region: 'FR', 'stream-pin-max': '2h' };
    const config = ['--config', folder.write('config.json', JSON.stringify(file))];
    const env = { TACET_WORKERS: '4', TACET_REGION: 'NL', TACET_LIST: 'a.tacet:b.tacet' };
    expect(await printed([...config, '--region', 'DE'], env)).toMatchObject({
      list: ['a.tacet', 'b.tacet'],
      workers: 4,
      region: 'DE',
      'stream-pin-max': '2h',
      listen: '127.0.0.1:50051',
      http: '127.0.0.1:9464',
      'disclose-dates': false,
      verify: 'full',
      kernel: 'auto',
    });
  });

  it('are printed as a config file that gives the same options', async () => {
    const args = ['--list', 'a.tacet', '--list', 'b.tacet', '--disclose-dates', '--workers', '5'];
    const options = await printed(args);
    const config = folder.write('same.json', JSON.stringify(options));
    expect(await printed(['--config', config])).toEqual(options);
    expect(await printed([], { TACET_CONFIG: config })).toEqual(options);
  });

  it.each([
    ['a variable', {}, { TACET_WORKER: '4' }, 'unknown variable TACET_WORKER'],
    ['a key', { lists: 'a.tacet' }, {}, 'unknown key "lists"'],
    ['a value', { workers: 'many' }, {}, 'workers: bad value'],
    ['a type', { 'disclose-dates': 1 }, {}, 'disclose-dates: bad value'],
  ])('refuse %s that is not known', async (what, file, env: Record<string, string>, message) => {
    const config = ['--config', folder.write(`wrong ${what}.json`, JSON.stringify(file))];
    const ended = await tacet(['serve', '--list', list, ...config], { env });
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});
