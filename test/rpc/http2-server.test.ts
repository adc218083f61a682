import http2 from 'node:http2';
import { Server } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { openHttp2Server } from '#tacet/rpc/connections/http2-server.js';

/** What to do when one of these fails. */
const LOOK =
  'grpc-js makes or sets up its HTTP/2 server in another way than the pinned version: compare ' +
  'createConnectionInjector, createHttp2Server and _setupHandlers of its build/src/server.js ' +
  'with what src/rpc/connections/http2-server.ts says of them';

describe('the seam to grpc-js', () => {
  it('is an HTTP/2 server with one listener of streams, and one of sessions', () => {
    let opened: ReturnType<typeof openHttp2Server> | undefined;
    expect(() => {
      opened = openHttp2Server(new Server(), {});
    }, LOOK).not.toThrow();
    expect(opened?.server.listening, LOOK).toBe(false);
    expect(opened?.server.listenerCount('session'), LOOK).toBe(1);
    // The one there was is what a stream is handed over to.
    expect(opened?.server.listenerCount('stream'), LOOK).toBe(0);
  });

  it('hands a stream over at once, so that its interceptors have run when that returns', () => {
    const seen: string[] = [];
    const grpc = new Server();
    const { handOver } = openHttp2Server(grpc, {});
    const stream = {
      once: () => undefined,
      respond: (headers: Record<string, unknown>) => seen.push(String(headers['grpc-status'])),
    };
    // The parts of a stream that are used to refuse a method that there is not.
    const refused = stream as unknown as Parameters<typeof handOver>[0];
    handOver(refused, { ':path': '/no.Such/Method', 'content-type': 'application/grpc' }, 0);
    expect(seen, LOOK).toEqual(['12']);
  });

  it('leaves node:http2 as it was, and what others make with it alone', () => {
    const { createServer } = http2;
    const first = openHttp2Server(new Server(), {});
    const other = http2.createServer();
    expect(http2.createServer).toBe(createServer);
    expect(openHttp2Server(new Server(), {}).server).not.toBe(first.server);
    expect(other.listenerCount('session')).toBe(0);
  });
});
