import { TacetError } from '../errors.ts';
import type { Address } from '../options/values.ts';

/** Has `listen` open the port of an option. Errors: ERR_IO if it cannot. */
export async function openPort(
  flag: string,
  { host, port }: Address,
  listen: () => Promise<number>,
): Promise<number> {
  try {
    return await listen();
  } catch (cause) {
    throw new TacetError('ERR_IO', {
      what: 'cannot listen',
      where: `--${flag} ${host.includes(':') ? `[${host}]` : host}:${port}`,
      got: cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause),
      fix: 'Choose a free port of an address of this machine',
      cause,
    });
  }
}
