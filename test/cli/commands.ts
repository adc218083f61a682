import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

/** The command as it is installed: plain `node` runs the built file. */
export const COMMAND = fileURLToPath(new URL('../../dist/cli/index.js', import.meta.url));

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** All it has printed so far. */
  stdout(): string;
  stderr(): string;
}

/** What a test that failed has left running ends with its file. */
const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts `tacet ARGS`; its standard input stays open. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  return startProcess(process.execPath, [COMMAND, ...args], options);
}

export function startProcess(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Running {
  const env = { ...process.env, ...options.env };
  const child = spawn(file, args, { cwd: options.cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  // A command that ends early does not read its input; how it ended is what is tested.
  child.stdin.on('error', () => undefined);
  const textOf = (parts: Buffer[]): string => Buffer.concat(parts).toString();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const stdoutBytes = Buffer.concat(stdout);
      const texts = { stdout: stdoutBytes.toString(), stderr: textOf(stderr) };
      resolve({ code, signal, stdoutBytes, ...texts });
    });
  });
  return { child, ended, stdout: () => textOf(stdout), stderr: () => textOf(stderr) };
}

/** Runs `tacet ARGS` to its end. */
export function tacet(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { child, ended } = start(args, options);
  child.stdin?.end(options.input ?? '');
  return ended;
}

/** Waits until `condition` gives something; fails after 20 s. */
export async function until<Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await pause(10);
  }
}

/** A folder of its own for a test file, removed by the caller. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'tacet-cli-'));

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.file(name), content);
    return this.file(name);
  }

  read(name: string): Buffer {
    return readFileSync(this.file(name));
  }

  text(name: string): string {
    return this.read(name).toString();
  }

  sha256(name: string): string {
    return createHash('sha256').update(this.read(name)).digest('hex');
  }

  /** What is in it, hidden files too. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The date so many days from today in Brussels, YYYY-MM-DD. */
export function dateFromToday(days: number): string {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Brussels' });
  const [year = 0, month = 1, day = 1] = clock.format(Date.now()).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10);
}

/** Three numbers on the list, each with the day of its registration. */
export const SOURCE = '0475123456;2020-02-13\n0475123457;2021-03-14\n022345678;2018-01-02\n';

/** Packs `SOURCE` as of yesterday, or of another day. */
export async function packSource(
  folder: Folder,
  { name = 'list.tacet', snapshot = dateFromToday(-1), source = SOURCE } = {},
): Promise<string> {
  const txt = folder.write(`${name}.txt`, source);
  const out = folder.file(name);
  const { code, stderr } = await tacet(['pack', txt, '--out', out, '--snapshot', snapshot]);
  if (code !== 0) throw new Error(stderr);
  return out;
}

/** A server started for a test. */
export interface Serving extends Running {
  readonly address: string;
  readonly http: string;
}

/** Starts `tacet serve` on free ports; resolves once it serves. */
export async function serve(list: string, flags: readonly string[] = []): Promise<Serving> {
  const ports = ['--listen', '--http'].flatMap((flag) =>
    flags.includes(flag) ? [] : [flag, '127.0.0.1:0'],
  );
  const running = start(['serve', '--list', list, ...ports, ...flags]);
  const [, address = '', http = ''] = await until('the server serves', () => {
    if (running.child.exitCode !== null) throw new Error(running.stderr());
    return /^gRPC +(\S+)\nHTTP +(\S+)/m.exec(running.stdout()) ?? undefined;
  });
  return { ...running, address, http };
}

/** Stops a server and waits for its end. */
export async function stop({ child, ended }: Running): Promise<Ended> {
  child.kill('SIGTERM');
  return ended;
}
