/** An OpenSSH server with a list on it, and stores that sync from it; gone after the last test. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import { SYNC_DEFAULTS, type SyncOptions } from '#tacet/sync/options.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { dateFromToday, Folder } from '../../cli/commands.ts';
import { type KeyPair, makeKey, Sshd } from './sshd.ts';

export const folder = new Folder();
export const today = dateFromToday(-1);
export let hostKey: KeyPair;
export let userKey: KeyPair;
export let lockedKey: KeyPair;
export let sshd: Sshd;
export const remote = folder.file('dncm.txt');

/** `count` numbers, all registered yesterday: 22 bytes a line. */
export function linesOf(count: number): string {
  const lines: string[] = [];
  for (let index = 0; index < count; index++) lines.push(`04751${String(index).padStart(5, '0')}`);
  return lines.map((number) => `${number};${today}\n`).join('');
}

let stores = 0;

export function optionsOf(options: Partial<SyncOptions> = {}): SyncOptions {
  return {
    ...SYNC_DEFAULTS,
    store: folder.file(`store-${++stores}`),
    from: sshd.address(remote),
    hostKeys: [hostKey.fingerprint],
    keyFile: userKey.path,
    confirmLayout: true,
    ...options,
  };
}

/** A store that serves three numbers, so that what a failure does to it shows. */
export async function servingStore(options: Partial<SyncOptions> = {}): Promise<SyncOptions> {
  const seeded = optionsOf(options);
  const first = folder.write('first.txt', linesOf(3));
  const outcome = await syncOnce({ ...seeded, from: `file://${first}` });
  expect(outcome.result).toBe('switched');
  return seeded;
}

/** What must hold after any failure: the old version serves, nothing half is left. */
export async function expectUntouched(store: string): Promise<void> {
  const opened = await ListStore.open(store);
  const versions = await opened.history();
  expect(versions.map(({ entries }) => entries)).toEqual([3]);
  expect(await opened.currentName()).toBe(versions[0]?.name);
  expect(readdirSync(`${store}/tmp`)).toEqual([]);
  expect(readdirSync(`${store}/quarantine`)).toEqual([]);
}

beforeAll(async () => {
  hostKey = makeKey(folder.path, 'host');
  userKey = makeKey(folder.path, 'user');
  lockedKey = makeKey(folder.path, 'locked', 'a passphrase');
  sshd = await Sshd.start(folder.path, { hostKey, authorized: [userKey, lockedKey] });
});
afterAll(async () => {
  await sshd.stop();
  folder.remove();
});
