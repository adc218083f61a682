import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, type Running, serve, start, stop, until } from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

/** Starts a server that gets signals once its first line has run, before it loads the rest. */
function signalled(...signals: readonly NodeJS.Signals[]): Running {
  const send = `process.on('newListener', (name) => {
    if (name !== 'SIGHUP') return;
    setImmediate(() => ${JSON.stringify(signals)}.forEach((one) => process.kill(process.pid, one)));
  });`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(send)}` };
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  return start(['serve', '--list', list, ...ports], { env });
}

describe.concurrent('a signal while a server starts', () => {
  it('SIGHUP is one reload after the start, however often it was sent', async () => {
    const server = signalled('SIGHUP', 'SIGHUP', 'SIGHUP');
    await until('it has reloaded', () => server.stderr().includes('"msg":"reload: '));
    const lines = server.stderr().split('\n');
    const serving = lines.findIndex((line) => line.includes('"msg":"serving"'));
    const reloads = lines.flatMap((line, at) => (line.includes('"msg":"reload: ') ? [at] : []));
    expect(serving).toBeGreaterThanOrEqual(0);
    expect(reloads).toEqual([expect.any(Number)]);
    expect(reloads[0]).toBeGreaterThan(serving);
    expect(await stop(server)).toMatchObject({ code: 0, signal: null });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with 0 before it serves', async (signal) => {
    const server = signalled(signal);
    const { code, stdout, stderr } = await server.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('"msg":"stopped before the start"');
  });
});

describe.concurrent('a signal that means nothing to a server', () => {
  it.each(['SIGUSR1', 'SIGUSR2'] as const)(
    '%s opens no debugger and ends nothing',
    async (signal) => {
      const server = await serve(list);
      server.child.kill(signal);
      server.child.kill('SIGHUP');
      await until('it has handled both', () => server.stderr().includes('"msg":"reload: '));
      expect(server.stderr()).not.toContain('Debugger');
      expect(await stop(server)).toMatchObject({ code: 0, signal: null });
    },
  );
});
