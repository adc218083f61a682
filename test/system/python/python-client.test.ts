import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStubs, python, TACET, tacet } from './python.ts';

/** A client that shares no code with Tacet: Python, with stubs made from the proto alone. */

const folder = mkdtempSync(join(tmpdir(), 'tacet-system-'));
const path = (name: string): string => join(folder, name);
const SEED = 20_261;

const dayFromToday = (days: number): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Brussels' }).format(
    Date.now() + days * 86_400_000,
  );

beforeAll(() => buildStubs(folder));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Serves a list; resolves once it can be asked. */
async function serve(list: string): Promise<{ address: string; server: ChildProcess }> {
  const [node, script] = TACET;
  const args = ['serve', '--list', list, '--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const server = spawn(node, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /^gRPC +(\S+)/.exec(line)?.[1];
    if (address !== undefined) return { address, server };
  }
  throw new Error('the server ended before it served');
}

function ended(server: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => server.once('exit', resolve));
}

describe('the sample client in Python', () => {
  let address = '';
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    const list = path('list.txt');
    await tacet(['sample', 'list', '--rows', '1500000', '--seed', String(SEED), '--out', list]);
    await tacet(['pack', list, '--out', path('list.tacet')]);
    ({ address, server } = await serve(path('list.tacet')));
  });

  afterAll(async () => {
    if (server === undefined) return;
    const exit = ended(server);
    server.kill('SIGTERM');
    await exit;
  });

  it('streams 5 M numbers and gets the verdicts of a Python dict', async () => {
    const script = new URL('stream_against_set.py', import.meta.url).pathname;
    const args = [script, address, path('list.txt'), '5000000', String(SEED)];
    const { stdout } = await python(folder, args);
    console.log(stdout);
    expect(stdout).toMatch(/^wrong 0, summary 5005312,/m);
  });

  it('answers phone numbers from standard input as a command', async () => {
    const script = new URL('dedupe_client.py', import.meta.url).pathname;
    const input = '0499 99 99 99\r\n+33 1 40 00 00 00\nno number\n';
    const { stdout, stderr } = await python(folder, [script, address], { input });
    expect(stdout).toBe(
      '0499 99 99 99\tVERDICT_CALLABLE\n' +
        '+33 1 40 00 00 00\tVERDICT_NOT_COVERED\n' +
        'no number\tVERDICT_UNREADABLE\n',
    );
    expect(stderr).toBe('3 numbers, 0 blocked\n');
  });

  it('says the status where no server answers', async () => {
    const script = new URL('dedupe_client.py', import.meta.url).pathname;
    await expect(python(folder, [script, '127.0.0.1:1'], { input: '1\n' })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^UNAVAILABLE: /),
    });
  });
});

describe('the service as Python sees it', () => {
  beforeAll(async () => {
    const lines = '0475123456;2020-02-13\n0475123457;2021-03-14\n021234567;2018-01-02\n';
    writeFileSync(path('small.txt'), lines);
    const out = path('small.tacet');
    await tacet(['pack', path('small.txt'), '--out', out, '--snapshot', dayFromToday(-1)]);
  });

  it.each([
    ['answers every method, health and reflection', 'service_tests.Methods'],
    ['discloses dates where it is told to', 'service_tests.DisclosedDates'],
    ['gives every status of the contract', 'service_tests.Statuses'],
    ['takes every legal wire form and refuses what is none', 'wire_tests.WireForms'],
  ])('%s', async (_, testCase) => {
    const { stderr } = await python(folder, ['-m', 'unittest', testCase], {
      env: { LIST: path('small.tacet'), SERVE: `${TACET.join(' ')} serve` },
    });
    expect(stderr).toMatch(/^OK$/m);
  });
});
