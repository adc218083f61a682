import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { metricsOf, sampleValue } from '../../observe/exposition.ts';
import { afterTest, type StartedServer, smallList, startServer, until } from '../fixture.ts';

const ASKED = 'GET /livez HTTP/1.1\r\nHost: tacet\r\n\r\n';
const SLOW: [name: string, text: string][] = [
  ['nothing', ''],
  ['half a request line', 'GET /li'],
  ['half of the headers', 'GET /livez HTTP/1.1\r\nHost: ta'],
  ['half of a body', 'POST /livez HTTP/1.1\r\nHost: tacet\r\nContent-Length: 100\r\n\r\nhalf'],
];

function open({ server }: StartedServer, text: string): Socket {
  const socket = connect(server.httpPort, '127.0.0.1', () => socket.write(text));
  socket.on('error', () => undefined);
  socket.resume();
  afterTest(() => socket.destroy());
  return socket;
}

async function isLive({ server }: StartedServer): Promise<boolean> {
  const signal = AbortSignal.timeout(1000);
  return (await fetch(`http://127.0.0.1:${server.httpPort}/livez`, { signal })).ok;
}

describe('the HTTP port', () => {
  it.each(SLOW)('closes a client that sends %s after --header-timeout', async (_name, text) => {
    const started = await startServer(await smallList(), { 'header-timeout': '300ms' });
    const sockets = Array.from({ length: 5 }, () => open(started, text));
    await until('they are closed', () => sockets.every(({ closed }) => closed), 3000);
    expect(await isLive(started)).toBe(true);
  });

  it.each(SLOW)('answers while more than its maximum send %s', async (_name, text) => {
    const flags = { 'header-timeout': '1m', 'http-connections-max': '8' };
    const started = await startServer(await smallList(), flags);
    const sockets = Array.from({ length: 20 }, () => open(started, text));
    await until('twelve made room', () => sockets.filter(({ closed }) => closed).length >= 12);
    for (let probe = 0; probe < 3; probe++) expect(await isLive(started)).toBe(true);
    const { samples } = await metricsOf(started.server.httpPort);
    const reason = { reason: 'http-connections' };
    expect(sampleValue(samples, 'tacet_limits_reached_total', reason)).toBeGreaterThanOrEqual(12);
  });

  it('cuts off a client that asks on and on before it has its answer', async () => {
    const started = await startServer(await smallList());
    const socket = open(started, '').pause();
    let read = '';
    socket.on('data', (bytes) => {
      read += bytes.toString();
    });
    const asked = 'GET /metrics HTTP/1.1\r\nHost: tacet\r\n\r\n';
    for (let part = 0; part < 50; part++) socket.write(asked.repeat(100));
    await pause(500);
    socket.resume();
    await until('it is cut off', () => socket.closed);
    expect(read.split('HTTP/1.1 200').length - 1).toBeLessThanOrEqual(1);
    expect(await isLive(started)).toBe(true);
  });

  it('keeps a client that asks again and again', async () => {
    const flags = { 'header-timeout': '300ms', 'http-connections-max': '2' };
    const started = await startServer(await smallList(), flags);
    const client = open(started, '');
    let answers = 0;
    client.on('data', (bytes) => {
      answers += bytes.toString().split('HTTP/1.1 200').length - 1;
    });
    for (let call = 0; call < 10; call++) {
      client.write(ASKED);
      await pause(100);
    }
    expect(answers).toBe(10);
    expect(client.closed).toBe(false);
  });
});
