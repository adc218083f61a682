import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tacet } from './python/python.ts';

/** `make bench-peers`, so small that its figures mean nothing: that it runs, and that it checks. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const exec = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tacet-system-peers-'));
const path = (name: string): string => join(folder, name);
// PostgreSQL, which is no root, reads its input there.
chmodSync(folder, 0o755);
const program = (name: string): string => join(root, 'build/peers/bin', name);

const INSTALL_TIMEOUT_MS = 600_000;

/** Without these two lines nothing would be written. */
const MARKERS =
  '<!-- peers: begin, written by make bench-peers -->\nold\n<!-- peers: end -->\nafter\n';

beforeAll(async () => {
  await exec(join(root, 'bench/peers/install.sh'));
  await exec('npx', ['tsc', '-p', 'bench'], { cwd: root });
}, INSTALL_TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What other benches, of anybody, have in the temporary folder. */
const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('tacet-'));

describe('the bench against peers', () => {
  it('runs every contestant, checks their answers, and writes the table', async () => {
    const readme = path('README.md');
    writeFileSync(readme, `before\n${MARKERS}`);
    const sizes = {
      runs: 1,
      numbers: 200_000,
      entries: 20_000,
      rows: 5000,
      calls: 200,
      queries: 65_536,
      rate: 500_000,
      'latency-seconds': 0.2,
    };
    const flags = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const script = join(root, 'build/bench/peers/run.js');
    // Its own temporary folder, so that what it leaves behind can be seen.
    const env = { ...process.env, TMPDIR: folder };
    // Told to end before the test is given up, so that it can clean up.
    const timeout = 100_000;
    await exec(process.execPath, [script, ...flags, '--readme', readme], { env, timeout });
    const written = readFileSync(readme, 'utf8');
    expect(written).toMatch(/^before\n<!-- peers: begin.*\n<!-- peers: end -->\nafter\n$/s);
    const rows = [...written.matchAll(/^\| ([^|]+?) \| [\d.]+ \(/gm)].map((match) => match[1]);
    const streamed = ['64 KiB with dates', '64 KiB', '256 KiB with dates', '256 KiB'].flatMap(
      (load) => ['Tacet', 'C++ hash', 'C++ pbm'].map((name) => `${name}, ${load}`),
    );
    const filed = ['Tacet', 'Tacet over gRPC', 'DuckDB', 'Node stream with a Set', 'PostgreSQL'];
    expect(rows).toEqual([
      ...streamed,
      'Tacet, first second',
      'C++ hash, first second',
      ...['Tacet, messy text', 'Redis HMGET', 'Redis SMISMEMBER', 'Redis BITFIELD_RO'],
      ...[...filed, 'sort and join', ...filed],
      ...['Tacet, Check', 'grpc-js echo', 'Tacet, one-number messages'],
      ...['Tacet, one thread', 'Set', 'roaring'],
    ]);
    expect(written).not.toMatch(/NaN|Infinity|undefined/);
    expect(leftovers()).toEqual([]);
  });

  it('compares the server and pack of two checkouts in six ways', async () => {
    const script = join(root, 'build/bench/peers/versions.js');
    const sizes = ['--pairs', '1', '--entries', '20000', '--numbers', '200000', '--calls', '200'];
    const env = { ...process.env, TMPDIR: folder };
    // So short a run may well find one of two equals slower, and end with 1.
    const { stdout } = await exec(process.execPath, [script, '--against', root, ...sizes], {
      env,
    }).catch((error: { code: number; stdout: string }) => {
      expect(error.code).toBe(1);
      return error;
    });
    const compared = [...stdout.matchAll(/^\| ([^|]+?) \| a second, this \/ other \| [\d.]+ \(/gm)];
    expect(compared.map((match) => match[1])).toEqual([
      'pack',
      'stream',
      'stream with dates',
      'stream of messy text',
      'Check, 100 in flight',
      'one-number messages',
    ]);
    expect(leftovers()).toEqual([]);
  });

  it('fails where an answer is wrong, or the stream breaks', async () => {
    await tacet(['sample', 'list', '--rows', '1000', '--seed', '1', '--out', path('list.txt')]);
    await tacet(['pack', path('list.txt'), '--out', path('list.tacet')]);
    const messages = path('messages.bin');
    for (const index of ['hash', 'pbm']) {
      const flags = ['--list', path('list.tacet'), '--index', index];
      const server = spawn(program('server'), flags, { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise((resolve) => server.once('exit', resolve));
      let address = '';
      for await (const line of createInterface({ input: server.stdout })) {
        address = /^gRPC (\S+)/.exec(line)?.[1] ?? '';
        break;
      }
      const client = ['--address', address, '--messages', messages, '--count', '3'];
      try {
        writeFileSync(messages, exchange({ verdicts: [1, 4, 5] }));
        const { stdout } = await exec(program('load'), client);
        expect(JSON.parse(stdout)).toMatchObject({ numbers: 9 });
        writeFileSync(messages, exchange({ verdicts: [1, 1, 5] }));
        await expect(exec(program('load'), client)).rejects.toThrow('an answer is wrong');
        // Not a message of the proto: ended by the server before an answer.
        const head = Uint32Array.of(1, 1, 0);
        writeFileSync(messages, Buffer.concat([Buffer.from(head.buffer), Buffer.from([0xff])]));
        await expect(exec(program('load'), client)).rejects.toThrow('the stream broke');
      } finally {
        server.kill('SIGTERM');
        await ended;
      }
    }
  });
});

/** One message of a mobile number that is not on the list, a foreign one and none, for `load`. */
function exchange({ verdicts }: { verdicts: readonly number[] }): Buffer {
  const numbers = Buffer.from(BigUint64Array.of(32_499_999_999n, 441_632_960_001n, 7n).buffer);
  const request = Buffer.concat([Buffer.from([0x12, numbers.length]), numbers]);
  const answer = Buffer.from([0x12, verdicts.length, ...verdicts]);
  const head = Uint32Array.of(verdicts.length, request.length, answer.length);
  return Buffer.concat([Buffer.from(head.buffer), request, answer]);
}
