import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServeOptions } from '../options/serve/table.ts';
import { FrameDecoder } from '../rpc/frame-decoder.ts';
import { framed } from '../rpc/frames.ts';
import { MessageBuffers } from '../rpc/message-buffers.ts';
import type { RpcServer } from '../rpc/server.ts';
import { encodeKeys, encodePhoneNumbers } from '../wire/request-writer.ts';
import { dedupeService, encodeOptions } from '../wire/service.ts';
import type { ServerTuning } from './tuning.ts';

/** What the server allows, and where it answers. */
type RehearsedServer = Pick<
  ServeOptions & ServerTuning,
  'numbersPerMessageMax' | 'messageBytesMax' | 'discloseDates' | 'workers' | 'rehearsalMs'
>;

/** Messages of usual sizes: of numbers, one number, and text. */
const STREAMED_NUMBERS = 8192;
const STREAMED_TEXTS = 64;
const LARGE_NUMBERS = 66_000;
/** Kept unanswered on a stream of large messages, and of small ones; also calls at once. */
const LARGE_IN_FLIGHT = 2;
const SMALL_IN_FLIGHT = 16;
/** All of it at the same time, on one connection. */
export const REHEARSED_STREAMS = 4 + SMALL_IN_FLIGHT;
/** Room for options and heads in a message, and for one phone number as text. */
const MESSAGE_HEAD_BYTES = 64;
const TEXT_BYTES = 32;
/** How much longer than it should a rehearsal may take, on a machine with other things to do. */
const LATE_MS = 2000;

/**
 * Has a server that nobody else reaches answer calls of every kind over a real connection, so that
 * the first client finds its code compiled, its workers with the list and its memory in place.
 *
 * @throws if a call does not end well
 */
export async function rehearse(
  rpc: Pick<RpcServer, 'adopt'>,
  server: RehearsedServer,
): Promise<void> {
  const { messageBytesMax, discloseDates, workers, rehearsalMs } = server;
  const [ours, theirs] = await socketPair();
  rpc.adopt(theirs);
  const session = connectHttp2('http://rehearsal', { createConnection: () => ours });
  // Its calls then end without a status.
  session.on('error', () => undefined);
  const timer = setTimeout(() => session.destroy(), rehearsalMs + LATE_MS);
  const bytesMax = messageBytesMax - MESSAGE_HEAD_BYTES;
  const numbersMax = Math.min(server.numbersPerMessageMax, Math.floor(bytesMax / 8));
  const textsMax = Math.min(numbersMax, Math.floor(bytesMax / TEXT_BYTES));
  const first = encodeOptions({ registrationDates: discloseDates });
  const usual = keysMessage(Math.min(STREAMED_NUMBERS, numbersMax));
  // By default too large for the event loop.
  const large = keysMessage(Math.min(LARGE_NUMBERS, numbersMax));
  const texts = textsMessage(Math.min(STREAMED_TEXTS, textsMax));
  const untilMs = performance.now() + rehearsalMs;
  const stream = (message: Buffer, inFlight: number, until = untilMs) =>
    exchange(session, dedupeService.Dedupe.path, { first, message, inFlight, untilMs: until });
  try {
    await Promise.all([
      stream(usual, LARGE_IN_FLIGHT),
      stream(keysMessage(1), SMALL_IN_FLIGHT),
      stream(texts, LARGE_IN_FLIGHT),
      // Twice, as a worker first has to get the list.
      stream(large, 2 * workers, 0),
      ...Array.from({ length: SMALL_IN_FLIGHT }, () => check(session, untilMs)),
    ]);
  } finally {
    clearTimeout(timer);
    // Not while nghttp2 is still reading: destroyed within, it may write for ever (Node 20.20).
    await nextTurn();
    session.destroy();
    theirs.destroy();
  }
}

/** Two connected sockets of this process, over loopback. Errors: those of the system. */
async function socketPair(): Promise<[Socket, Socket]> {
  const listener = createServer();
  listener.listen(0, '127.0.0.1');
  try {
    await once(listener, 'listening');
    // An AddressInfo, since it listens on host and port.
    const { port } = listener.address() as AddressInfo;
    const ours = connect(port, '127.0.0.1');
    const [[theirs]] = await Promise.all([
      once(listener, 'connection') as Promise<[Socket]>,
      once(ours, 'connect'),
    ]);
    assert(theirs.remotePort === ours.localPort, 'nobody else has connected');
    return [ours, theirs];
  } finally {
    listener.close();
  }
}

async function check(session: ClientHttp2Session, untilMs: number): Promise<void> {
  const { path, requestSerialize } = dedupeService.Check;
  const message = requestSerialize({ phoneNumber: '0470 12 34 56' });
  while (performance.now() < untilMs) {
    await exchange(session, path, { message, inFlight: 1, untilMs: 0 });
  }
}

/** The messages of one call. */
interface Exchange {
  /** Put before the first message. */
  readonly first?: Buffer;
  readonly message: Buffer;
  /** Sent at the start; then one more for each answer. */
  readonly inFlight: number;
  /** Until then, in ms of the process' clock. */
  readonly untilMs: number;
}

async function exchange(
  session: ClientHttp2Session,
  path: string,
  { first, message, inFlight, untilMs }: Exchange,
): Promise<void> {
  const buffers = new MessageBuffers(0);
  const frame = framed(message, buffers);
  const call = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const decoder = new FrameDecoder(Number.POSITIVE_INFINITY, buffers);
  let unanswered = inFlight;
  call.on('data', (chunk: Buffer) => {
    for (const _answer of decoder.write(chunk)) {
      if (performance.now() < untilMs) call.write(frame);
      else if (--unanswered === 0) call.end();
    }
  });
  let status = '';
  call.on('trailers', (trailers) => {
    status = String(trailers['grpc-status']);
  });
  if (first === undefined) call.end(frame);
  else {
    call.write(framed(Buffer.concat([first, message]), buffers));
    for (let sent = 1; sent < inFlight; sent++) call.write(frame);
  }
  await once(call, 'close');
  assert(status === '0', `the call of ${path} ended with status ${status}`);
}

/** A request of so many Belgian mobile numbers. */
function keysMessage(count: number): Buffer {
  const keys = new BigUint64Array(count);
  for (let i = 0; i < count; i++) keys[i] = BigInt(mobile(i));
  return encodeKeys(keys);
}

/** The same as text, as people write them. */
function textsMessage(count: number): Buffer {
  const texts = Array.from({ length: count }, (_, i) => {
    const digits = String(mobile(i));
    return `+${digits.slice(0, 2)} ${digits.slice(2, 5)}/${digits.slice(5)}`;
  });
  return encodePhoneNumbers(texts);
}

/** A Belgian mobile number, in another page of the list than the one before. */
function mobile(index: number): number {
  return 32_470_000_000 + ((index * 7_654_321) % 30_000_000);
}
