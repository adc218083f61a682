/** Calls that are wrong, endless, cancelled or too many, over HTTP/2 that is right. */
import type { Attack, Fault } from '../fault.js';
import { type H2Connection, onConnections } from '../wire/connection.js';
import { data, FLAG, message, rstStream } from '../wire/frames.js';
import { block, callBlock, callFields, type Field } from '../wire/hpack.js';
import {
  BATCH_CHECK,
  batchOf,
  CHECK,
  DEDUPE,
  EMPTY_MESSAGE,
  GET_LISTS,
  HEALTH_WATCH,
  ONE_CHECK,
  REFLECTION,
} from './messages.js';

const MUCH = batchOf(131_072);
const SOME = batchOf(1000);
const FRAME_BYTES = 16_384;

const calls =
  (perSecond: number, step: (connection: H2Connection, attack: Attack) => void) =>
  (attack: Attack): Promise<void> =>
    onConnections(attack, { connections: 2, perSecond }, (connection) => step(connection, attack));

/** One call with a message, then the end. */
function call(connection: H2Connection, header: Buffer, content: Buffer): void {
  const stream = connection.open(header);
  connection.send(data(stream, content, FLAG.endStream));
}

/** A message in as many frames as it takes. */
function sendWhole(connection: H2Connection, stream: number, content: Buffer): void {
  for (let at = 0; at < content.length; at += FRAME_BYTES) {
    connection.send(data(stream, content.subarray(at, at + FRAME_BYTES)));
  }
}

/** A call of Check with fields in place of its own. */
function checkWith(connection: H2Connection, ...fields: Field[]): void {
  const replaced = new Set(fields.map(([name]) => name));
  const kept = callFields(CHECK).filter(([name]) => !replaced.has(name));
  // Pseudo-fields come first.
  const all = [...fields, ...kept].sort(([a], [b]) => Number(b[0] === ':') - Number(a[0] === ':'));
  call(connection, block(all), ONE_CHECK);
}

/** A field within a field within a field, as deep as 10,000 bytes allow. */
const NESTED = message(Buffer.alloc(10_000, 0x0b));
const FILE_BY_SYMBOL = message(Buffer.from('\x22\x16tacet.v1.DedupeService', 'latin1'));

const MISUSED: readonly Fault[] = [
  {
    name: 'streams-over-the-limit',
    report: 'grpc/grpc-java #4202',
    how: '4,000 streams a second that are never ended, 100 at once allowed',
    play: calls(4000, (connection) => void connection.open(callBlock(DEDUPE))),
  },
  {
    name: 'streams-never-ended',
    report: 'grpc/grpc-java #4202',
    how: '400 streams on 4 connections, each with a batch a second, none of which ends',
    play: (attack) => {
      const opened = new WeakMap<H2Connection, number>();
      return onConnections(attack, { connections: 4, perSecond: 400 }, (connection) => {
        const count = opened.get(connection) ?? 0;
        opened.set(connection, count + 1);
        const stream = count < 100 ? connection.open(callBlock(DEDUPE)) : (count % 100) * 2 + 1;
        connection.send(data(stream, SOME));
      });
    },
  },
  {
    name: 'cancelled-in-the-middle',
    report: 'grpc/grpc-node #984, #1871',
    how: '400 streams a second that are cancelled while their batch is being answered',
    play: calls(400, (connection, attack) => {
      const stream = connection.open(callBlock(DEDUPE));
      connection.send(data(stream, SOME));
      setTimeout(() => connection.send(rstStream(stream)), attack.random.below(5));
    }),
  },
  {
    name: 'resets-one-after-another',
    report: 'nodejs/node #56306, #23116',
    how: '1,000 calls a second, each answered, then reset all the same',
    play: calls(1000, (connection) => {
      const stream = connection.open(callBlock(CHECK));
      connection.send(data(stream, ONE_CHECK, FLAG.endStream));
      setTimeout(() => connection.send(rstStream(stream)), 20);
    }),
  },
  {
    name: 'largest-batches',
    report: 'kubernetes/kubernetes #110083',
    how: '8 batches a second of 131,072 numbers, all that a message may hold',
    play: calls(8, (connection) => {
      const stream = connection.open(callBlock(DEDUPE));
      sendWhole(connection, stream, MUCH);
      connection.send(data(stream, Buffer.alloc(0), FLAG.endStream));
    }),
  },
  {
    name: 'one-byte-at-a-time',
    report: 'CVE-2019-9511',
    how: '4,000 DATA frames a second of one byte each, of a batch of 8 KB',
    play: (attack) => {
      const sent = new WeakMap<H2Connection, { stream: number; bytes: number }>();
      return onConnections(attack, { connections: 2, perSecond: 4000 }, (connection) => {
        const current = sent.get(connection);
        const at =
          current === undefined || current.bytes === SOME.length
            ? { stream: connection.open(callBlock(BATCH_CHECK)), bytes: 0 }
            : current;
        connection.send(data(at.stream, SOME.subarray(at.bytes, at.bytes + 1)));
        sent.set(connection, { stream: at.stream, bytes: at.bytes + 1 });
      });
    },
  },
  {
    name: 'health-watched',
    report: 'grpc/grpc-node #2975',
    how: '400 calls of Health/Watch on 4 connections that stay open',
    play: (attack) => {
      const opened = new WeakMap<H2Connection, number>();
      return onConnections(attack, { connections: 4, perSecond: 400 }, (connection) => {
        const count = opened.get(connection) ?? 0;
        opened.set(connection, count + 1);
        if (count < 100) call(connection, callBlock(HEALTH_WATCH), EMPTY_MESSAGE);
      });
    },
  },
  {
    name: 'reflection-asked-all-the-time',
    report: 'cashapp/misk #3920',
    how: '100 calls of reflection a second, each for the whole file',
    play: calls(100, (connection) => call(connection, callBlock(REFLECTION), FILE_BY_SYMBOL)),
  },
];

