import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps a server at `max` connections: the oldest that asks nothing makes room for a new one. A
 * client that asks again before it has its answer is cut off: Node would begin all that it asks,
 * and keep the answers that it does not read.
 *
 * @param onClosed called for every connection that is closed for it
 */
export function limitConnections(server: Server, max: number, onClosed: () => void): void {
  /** Oldest first, and whether it is being answered. */
  const open = new Map<Socket, boolean>();
  server.on('connection', (socket) => {
    open.set(socket, false);
    socket.once('close', () => open.delete(socket));
    if (open.size <= max) return;
    // The newest has asked nothing yet.
    for (const [oldest, isAnswered] of open) {
      if (isAnswered) continue;
      oldest.destroy();
      open.delete(oldest);
      return onClosed();
    }
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (open.get(socket) !== false) {
      socket.destroy();
      return;
    }
    open.set(socket, true);
    response.once('close', () => {
      if (open.has(socket)) open.set(socket, false);
    });
  });
}
