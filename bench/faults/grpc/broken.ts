/** Connections that break HTTP/2, or are none: each is opened, does its wrong, and is left. */
import type { Attack, Fault } from '../fault.js';
import { H2Connection } from '../wire/connection.js';
import {
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  PREFACE,
  rstStream,
  settings,
  uint32,
} from '../wire/frames.js';
import { callBlock } from '../wire/hpack.js';
import { CHECK, EMPTY_MESSAGE, GET_LISTS, ONE_CHECK } from './messages.js';

const LISTS = callBlock(GET_LISTS);

/** Opens `perSecond` connections a second, sends `bytes`, and leaves them open or lets them go. */
const send =
  (perSecond: number, bytes: (attack: Attack) => Buffer) =>
  (attack: Attack): Promise<void> =>
    attack.pace(perSecond, () => {
      attack.connect(attack.target.grpcPort).resume().write(bytes(attack));
    });

/** Makes a call, then does something wrong on the same connection. */
const afterACall =
  (perSecond: number, wrong: (connection: H2Connection, stream: number, attack: Attack) => void) =>
  (attack: Attack): Promise<void> =>
    attack.pace(perSecond, () => {
      const connection = new H2Connection(attack);
      const stream = connection.open(LISTS);
      connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
      wrong(connection, stream, attack);
    });

/** A ClientHello of TLS 1.2 with nothing in it. */
const TLS_HELLO = Buffer.concat([
  Buffer.of(0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 3),
  Buffer.alloc(32, 7),
  Buffer.of(0, 0, 2, 0x13, 1, 1, 0),
]);

