/** What is sent to the port of probes and metrics, right and wrong. */
import type { Socket } from 'node:net';
import type { Attack, Fault } from '../fault.js';

/** A request of HTTP/1.1, its lines as told. */
export function request(line: string, ...headers: readonly string[]): string {
  return [line, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

/** Sends a request on each of `perSecond` connections a second, and reads what comes. */
const each =
  (perSecond: number, write: (socket: Socket, attack: Attack) => void) =>
  (attack: Attack): Promise<void> =>
    attack.pace(perSecond, () => {
      write(attack.connect(attack.target.httpPort).resume(), attack);
    });

/** Writes `part` again and again on `count` connections, as fast as `perSecond` and they allow. */
const endless =
  (
    { count, perSecond }: { count: number; perSecond: number },
    first: string,
    part: string | Buffer,
  ) =>
  async (attack: Attack): Promise<void> => {
    const open = (): Socket => {
      const socket = attack.connect(attack.target.httpPort).resume();
      socket.write(first);
      return socket;
    };
    const sockets = Array.from({ length: count }, open);
    let turn = 0;
    await attack.pace(perSecond, () => {
      const index = turn++ % count;
      let socket = sockets[index];
      if (socket === undefined || !socket.writable) {
        socket = open();
        sockets[index] = socket;
      }
      if (!socket.writableNeedDrain) socket.write(part);
    });
  };

const CHUNKED = request('POST /metrics HTTP/1.1', 'Transfer-Encoding: chunked');

export const REQUESTS: readonly Fault[] = [
  {
    name: 'http-large-body',
    report: 'CVE-2020-8251',
    how: '2 POSTs of 8 GiB, 64 MiB a second of them',
    play: endless(
      { count: 2, perSecond: 1024 },
      request('POST /metrics HTTP/1.1', 'Content-Length: 8589934592'),
      Buffer.alloc(65_536),
    ),
  },
  {
    name: 'http-endless-chunks',
    report: 'CVE-2024-22019',
    how: '2 POSTs whose chunk extension never ends, 16 MiB a second',
    play: endless({ count: 2, perSecond: 256 }, `${CHUNKED}1;`, Buffer.alloc(65_536, 'a')),
  },
  {
    name: 'http-wrong-chunks',
    report: 'CVE-2022-32213',
    how: '200 requests a second with chunks whose length is none, negative, or beyond 2^64',
    play: each(200, (socket, attack) => {
      const size = attack.random.pick(['z', '-1', 'fffffffffffffffff', '0x10', '1\n', '']);
      socket.write(`${CHUNKED}${size}\r\na\r\n`);
    }),
  },
  {
    name: 'http-two-lengths',
    report: 'CVE-2024-27982, CVE-2022-35256',
    how: '200 requests a second with two lengths, a space before one, or both kinds',
    play: each(200, (socket, attack) => {
      const lines = attack.random.pick([
        ['Content-Length: 5', 'Content-Length: 6'],
        [' Content-Length: 42'],
        ['Content-Length: 5', 'Transfer-Encoding: chunked'],
        ['Transfer-Encoding: chunked, identity'],
        ['Transfer-Encoding : chunked'],
      ]);
      const hidden = request('GET /metrics HTTP/1.1');
      socket.write(`${request('POST /livez HTTP/1.1', ...lines)}0\r\n\r\n${hidden}`);
    }),
  },
  {
    name: 'http-pipelined-unread',
    report: 'CVE-2013-4450',
    how: '2,000 pipelined scrapes a second on 4 connections that read nothing',
    play: async (attack) => {
      const sockets = Array.from({ length: 4 }, () => attack.connect(attack.target.httpPort));
      const scrapes = request('GET /metrics HTTP/1.1').repeat(20);
      await attack.pace(100, () => {
        const socket = attack.random.pick(sockets);
        if (!socket.writableNeedDrain) socket.write(scrapes);
      });
    },
  },
  {
    name: 'http-large-headers',
    report: 'CVE-2018-12121',
    how: '100 requests a second with a header of 80 KB, or 3,000 small ones',
    play: each(100, (socket, attack) => {
      const headers = attack.random.chance(0.5)
        ? [`X-Large: ${'a'.repeat(80_000)}`]
        : Array.from({ length: 3000 }, (_, index) => `x${index}: 1`);
      socket.write(request('GET /metrics HTTP/1.1', ...headers));
    }),
  },
  {
    name: 'http-long-urls',
    report: 'CVE-2018-12121',
    how: '100 requests a second with a URL of 4 to 100 KB, or none that can be read',
    play: each(100, (socket, attack) => {
      const long = 'a'.repeat(attack.random.pick([4000, 15_000, 100_000]));
      const url = attack.random.pick([`/metrics?${long}`, `/${long}`, '//', 'http://', '/%ff%00']);
      socket.write(request(`GET ${url} HTTP/1.1`));
    }),
  },
  {
    name: 'http-other-methods',
    report: 'RFC 9110, section 9',
    how: '200 requests a second with HEAD, OPTIONS, TRACE, CONNECT, PRI, or a method of letters',
    play: each(200, (socket, attack) => {
      const methods = ['HEAD', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'DELETE', 'PURGE', 'X'];
      socket.write(request(`${attack.random.pick(methods)} /metrics HTTP/1.1`));
    }),
  },
  {
    name: 'http-versions',
    report: 'RFC 9112, section 2.3',
    how: '200 requests a second of HTTP/0.9, 1.0, 2.0 and 9.9, or of none',
    play: each(200, (socket, attack) => {
      const odd = ['GET /metrics', 'GET /metrics HTTP/1.0', 'GET / HTTP/9.9', '\x16\x03\x01', '\0'];
      socket.write(`${attack.random.pick(odd)}\r\n\r\n`);
    }),
  },
  {
    name: 'http-expect',
    report: 'oven-sh/bun #33293',
    how: '200 requests a second that expect 100-continue, or something else, and send no body',
    play: each(200, (socket, attack) => {
      const expected = attack.random.pick(['100-continue', '200-maybe']);
      const length = 'Content-Length: 1000';
      socket.write(request('POST /metrics HTTP/1.1', `Expect: ${expected}`, length));
    }),
  },
  {
    name: 'http-upgrade',
    report: 'RFC 7540, section 3.2',
    how: '200 requests a second that ask for h2c or a WebSocket, and go on as if they had it',
    play: each(200, (socket, attack) => {
      const protocol = attack.random.pick(['h2c', 'websocket', 'TLS/1.0']);
      const lines = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`];
      socket.write(request('GET /livez HTTP/1.1', ...lines, 'HTTP2-Settings: AAMAAABkAAQAAP__'));
      socket.write(Buffer.alloc(100, 0x81));
    }),
  },
  {
    name: 'http-ranges',
    report: 'CVE-2011-3192',
    how: '100 scrapes a second of 1,000 ranges that overlap, as gzip',
    play: each(100, (socket, attack) => {
      const ranges = Array.from({ length: 1000 }, (_, index) => `${index}-`).join(',');
      const lines = [`Range: bytes=${ranges}`, 'Accept-Encoding: gzip'];
      socket.end(request('GET /metrics HTTP/1.1', ...lines, `X-N: ${attack.random.below(9)}`));
    }),
  },
];
