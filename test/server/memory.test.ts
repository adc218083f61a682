import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodeKeys, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import {
  afterTest,
  callHeaders,
  DEDUPE,
  framed,
  http2Session,
  LISTED,
  SCALE,
  smallList,
} from './fixture.ts';

const CLI = fileURLToPath(import.meta.resolve('#tacet/cli/index.js'));
const RUN_MS = 1000 * SCALE;

/** A server of its own process, so that its memory can be told from this one's. */
async function serve(): Promise<{ address: string; rssMib(): number }> {
  const flags = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0', '--log-level', 'warn'];
  const args = [CLI, 'serve', '--list', await smallList(), '--workers', '2', ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  afterTest(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /^gRPC +(\S+)$/.exec(line)?.[1];
    if (address === undefined) continue;
    const rssMib = (): number => {
      const text = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
    };
    return { address, rssMib };
  }
  throw new Error('the server did not start');
}

/** Sends `message` over and over for `forMs`; how many bytes were taken. */
function push(
  session: ClientHttp2Session,
  message: Buffer,
  { forMs, reads }: { forMs: number; reads: boolean },
): Promise<{ sent: number; read: number }> {
  const stream = session.request(callHeaders(DEDUPE));
  stream.on('error', () => undefined);
  let sent = 0;
  let read = 0;
  if (reads) {
    stream.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
  } else stream.pause();
  const endMs = performance.now() + forMs;
  return new Promise((resolve) => {
    const write = (): void => {
      if (stream.destroyed || performance.now() > endMs) return;
      sent += message.length;
      if (stream.write(message)) setImmediate(write);
      else stream.once('drain', write);
    };
    write();
    setTimeout(() => {
      stream.destroy();
      resolve({ sent, read });
    }, forMs);
  });
}

/** The largest messages there may be. */
const MESSAGES: [string, Buffer][] = [
  ['the most numbers', framed(encodeKeys(new Float64Array(131_072).fill(LISTED)))],
  ['the longest text', framed(encodePhoneNumbers(new Array(131_000).fill('+32 475123456 ')))],
];

describe.each(MESSAGES)('a client that sends %s', (_, message) => {
  it.each([
    ['and never reads', false],
    ['and never ends', true],
  ])('%s costs the server less than 64 MiB', async (__, reads) => {
    const { address, rssMib } = await serve();
    const session = http2Session(address, { initialWindowSize: reads ? 4 << 20 : 65_535 });
    // What any server has grown to that has worked a while, which takes some seconds on Node 24.
    const usual = framed(encodeKeys(new Float64Array(8192).fill(LISTED)));
    let before = 0;
    for (let round = 0, quiet = 0; round < 10 && quiet < 2; round++) {
      await push(session, usual, { forMs: 1000, reads: true });
      quiet = rssMib() > before + 4 ? 0 : quiet + 1;
      before = Math.max(before, rssMib());
    }
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, rssMib());
    }, 20);
    const { sent, read } = await push(session, message, { forMs: RUN_MS, reads });
    clearInterval(watch);
    expect(sent).toBeGreaterThanOrEqual(message.length);
    if (reads) expect(read).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(64);
  });
});

/** One HTTP/2 frame of stream 1; settings are of stream 0. */
function frame(type: number, flags: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(type === 4 ? 0 : 1, 5);
  return Buffer.concat([head, payload]);
}

/** A header field as HPACK has it literally. */
const field = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.of(0, name.length),
    Buffer.from(name),
    Buffer.of(value.length),
    Buffer.from(value),
  ]);

describe('a client that sends a message byte by byte', () => {
  it('costs the server less than 64 MiB, however small its frames', async () => {
    const { address, rssMib } = await serve();
    const socket = connect(Number(address.split(':')[1]), '127.0.0.1').resume();
    afterTest(() => socket.destroy());
    const fields = { ':method': 'POST', ':path': DEDUPE, ':scheme': 'http', ':authority': 'a' };
    const headers = { ...fields, te: 'trailers', 'content-type': 'application/grpc' };
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(4, 0, Buffer.alloc(0)));
    const block = Buffer.concat(Object.entries(headers).map(([name, value]) => field(name, value)));
    socket.write(frame(1, 4, block));
    // The head of a message of 2 MiB, then its first million bytes.
    socket.write(frame(0, 0, Buffer.of(0, 0, 0x20, 0, 0)));
    const before = rssMib();
    let most = before;
    const bytes = Buffer.concat(new Array<Buffer>(5000).fill(frame(0, 0, Buffer.of(0))));
    for (let sent = 0; sent < 1_000_000; sent += 5000) {
      if (!socket.write(bytes)) await once(socket, 'drain');
      most = Math.max(most, rssMib());
    }
    expect(socket.destroyed).toBe(false);
    expect(most - before).toBeLessThan(64);
  });
});
