import { unlinkSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TacetClient } from '#tacet/client/index.js';
import { ListStore } from '#tacet/store/store.js';
import { protoNames } from '#tacet/wire/json.js';
import { SNAPSHOT } from '../server/fixture.ts';
import { addVersion } from '../serving/store-fixture.ts';
import {
  dateFromToday,
  Folder,
  packSource,
  SOURCE,
  serve,
  start,
  stop,
  tacet,
  until,
} from './commands.ts';

const folder = new Folder();
const PORTS = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
/** Up to date: the newest registration is of yesterday. */
const FRESH = `${SOURCE}0475123458;${dateFromToday(-1)}\n`;
const CONTACTS = 'phone\n0475123456\n0475999999\n';
let layout = '';

beforeAll(async () => {
  const list = await packSource(folder);
  const { stdout } = await tacet(['inspect', list, '--json']);
  layout = folder.write('layout.json', JSON.stringify(JSON.parse(stdout).layout));
});
afterAll(() => folder.remove());

const urlOf = (path: string): string => pathToFileURL(path).href;

/** Syncs a source into a store, made where there is none; the store's path. */
async function synced(name: string, source: string): Promise<string> {
  const from = urlOf(folder.write(`${name}.txt`, source));
  const store = folder.file(name);
  const ended = await tacet(['sync', '--store', store, '--from', from, '--confirm-layout']);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return store;
}

describe.concurrent('a store in place of a list file', () => {
  it('is what check, dedupe and inspect take', async () => {
    const store = await synced('fresh', FRESH);
    const checked = await tacet(['check', '0475123456', '--list', store, '--json']);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      verdict: 'blocked',
      lists: [{ entries: 4, snapshot_date: dateFromToday(-1), override: null }],
    });
    const inspected = await tacet(['inspect', store, '--json']);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ entries: 4 });
    const contacts = folder.write('contacts.csv', CONTACTS);
    const summary = folder.file('summary.json');
    const outputs = ['--callable', folder.file('callable.csv'), '--summary', summary];
    const deduped = await tacet(['dedupe', contacts, '--list', store, ...outputs]);
    expect(deduped.code).toBe(0);
    expect(folder.text('callable.csv')).toBe('phone\n0475999999\n');
    expect(JSON.parse(folder.text('summary.json'))).toMatchObject({ blocked: 1, override: null });
  });

  it('answers past valid_until under an override alone, and the summary says whose', async () => {
    // No sync lets such a list in: it has grown old in its store.
    const store = folder.file('old');
    const opened = await ListStore.open(store, { create: true });
    await addVersion(opened, [32475123456], { snapshotDay: SNAPSHOT - 8 });
    const contacts = folder.write('old contacts.csv', CONTACTS);
    const summary = folder.file('old summary.json');
    const outputs = ['--callable', folder.file('old callable.csv'), '--summary', summary];
    const dedupe = ['dedupe', contacts, '--list', store, ...outputs];
    expect(await tacet(dedupe)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERR_LIST_STALE'),
    });
    const decided = ['--by', 'An Officer', '--reason', 'the source is down', '--for', '2h'];
    expect((await tacet(['list', 'override', store, ...decided])).code).toBe(0);
    const ended = await tacet(dedupe);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toMatch(
      /freshness overridden until \S+ \S+ Brussels time by An Officer: the source is down/,
    );
    const override = {
      by: 'An Officer',
      reason: 'the source is down',
      at_unix: expect.any(Number),
      until_unix: expect.any(Number),
    };
    const evidence = JSON.parse(folder.text('old summary.json'));
    expect(evidence).toMatchObject({ override, lists: [{ override }] });
    expect(evidence.override.until_unix - evidence.override.at_unix).toBe(7200);

    // The same from a server.
    const server = await serve(store);
    try {
      const client = new TacetClient(server.address);
      expect(protoNames((await client.getLists()).lists[0]?.override ?? {})).toMatchObject(
        override,
      );
      client.close();
      const served = ['dedupe', contacts, '--server', server.address, ...outputs];
      expect((await tacet(served)).code).toBe(0);
      const again = JSON.parse(folder.text('old summary.json'));
      expect(again.override).toEqual(evidence.override);
      expect(again.lists).toEqual(evidence.lists);
    } finally {
      await stop(server);
    }
    expect((await tacet(['list', 'override', store, '--clear'])).code).toBe(0);
    expect((await tacet(dedupe)).code).toBe(1);
  });
});

