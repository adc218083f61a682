import { lstatSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { Folder, packSource, serve, stop, tacet } from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

describe.concurrent('serve --listen unix:PATH', () => {
  it('answers commands and clients, and removes the socket at its end', async () => {
    const path = folder.file('tacet.sock');
    const server = await serve(list, ['--listen', `unix:${path}`]);
    expect(server.address).toBe(`unix:${path}`);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    const address = ['--server', `unix:${path}`];
    expect(await tacet(['health', ...address])).toMatchObject({ code: 0, stdout: 'serving\n' });
    const checked = await tacet(['check', '0475123456', ...address]);
    expect(checked.stdout).toMatch(/^0475123456\tblocked\tlisted\t/);
    const client = new TacetClient(`unix:${path}`);
    const { verdicts } = await client.batchCheck({ phoneNumbers: ['0475123456', '0475999999'] });
    expect([...verdicts]).toEqual([2, 1]);
    client.close();
    expect(await stop(server)).toMatchObject({ code: 0 });
    expect(folder.names()).not.toContain('tacet.sock');
  });

  it('gives the socket the mode of --listen-mode', async () => {
    const path = folder.file('mode.sock');
    const server = await serve(list, ['--listen', `unix:${path}`, '--listen-mode', '0660']);
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
    await stop(server);
  });

  it('takes the place of a socket that a killed server left, not of one that answers', async () => {
    const path = folder.file('left.sock');
    const flags = ['--listen', `unix:${path}`];
    const killed = await serve(list, flags);
    const second = await tacet(['serve', '--list', list, ...flags, '--http', '127.0.0.1:0']);
    expect(second.code).toBe(1);
    const taken = `--listen unix:${path}: cannot listen: it is in use, got EADDRINUSE`;
    expect(second.stderr).toContain(taken);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(folder.names()).toContain('left.sock');
    const next = await serve(list, flags);
    expect(await tacet(['health', '--server', `unix:${path}`])).toMatchObject({ code: 0 });
    await stop(next);
  });

  it('never replaces a file that is no socket', async () => {
    const path = folder.write('file.sock', 'somebody else has written this\n');
    const flags = ['--listen', `unix:${path}`, '--http', '127.0.0.1:0'];
    const ended = await tacet(['serve', '--list', list, ...flags]);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('a file that is no socket is there, got ENOTSOCK. Remove it');
    expect(folder.text('file.sock')).toBe('somebody else has written this\n');
  });

  it.each([
    ['a relative path', 'unix:tacet.sock'],
    ['a path that is too long', `unix:/${'a'.repeat(107)}`],
  ])('refuses %s', async (_name, address) => {
    const ended = await tacet(['serve', '--list', list, '--listen', address]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('or unix:PATH, absolute, of 107 bytes at most');
  });

  it('may be all that listens: /metrics at a socket, too', async () => {
    const path = folder.file('http.sock');
    const grpc = folder.file('grpc.sock');
    const server = await serve(list, ['--listen', `unix:${grpc}`, '--http', `unix:${path}`]);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const asked = request({ socketPath: path, path: '/readyz' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject);
      asked.end();
    });
    expect(status).toBe(200);
    await stop(server);
  });
});
