import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a server at `max` connections: the oldest that asks nothing makes room for a new one. If
 * all are being answered, the new one is closed.
 *
 * @param onClosed called for every connection that is closed for it
 */
export function limitConnections(server: Server, max: number, onClosed: () => void): void {
  /** Oldest first, with what is being answered on each. */
  const open = new Map<Socket, number>();
  server.on('connection', (socket) => {
    open.set(socket, 0);
    socket.once('close', () => open.delete(socket));
    if (open.size <= max) return;
    // The newest has asked nothing yet.
    for (const [oldest, answering] of open) {
      if (answering > 0) continue;
      oldest.destroy();
      open.delete(oldest);
      return onClosed();
    }
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const add = (count: number): void => {
      const answering = open.get(socket);
      if (answering !== undefined) open.set(socket, answering + count);
    };
    add(1);
    response.once('close', () => add(-1));
  });
}
