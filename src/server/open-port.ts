import { TacetError } from '../errors.ts';
import { type Address, addressText } from '../options/values.ts';

/** Why an address cannot be listened on, and what to do. */
const REASONS: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  EADDRINUSE: ['it is in use', 'Stop what listens there (`ss -lptn` tells), or choose another'],
  EACCES: [
    'this user may not',
    'Choose a port from 1024 on, or a folder the user may write; CAP_NET_BIND_SERVICE allows ports',
  ],
  EPERM: ['this user may not', 'A sandbox or a security module forbids it'],
  EADDRNOTAVAIL: [
    'this machine has no such address',
    'Choose one of those that `ip address` shows, or 0.0.0.0 for all',
  ],
  ENOTFOUND: ['there is no such name', 'Check the name, or give an address'],
  EAI_AGAIN: ['the name cannot be resolved now', 'Check the name server, or give an address'],
  EAFNOSUPPORT: ['this machine has no such kind of address', 'Give an IPv4 address'],
  ENOENT: ['there is no such folder', 'Create the folder, as RuntimeDirectory= of systemd does'],
  ENOTSOCK: ['a file that is no socket is there', 'Remove it, or choose another path'],
  EMFILE: ['no descriptors are left', 'Raise the limit of open files: LimitNOFILE='],
};

/** Has `listen` open the address of an option. Errors: ERR_IO if it cannot, with the reason. */
export async function openPort<Opened>(
  flag: string,
  address: Address,
  listen: () => Promise<Opened>,
): Promise<Opened> {
  try {
    return await listen();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const [why, fix] = REASONS[code] ?? [String(cause), 'Choose another address'];
    throw new TacetError('ERR_IO', {
      what: `cannot listen: ${why}`,
      where: `--${flag} ${addressText(address)}`,
      ...(code !== '' && { got: code }),
      fix,
      cause,
    });
  }
}
