import type { AddressInfo, Server } from 'node:net';
import type { Address } from '../options/values.ts';

/** Opens a port; 0 is any free one. Resolves with the port, rejects with the system's error. */
export async function listenOn(
  server: Server,
  address: Address & { readonly reusePort?: boolean },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A connection that cannot be accepted, e.g. for lack of descriptors, must not end the process.
  server.on('error', () => undefined);
  // An AddressInfo, since the server listens on host and port.
  return (server.address() as AddressInfo).port;
}
