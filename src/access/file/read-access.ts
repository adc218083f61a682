import { hash } from 'node:crypto';
import { readSmallFile } from '../../disk/small-file.ts';
import { Access } from '../access.ts';
import { readClients } from './clients.ts';
import type { Faults } from './faults.ts';
import { readParties } from './parties.ts';
import { readChecked } from './read-checked.ts';

/**
 * Reads and checks an access file, all of it. Errors: ERR_IO and ERR_LIMIT of the file;
 * ERR_ACCESS_FILE, which lists every fault with its place and how to mend it, and shows no token,
 * nor its hash.
 */
export async function readAccess(path: string, bytesMax: number): Promise<Access> {
  return accessIn(await readSmallFile(path, bytesMax), path);
}

/** The same of bytes that were read from `path`. Errors: ERR_ACCESS_FILE. */
export function accessIn(bytes: Uint8Array, path: string): Access {
  const { access, faults } = checkAccess(bytes);
  if (access === undefined) throw faults.toError(path);
  return access;
}

/** Checks the bytes of an access file; `access` is undefined if there are faults. */
export function checkAccess(bytes: Uint8Array): {
  readonly access: Access | undefined;
  readonly faults: Faults;
} {
  const { value, faults } = readChecked(bytes, (found) => {
    const file = found.members(['parties', 'clients']);
    const parties = readParties(file.parties);
    return new Access(parties, readClients(file.clients, parties), hash('sha256', bytes));
  });
  return { access: value, faults };
}