describe.concurrent('serve --sync-from', () => {
  it('makes the store, fetches the first list, serves it, and counts', async () => {
    const from = ['--sync-from', urlOf(folder.write('source.txt', FRESH))];
    const server = await serve(folder.file('made'), [...from, '--sync-layout', layout]);
    expect(server.stdout()).toContain(`list    dncm of ${dateFromToday(-1)}, 4 entries`);
    const metrics = await (await fetch(`http://${server.http}/metrics`)).text();
    expect(metrics).toContain('tacet_list_sync_total{list="dncm",outcome="switched"} 1\n');
    expect(metrics).toMatch(
      /^tacet_list_sync_last_success_timestamp_seconds\{list="dncm"\} 1\d{9}$/m,
    );
    expect(metrics).toContain('tacet_list_versions{list="dncm"} 1\n');
    expect((await stop(server)).code).toBe(0);
  });

  it('waits for a first list, not ready, its port closed, and ends with 0 at SIGTERM', async () => {
    const source = folder.file('not yet.txt');
    const args = ['--list', folder.file('waiting'), '--sync-from', urlOf(source)];
    const server = start([
      'serve',
      ...args,
      '--sync-layout',
      layout,
      '--list-poll',
      '50ms',
      ...PORTS,
    ]);
    const port = await until('it says its port', () =>
      /"port":(\d+),"msg":"probes and metrics are up"/.exec(server.stderr())?.at(1),
    );
    await until('a sync has failed', () => server.stderr().includes('"result":"failed"'));
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      reasons: [expect.stringContaining('no list is loaded')],
    });
    expect(server.stdout()).toBe('');
    expect(await stop(server)).toMatchObject({ code: 0, stdout: '' });
  });

  it('takes what another process syncs meanwhile', async () => {
    const store = folder.file('filled');
    const args = ['--list', store, '--sync-from', urlOf(folder.file('never.txt'))];
    const server = start(['serve', ...args, '--list-poll', '50ms', ...PORTS]);
    await until('it waits', () => server.stderr().includes('waiting for a sync'));
    await until('a sync has failed', () => server.stderr().includes('"result":"failed"'));
    await synced('filled', FRESH);
    await until('it serves', () => server.stdout().includes('4 entries'));
    expect((await stop(server)).code).toBe(0);
  });

  it('goes on with the old list where a file is refused, and tells by every way', async () => {
    const store = await synced('guarded', FRESH);
    // As if fetched long ago, so that the server syncs on its start.
    const name = folder.text('guarded/current').trim();
    const record = JSON.parse(folder.text(`guarded/versions/${name}.json`));
    const old = { ...record, packedAtUnix: record.packedAtUnix - 86_400 };
    writeFileSync(folder.file(`guarded/versions/${name}.json`), JSON.stringify(old));
    // Half of the numbers are gone, and the last line is cut.
    const from = urlOf(folder.write('half.txt', FRESH.slice(0, FRESH.length / 2)));
    const server = await serve(store, ['--sync-from', from, '--list-poll', '50ms']);
    await until('it is refused', () => server.stderr().includes('"result":"refused"'));
    const ready = await until('the probe tells', async () => {
      const answer = await fetch(`http://${server.http}/readyz`);
      const body = (await answer.json()) as { ready: boolean; warnings?: string[] };
      return body.warnings?.length === 1 && body;
    });
    expect(ready.ready).toBe(true);
    expect(ready.warnings?.[0]).toContain('a new list of dncm was refused');
    const metrics = await (await fetch(`http://${server.http}/metrics`)).text();
    expect(metrics).toContain('tacet_list_refused{list="dncm"} 1\n');
    expect(metrics).toContain('tacet_list_sync_total{list="dncm",outcome="refused"} 1\n');
    expect(metrics).toContain('tacet_list_entries{list="dncm"} 4\n');
    expect((await stop(server)).code).toBe(0);
  });

  it.each([
    ['a bad address', ['--sync-from', 'http://example.org/x'], 'the address is malformed'],
    ['a bad schedule', ['--sync-schedule', 'at night'], 'the schedule cannot be read'],
    ['two lists', ['--list', 'other'], '--sync-from fetches into one store'],
  ])('refuses %s', async (_, flags, message) => {
    const from = flags[0] === '--sync-from' ? [] : ['--sync-from', 'file:///none'];
    const ended = await tacet(['serve', '--list', folder.file('none'), ...from, ...flags]);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(message);
  });
});

describe.concurrent('serve without --sync-from', () => {
  it('refuses an empty store, and says what to do', async () => {
    const store = await synced('emptied', FRESH);
    unlinkSync(`${store}/current`);
    const ended = await tacet(['serve', '--list', store, ...PORTS]);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toContain('the store has no version yet. Run `tacet sync` into it');
  });
});
