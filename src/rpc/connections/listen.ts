import { lstat, rm, stat } from 'node:fs/promises';
import { type AddressInfo, connect, type ListenOptions, type Server } from 'node:net';
import { dirname } from 'node:path';
import { hasCode } from '../../errors.ts';

/** Opens a port; 0 is any free one. Resolves with the port, rejects with the system's error. */
export async function listenOn(server: Server, options: ListenOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A connection that cannot be accepted, e.g. for lack of descriptors, must not end the process.
  server.on('error', () => undefined);
  const bound = server.address() as AddressInfo | string;
  return typeof bound === 'string' ? 0 : bound.port;
}

/**
 * Opens a socket of the file system, with permission bits, in place of one that a server left
 * behind. Rejects with the system's error: EADDRINUSE if a server answers there, ENOTSOCK if
 * something else is there.
 */
export async function listenAt(server: Server, path: string, mode: number): Promise<void> {
  // Node says EACCES where there is no such folder.
  await stat(dirname(path));
  await removeUnanswered(path);
  // It must never be open to more users than it is to be.
  const umask = process.umask(0o777 & ~mode);
  // Node creates the socket before this returns.
  const listening = listenOn(server, { path });
  process.umask(umask);
  await listening;
}

async function removeUnanswered(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) throw Object.assign(new Error('no socket'), { code: 'ENOTSOCK' });
  if (!(await answers(path))) await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT')) resolve(false);
      else reject(error);
    });
  });
}
