import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { peerOf } from '../../rpc/connections/handshake.ts';

/**
 * Keeps a server at `max` connections: the oldest that asks nothing makes room for a new one. A
 * client that asks again before it has its answer is cut off: Node would begin all that it asks,
 * and keep the answers that it does not read.
 *
 * @param onClosed called for every connection that is closed for it
 */
export function limitConnections(server: Server, max: number, onClosed: () => void): void {
  /** Oldest first, and whether it is being answered. By peer: see {@link peerOf}. */
  const open = new Map<string, { readonly socket: Socket; isAnswered: boolean }>();
  server.on('connection', (socket) => {
    const peer = peerOf(socket);
    open.set(peer, { socket, isAnswered: false });
    socket.once('close', () => {
      if (open.get(peer)?.socket === socket) open.delete(peer);
    });
    if (open.size <= max) return;
    // The newest has asked nothing yet.
    for (const [oldest, { socket, isAnswered }] of open) {
      if (isAnswered) continue;
      socket.destroy();
      open.delete(oldest);
      return onClosed();
    }
  });
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(peerOf(socket));
    if (connection?.isAnswered !== false) {
      socket.destroy();
      return;
    }
    connection.isAnswered = true;
    response.once('close', () => {
      connection.isAnswered = false;
    });
  });
}