export const BROKEN: readonly Fault[] = [
  {
    name: 'half-a-preface',
    report: 'RFC 9113, section 3.4',
    how: '100 connections a second that send 1 to 23 bytes of the preface and close',
    play: (attack) =>
      attack.pace(100, () => {
        const socket = attack.connect(attack.target.grpcPort).resume();
        socket.end(PREFACE.subarray(0, attack.random.between(1, 23)));
      }),
  },
  {
    name: 'http-1-on-the-grpc-port',
    report: 'CVE-2021-22883, grpc/grpc #8945',
    how: '100 connections a second with an HTTP/1.1 request',
    play: send(100, () => Buffer.from('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')),
  },
  {
    name: 'tls-on-the-grpc-port',
    report: 'CVE-2021-22883',
    how: '100 connections a second with a TLS ClientHello',
    play: send(100, () => TLS_HELLO),
  },
  {
    name: 'junk-behind-the-preface',
    report: 'RFC 9113, section 3.4',
    how: '350 connections a second whose preface is followed by random bytes',
    play: send(350, (attack) =>
      Buffer.concat([
        PREFACE,
        Buffer.from(Array.from({ length: 100 }, () => attack.random.below(256))),
      ]),
    ),
  },
  {
    name: 'no-settings',
    report: 'RFC 9113, section 3.4',
    how: '100 connections a second whose first frame is no SETTINGS',
    play: send(100, () => Buffer.concat([PREFACE, headers(1, LISTS)])),
  },
  {
    name: 'oversized-frame',
    report: 'RFC 9113, section 4.2',
    how: '100 connections a second with a frame that claims 16 MiB',
    play: send(100, (attack) =>
      Buffer.concat([
        PREFACE,
        settings(),
        frame(attack.random.below(10), { stream: 1, claims: 2 ** 24 - 1 }),
        Buffer.alloc(1000),
      ]),
    ),
  },
  {
    name: 'frames-of-a-wrong-size',
    report: 'RFC 9113, section 6',
    how: '100 connections a second with frames too short or too long for their type',
    play: afterACall(100, (connection, stream, attack) => {
      const payload = Buffer.alloc(attack.random.between(0, 20));
      connection.send(frame(attack.random.between(2, 8), { stream, payload }));
    }),
  },
  {
    name: 'numbers-of-streams',
    report: 'RFC 9113, section 5.1.1',
    how: '100 connections a second with streams that are even, go backwards, or are the last',
    play: afterACall(100, (connection, _, attack) => {
      const stream = attack.random.pick([2, 1, 0, 2 ** 31 - 1]);
      connection.send(
        headers(99, callBlock(CHECK)),
        headers(stream, callBlock(CHECK)),
        data(stream, ONE_CHECK, FLAG.endStream),
        headers(101, callBlock(CHECK)),
      );
    }),
  },
  {
    name: 'data-on-closed-streams',
    report: 'RFC 9113, section 5.1',
    how: '100 connections a second with DATA, HEADERS and RST_STREAM on streams that have ended',
    play: afterACall(100, (connection, stream) => {
      connection.send(
        data(stream, ONE_CHECK, FLAG.endStream),
        headers(stream, LISTS, FLAG.endStream),
        rstStream(stream),
        data(stream, ONE_CHECK),
      );
    }),
  },
  {
    name: 'data-on-idle-streams',
    report: 'RFC 9113, section 5.1',
    how: '100 connections a second with DATA or RST_STREAM on streams that nobody has opened',
    play: afterACall(100, (connection, stream, attack) => {
      const idle = stream + 2 * attack.random.between(1, 1000);
      connection.send(attack.random.chance(0.5) ? data(idle, ONE_CHECK) : rstStream(idle));
    }),
  },
  {
    name: 'frames-between-header-blocks',
    report: 'RFC 9113, section 6.10',
    how: '100 connections a second with a DATA frame in the middle of a header block',
    play: afterACall(100, (connection) => {
      const stream = connection.nextStream();
      connection.send(frame(FRAME.headers, { stream, payload: LISTS }), data(stream, ONE_CHECK));
    }),
  },
  {
    name: 'push-promise-of-a-client',
    report: 'RFC 9113, section 8.4',
    how: '100 connections a second that promise a push, or send CONTINUATION alone',
    play: afterACall(100, (connection, stream, attack) => {
      const payload = Buffer.concat([uint32(4), LISTS]);
      const type = attack.random.pick([FRAME.pushPromise, FRAME.continuation]);
      connection.send(frame(type, { stream, payload, flags: FLAG.endHeaders }));
    }),
  },
  {
    name: 'padding-beyond-the-frame',
    report: 'RFC 9113, section 6.1',
    how: '100 connections a second with padding longer than its frame',
    play: afterACall(100, (connection) => {
      const stream = connection.open(callBlock(CHECK));
      connection.send(data(stream, Buffer.of(255, 0, 0), FLAG.padded));
    }),
  },
  {
    name: 'stream-depends-on-itself',
    report: 'RFC 7540, section 5.3.1',
    how: '100 connections a second with a stream whose parent is itself',
    play: afterACall(100, (connection) => {
      const stream = connection.nextStream();
      const payload = Buffer.concat([uint32(stream), Buffer.of(16), LISTS]);
      connection.send(headers(stream, payload, FLAG.priority | FLAG.endStream));
    }),
  },
  {
    name: 'gone-after-an-error',
    report: 'CVE-2025-23085',
    how: '100 connections a second that send invalid HEADERS and close without GOAWAY',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack);
        connection.open(Buffer.concat([LISTS, Buffer.alloc(50, 0xff)]));
        connection.socket.end();
      }),
  },
  {
    name: 'reset-in-the-middle',
    report: 'nodejs/node #42710',
    how: '100 connections a second that are reset while their call is under way',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack);
        connection.open(LISTS);
        const { socket } = connection;
        setTimeout(() => attack.drop(socket, { reset: true }), attack.random.below(10));
      }),
  },
  {
    name: 'random-frames',
    report: 'RFC 9113, section 5.4',
    how: '100 connections a second with frames of random type, flags, stream and content',
    play: afterACall(100, (connection, _, attack) => {
      for (let sent = 0; sent < 10; sent++) {
        const payload = Buffer.from(
          Array.from({ length: attack.random.below(40) }, () => attack.random.below(256)),
        );
        const stream = attack.random.below(8);
        const flags = attack.random.below(256);
        connection.send(frame(attack.random.below(11), { stream, flags, payload }));
      }
    }),
  },
];
