import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { withWriter } from '#tacet/store/writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import { LISTED, rawClient, SNAPSHOT, startServer, unary, until } from '../server/fixture.ts';
import { addVersion, newStore, switchTo } from './store-fixture.ts';

const OTHER = 32_475_000_001;
const QUICK = { 'list-poll': '10ms' };

/** The entries of the list that is served. */
async function entries(address: string): Promise<number | undefined> {
  const { response } = await unary(rawClient(address), dedupeService.GetLists, {});
  return response?.lists[0]?.entries;
}

const scrape = async (port: number): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

describe('a server of a store', () => {
  it('serves its current version, follows the pointer forth and back, and reads only', async () => {
    const store = await newStore();
    const first = await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 1 });
    const { server, address, errors } = await startServer(store.path, QUICK);
    expect(await entries(address)).toBe(1);
    await addVersion(store, [LISTED, OTHER]);
    await until('the new version serves', async () => (await entries(address)) === 2);
    const files = readdirSync(store.path, { recursive: true }).sort();
    await switchTo(store, first);
    await until('the old version serves', async () => (await entries(address)) === 1);
    expect(await server.reload()).toBe('unchanged');
    expect(readdirSync(store.path, { recursive: true }).sort()).toEqual(files);
    expect(errors).toEqual([]);
  });

  it('takes a new version at a reload, however long the poll', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 1 });
    const { server, address } = await startServer(store.path, { 'list-poll': '60s' });
    await addVersion(store, [LISTED, OTHER]);
    expect(await server.reload()).toBe('swapped');
    expect(await entries(address)).toBe(2);
  });

  it('goes on with the old version where the new one is damaged, and says so once', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 2 });
    const { server, address, errors } = await startServer(store.path, QUICK);
    const name = await addVersion(store, [LISTED, OTHER], { snapshotDay: SNAPSHOT - 1 });
    await until('the second version serves', async () => (await entries(address)) === 2);
    await addVersion(store, [LISTED]);
    await until('the third version serves', async () => (await entries(address)) === 1);
    truncateSync(store.listFile(name), 100_000);
    await switchTo(store, name);
    await until('it is refused', () => errors.length > 0);
    // Told at the end of a later look.
    writeFileSync(store.file('override.json'), 'no override');
    await until('it was looked at again', () => errors.length > 1);
    rmSync(store.file('override.json'));
    errors.pop();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('ERR_FORMAT_SIZE');
    expect(errors[0]).toContain('reload refused, the old list goes on');
    expect(await entries(address)).toBe(1);
    expect(server.readiness().ready).toBe(true);
    expect(await scrape(server.httpPort)).toContain(
      'tacet_list_reloads_total{outcome="refused"} 1',
    );
    const last = await addVersion(store, [LISTED, OTHER, OTHER + 1]);
    expect(await store.currentName()).toBe(last);
    await until('a whole one is taken', async () => (await entries(address)) === 3);
  });

  it('counts a refused version as settled once the pointer is back at what serves', async () => {
    const store = await newStore();
    const first = await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 1 });
    const { server } = await startServer(store.path, QUICK);
    const successful = async (): Promise<string | undefined> =>
      /^tacet_list_last_reload_successful (\d)$/m.exec(await scrape(server.httpPort))?.[1];
    const bad = await addVersion(store, [LISTED, OTHER]);
    await until('the second version serves', async () =>
      (await scrape(server.httpPort)).includes('outcome="swapped"} 1'),
    );
    await switchTo(store, first);
    await until('the first serves', async () =>
      (await scrape(server.httpPort)).includes('outcome="swapped"} 2'),
    );
    truncateSync(store.listFile(bad), 100_000);
    await switchTo(store, bad);
    await until('it is refused', async () => (await successful()) === '0');
    await switchTo(store, first);
    await until('it is settled', async () => (await successful()) === '1');
    expect(await scrape(server.httpPort)).toContain(
      'tacet_list_reloads_total{outcome="unchanged"} 1',
    );
  });

  it('goes on without a pointer, or with one that cannot be read, and says so once', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED]);
    const { address, errors } = await startServer(store.path, QUICK);
    rmSync(store.file('current'));
    writeFileSync(store.file('current'), 'no version\n');
    await until('it is told', () => errors.length > 0);
    expect(errors[0]).toContain('the store cannot be read, its list goes on');
    rmSync(store.file('current'));
    expect(await entries(address)).toBe(1);
    await addVersion(store, [LISTED, OTHER]);
    await until('the new version serves', async () => (await entries(address)) === 2);
    expect(errors).toHaveLength(1);
  });

  it('does not start without a version, and says what to do', async () => {
    const store = await newStore();
    await expect(startServer(store.path)).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('the store has no version yet. Run `tacet sync` into it'),
    });
  });

  it('shows versions, changes, age and a refused file', async () => {
    const store = await newStore();
    await addVersion(store, [LISTED], { snapshotDay: SNAPSHOT - 1 });
    await addVersion(store, [LISTED, OTHER], { added: 1, removed: 0 });
    const { server, errors } = await startServer(store.path, QUICK);
    const before = await scrape(server.httpPort);
    expect(before).toContain('tacet_list_versions{list="dncm"} 2\n');
    expect(before).toContain('tacet_list_added{list="dncm"} 1\n');
    expect(before).toContain('tacet_list_removed{list="dncm"} 0\n');
    expect(before).toContain('tacet_list_refused{list="dncm"} 0\n');
    expect(before).toContain('tacet_list_changed_in_place{list="dncm"} 0\n');
    expect(before).toContain('tacet_list_override_until_timestamp_seconds{list="dncm"} 0\n');
    expect(before).toContain('tacet_list_age_state{list="dncm",state="stale"} 0\n');
    expect(server.readiness()).toEqual({ ready: true, reasons: [] });
    const refused = '2199-01-01T031500Z-0123456789ab';
    await withWriter(store, 'test', (writer) =>
      writer.log({ event: 'refused', quarantined: refused }),
    );
    await server.reload();
    expect(await scrape(server.httpPort)).toContain('tacet_list_refused{list="dncm"} 1\n');
    const { ready, warnings } = server.readiness();
    expect([ready, warnings]).toEqual([
      true,
      [expect.stringContaining(`see quarantine/${refused} in its store`)],
    ]);
    await until('it is told', () => errors.length > 0);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('a new list was refused, the old one goes on');
  });

  it.each([
    ['25', '2026-10-25', Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23)],
    ['23', '2026-03-29', Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)],
    ['24', '2026-03-30', Date.UTC(2026, 2, 29, 22), Date.UTC(2026, 2, 30, 22)],
  ])('shows when a snapshot day of %s hours began and ended', async (_, date, startMs, endMs) => {
    const store = await newStore();
    await addVersion(store, [LISTED], { snapshotDay: parseIsoDay(date) });
    const atUnix = Math.floor(Date.now() / 1000);
    const override = { by: 'An Officer', reason: 'a test', atUnix, untilUnix: atUnix + 3600 };
    writeFileSync(store.file('override.json'), JSON.stringify(override));
    const { server } = await startServer(store.path);
    const text = await scrape(server.httpPort);
    const start = `tacet_list_snapshot_timestamp_seconds{list="dncm"} ${startMs / 1000}\n`;
    const end = `tacet_list_snapshot_end_timestamp_seconds{list="dncm"} ${endMs / 1000}\n`;
    expect(text).toContain(start);
    expect(text).toContain(end);
  });
});
