import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { COMMAND, Folder, packSource, until } from './commands.ts';

const folder = new Folder();
let list = '';

beforeAll(async () => {
  list = await packSource(folder);
});
afterAll(() => folder.remove());

interface LoggedServer {
  readonly client: TacetClient;
  /** Lines of the log that are lost, as the server says. */
  dropped(): Promise<number>;
  /** Its exit code after SIGTERM. */
  stop(): Promise<number | null>;
}

/** A server that logs every call to where a redirection of bash leads, with a buffer of 4 KiB. */
async function serveInto(name: string, redirection: string): Promise<LoggedServer> {
  const flags = '--listen 127.0.0.1:0 --http 127.0.0.1:0 --log-level debug --log-buffer-max 4KiB';
  const out = folder.file(name);
  const command = `exec node ${COMMAND} serve --list ${list} ${flags} >${out} ${redirection}`;
  const child = spawn('bash', ['-c', command], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [, address = '', http = ''] = await until('the server serves', () => {
    expect(child.exitCode).toBe(null);
    return folder.names().includes(name)
      ? (/^gRPC +(\S+)\nHTTP +(\S+)/m.exec(folder.text(name)) ?? undefined)
      : undefined;
  });
  const client = new TacetClient(address);
  return {
    client,
    async dropped() {
      const metrics = await (await fetch(`http://${http}/metrics`)).text();
      return Number(/^tacet_log_lines_dropped_total (\d+)$/m.exec(metrics)?.[1]);
    },
    stop() {
      client.close();
      child.kill('SIGTERM');
      return ended;
    },
  };
}

const CALLS = 600;

/** Calls that are each logged with some 200 bytes, more than a pipe holds in all. */
async function callOften(client: TacetClient): Promise<void> {
  const check = { phoneNumber: '0475123456' };
  const results = await Promise.all(Array.from({ length: CALLS }, () => client.check(check)));
  expect(results.filter(({ verdict }) => verdict === 2)).toHaveLength(CALLS);
}

/** What a pipe holds, without waiting for more. */
function readPipe(fd: number): string {
  const parts: Buffer[] = [];
  for (;;) {
    const part = Buffer.alloc(65_536);
    try {
      parts.push(part.subarray(0, readSync(fd, part)));
    } catch {
      return Buffer.concat(parts).toString();
    }
  }
}

describe.concurrent('a log that cannot be written', () => {
  it.each([
    ['to a full device', '2>/dev/full'],
    ['to a pipe whose reader has gone', '2> >(exec true)'],
  ])('%s: the server serves on and counts the lines', async (title, redirection) => {
    const server = await serveInto(title.replaceAll(' ', '-'), redirection);
    const before = await server.dropped();
    await callOften(server.client);
    expect((await server.dropped()) - before).toBeGreaterThanOrEqual(CALLS);
    expect(await server.stop()).toBe(0);
  });

  it('to a pipe that nobody reads: it serves on, and says later how many are lost', async () => {
    const pipe = folder.file('pipe');
    execFileSync('mkfifo', [pipe]);
    const { O_RDWR, O_NONBLOCK } = constants;
    const reader = openSync(pipe, O_RDWR | O_NONBLOCK);
    try {
      const server = await serveInto('unread', `2>${pipe}`);
      await callOften(server.client);
      const dropped = await server.dropped();
      expect(dropped).toBeGreaterThan(0);
      let read = readPipe(reader);
      await until('it says what is missing', () => {
        read += readPipe(reader);
        return read.includes('lines of the log are missing');
      });
      const lines = read
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      const said = lines.filter(({ lines: missing }) => missing !== undefined);
      expect(said.map(({ lines: missing }) => missing)).toEqual([dropped]);
      const logged = lines.filter(({ msg }) => msg === 'a call ended');
      expect(logged).toHaveLength(CALLS - dropped);
      expect(await server.stop()).toBe(0);
    } finally {
      closeSync(reader);
    }
  });

  it('is not waited for at the end either', async () => {
    const pipe = folder.file('unread-pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const server = await serveInto('unread-at-the-end', `2>${pipe}`);
      await callOften(server.client);
      expect(await server.stop()).toBe(0);
    } finally {
      closeSync(reader);
    }
  });
});
