/** Syncs from the sFTP server of the tests, each into a store of its own. */
import { afterEach, expect } from 'vitest';
import { ListStore } from '#tacet/store/store.js';
import type { SyncOptions } from '#tacet/sync/options.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { syncOnce } from '#tacet/sync/sync.js';
import { dateFromToday } from '../../../cli/commands.ts';
import { newPlace, type Place } from '../../fixture.ts';
import { HOST_KEY, PASSWORD, type Quirks, SftpServer } from './sftp-server.ts';

export const PATH = '/out/dncm.txt';
export const YESTERDAY = dateFromToday(-1);
export const YESTERDAY_UNIX = Date.parse(`${YESTERDAY}T22:00:00Z`) / 1000;

/** `count` numbers, all registered on one day: 22 bytes a line. */
export function linesOf(count: number, date = YESTERDAY): string {
  let text = '';
  for (let index = 0; index < count; index++) {
    text += `04751${String(index).padStart(5, '0')};${date}\n`;
  }
  return text;
}

const servers: SftpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A server with a list of `count` numbers, closed after the test, and a store beside it. */
export async function serverWith(quirks: Quirks = {}, count = 5_000) {
  const server = await SftpServer.start(quirks);
  servers.push(server);
  server.put(PATH, linesOf(count), YESTERDAY_UNIX);
  const place = newPlace();
  return { server, place, sync: syncFrom(server, place) };
}

/** Syncs, by default with the password and with the host key pinned. */
function syncFrom(server: SftpServer, place: Place) {
  return (changes: Partial<SyncOptions> = {}, signal?: AbortSignal): Promise<SyncOutcome> => {
    const fixed = { hostKeys: [HOST_KEY.fingerprint], password: PASSWORD };
    const options = place.options({ from: server.address(PATH), ...fixed, ...changes });
    return syncOnce(options, signal === undefined ? {} : { signal });
  };
}

/** The version that serves can be read, and is of this many numbers. */
export async function expectServes(place: Place, entries: number): Promise<void> {
  const store = await ListStore.open(place.store);
  expect((await store.current())?.entries).toBe(entries);
}