const MALFORMED: readonly Fault[] = [
  {
    name: 'length-beyond-the-limit',
    report: 'CVE-2024-37168',
    how: '500 messages a second that claim 4 GiB, or just over 2 MiB',
    play: calls(500, (connection, attack) => {
      const claims = attack.random.pick([2 ** 32 - 1, 2 ** 31, 2 * 1024 ** 2 + 1]);
      const path = attack.random.pick([CHECK, DEDUPE, GET_LISTS, REFLECTION]);
      call(connection, callBlock(path), message(Buffer.alloc(100), { claims }));
    }),
  },
  {
    name: 'length-not-kept',
    report: 'apple/servicetalk #3564',
    how: '500 messages a second that claim 2 MiB, send 100 bytes, and leave their call open',
    play: calls(500, (connection) => {
      const stream = connection.open(callBlock(DEDUPE));
      connection.send(data(stream, message(Buffer.alloc(100), { claims: 2 * 1024 ** 2 })));
    }),
  },
  {
    name: 'truncated-messages',
    report: 'grpc/grpc #1551',
    how: '500 calls a second that end within a message, or without any',
    play: calls(500, (connection, attack) =>
      call(
        connection,
        callBlock(attack.random.pick([CHECK, DEDUPE, BATCH_CHECK, GET_LISTS])),
        SOME.subarray(0, attack.random.below(20)),
      ),
    ),
  },
  {
    name: 'not-protobuf',
    report: 'grpc/grpc #1551',
    how: '500 messages a second of random bytes, or of fields nested 10,000 deep',
    play: calls(500, (connection, attack) => {
      const junk = Buffer.from(Array.from({ length: 60 }, () => attack.random.below(256)));
      const content = attack.random.chance(0.2) ? NESTED : message(junk);
      const path = attack.random.pick([CHECK, DEDUPE, BATCH_CHECK, GET_LISTS, REFLECTION]);
      call(connection, callBlock(path), content);
    }),
  },
  {
    name: 'compressed-messages',
    report: 'grpc/grpc-rust #2484',
    how: '500 messages a second that say they are compressed, with and without an encoding',
    play: calls(500, (connection, attack) => {
      const path = attack.random.pick([CHECK, DEDUPE, GET_LISTS, HEALTH_WATCH]);
      const encoding = attack.random.pick(['gzip', 'identity', 'deflate', 'x'.repeat(1000)]);
      const content = message(Buffer.alloc(100), { compressed: attack.random.pick([1, 2, 255]) });
      call(connection, callBlock(path, ['grpc-encoding', encoding]), content);
    }),
  },
  {
    name: 'deadlines',
    report: 'grpc/grpc-dotnet #46',
    how: '500 calls a second with deadlines of 0n, 1u, 99999999H, -1S, 1.5S, or no number at all',
    play: calls(500, (connection, attack) => {
      const odd = ['0n', '1u', '99999999H', '-1S', '1.5S', '', 'H', '1'.repeat(4000)];
      checkWith(connection, ['grpc-timeout', attack.random.pick(odd)]);
    }),
  },
  {
    name: 'wrong-content-types',
    report: 'gRPC over HTTP/2, Content-Type',
    how: '500 calls a second as JSON, as gRPC-Web, or without a content type',
    play: calls(500, (connection, attack) => {
      const odd = ['application/json', 'application/grpc-web+proto', '', 'application/grpcx'];
      checkWith(connection, ['content-type', attack.random.pick(odd)]);
    }),
  },
  {
    name: 'unknown-methods-and-paths',
    report: 'CVE-2022-21698',
    how: '500 calls a second of methods, services and paths of random names',
    play: calls(500, (connection, attack) => {
      const name = attack.random.digits(12);
      const paths = [`/tacet.v1.DedupeService/${name}`, `/${name}/${name}`, name, '', '*'];
      checkWith(connection, [':path', attack.random.pick(paths)]);
    }),
  },
  {
    name: 'wrong-methods',
    report: 'CVE-2022-21698',
    how: '500 requests a second with GET, CONNECT, or a method of random letters',
    play: calls(500, (connection, attack) => {
      const method = attack.random.pick(['GET', 'CONNECT', 'TRACE', `M${attack.random.digits(9)}`]);
      checkWith(connection, [':method', method]);
    }),
  },
];

export const CALLS: readonly Fault[] = [...MISUSED, ...MALFORMED];
