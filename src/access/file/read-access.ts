import { hash } from 'node:crypto';
import { readSmallFile } from '../../disk/small-file.ts';

import { Access } from '../access.ts';
import { readClients } from './clients.ts';
import { Faults, ReadingEnded } from './faults.ts';
import { FileValue } from './file-value.ts';
import { readJson } from './json.ts';
import { readParties } from './parties.ts';

/**
 * Reads and checks an access file, all of it. Errors: ERR_IO and ERR_LIMIT of the file;
 * ERR_ACCESS_FILE, which lists every fault with its place and how to mend it, and shows no token,
 * nor its hash.
 */
export async function readAccess(path: string, bytesMax: number): Promise<Access> {
  const { access, faults } = checkAccess(await readSmallFile(path, bytesMax));
  if (access === undefined) throw faults.toError(path);
  return access;
}

/** Checks the bytes of an access file; `access` is undefined if there are faults. */
export function checkAccess(bytes: Uint8Array): {
  readonly access: Access | undefined;
  readonly faults: Faults;
} {
  const faults = new Faults();
  try {
    const access = accessOf(bytes, faults);
    return { access: faults.listed.length === 0 ? access : undefined, faults };
  } catch (error) {
    if (error instanceof ReadingEnded) return { access: undefined, faults };
    throw error;
  }
}

function accessOf(bytes: Uint8Array, faults: Faults): Access {
  const json = readJson(textOf(bytes, faults), faults);
  const file = new FileValue(json, undefined, faults).members(['parties', 'clients']);
  const parties = readParties(file.parties);
  return new Access(parties, readClients(file.clients, parties), hash('sha256', bytes));
}

function textOf(bytes: Uint8Array, faults: Faults): string {
  let text: string;
  try {
    // Drops the byte order mark.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return faults.end({ place: '', what: 'is not UTF-8', fix: 'Save it in that encoding' });
  }
  if (text.trim() !== '') return text;
  return faults.end({ place: '', what: 'is empty', fix: 'Write parties and clients into it' });
}
