/** Connections to the port of probes and metrics: too many, too slow, or left. */
import type { Socket } from 'node:net';
import type { Attack, Fault } from '../fault.js';
import { request } from './requests.js';

const SCRAPE = request('GET /metrics HTTP/1.1');
const PROBE = request('GET /livez HTTP/1.1', 'Connection: close');

const open = (attack: Attack): Socket => attack.connect(attack.target.httpPort);

/** Keeps `count` connections that `begin` has begun, and sends a byte on each a second. */
const slowly = (count: number, begin: string, slow: string) => async (attack: Attack) => {
  const start = (): Socket => {
    const socket = open(attack).resume();
    socket.write(begin);
    return socket;
  };
  const sockets = Array.from({ length: count }, start);
  let turn = 0;
  await attack.pace(count, () => {
    const index = turn++ % count;
    const socket = sockets[index];
    if (socket?.writable) socket.write(slow);
    else sockets[index] = start();
  });
};

export const HTTP_CONNECTIONS: readonly Fault[] = [
  {
    name: 'http-silent-crowd',
    report: 'hiero-ledger/hiero-block-node #3168',
    how: '200 connections that never send a byte, opened again when they are closed',
    play: slowly(200, '', ''),
  },
  {
    name: 'http-slow-headers',
    report: 'CVE-2018-12122, CVE-2019-5737',
    how: '100 requests whose headers go on, a byte a second',
    play: slowly(100, 'GET /metrics HTTP/1.1\r\nX-Slow: ', 'a'),
  },
  {
    name: 'http-slow-body',
    report: 'CVE-2020-8251',
    how: '100 requests whose bodies go on, a byte a second',
    play: slowly(100, request('POST /metrics HTTP/1.1', 'Content-Length: 100000'), 'a'),
  },
  {
    name: 'http-kept-alive',
    report: 'kubernetes/kubernetes #15643',
    how: '60 connections that have probed once and stay',
    play: slowly(60, request('GET /livez HTTP/1.1'), ''),
  },
  {
    name: 'http-probes-without-end',
    report: 'kubernetes/kubernetes #89898, #115143',
    how: '200 probes a second, each on a connection of its own',
    play: (attack) =>
      attack.pace(200, () => {
        open(attack).resume().write(PROBE);
      }),
  },
  {
    name: 'http-reset',
    report: 'kubernetes/kubernetes #115143',
    how: '200 connections a second that are reset behind their request',
    play: (attack) =>
      attack.pace(200, () => {
        const socket = open(attack);
        socket.write(SCRAPE, () => attack.drop(socket, { reset: true }));
      }),
  },
  {
    name: 'http-half-closed',
    report: 'RFC 9112, section 9.6',
    how: '100 connections a second that close their side behind half a request, and wait',
    play: (attack) =>
      attack.pace(100, () => {
        const { httpPort } = attack.target;
        const socket = attack.connect(httpPort, { halfOpen: true }).resume();
        socket.end(SCRAPE.slice(0, attack.random.between(1, SCRAPE.length)));
      }),
  },
  {
    name: 'http-scrapes-in-parallel',
    report: 'prometheus/client_golang #179, prometheus/client_js #543',
    how: '100 scrapes a second on 20 connections',
    play: async (attack) => {
      const sockets = Array.from({ length: 20 }, () => open(attack).resume());
      let turn = 0;
      await attack.pace(100, () => {
        const index = turn++ % 20;
        const socket = sockets[index];
        if (socket?.writable) socket.write(SCRAPE);
        else sockets[index] = open(attack).resume();
      });
    },
  },
  {
    name: 'http-scrapes-unread',
    report: 'fis/nano-exporter #19',
    how: '40 connections that ask for a scrape a second each and read nothing',
    play: async (attack) => {
      const sockets = Array.from({ length: 40 }, () => open(attack));
      let turn = 0;
      await attack.pace(40, () => {
        const socket = sockets[turn++ % 40];
        if (socket?.writable) socket.write(SCRAPE);
      });
    },
  },
];
