import { appendFileSync, renameSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeKeys } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import {
  dedupe,
  LISTED,
  openStream,
  rawClient,
  smallList,
  startServer,
  status,
  temporaryFolder,
  unary,
  until,
  writeList,
} from '../server/fixture.ts';
import { addVersion, newStore } from './store-fixture.ts';

const QUICK = { 'list-poll': '10ms' };
const check = { phoneNumber: `+${LISTED}`, optInDate: '', region: '', advertiser: '' };

/** The ways to change a file under its map that do not end the process. */
const CHANGES: [string, (path: string) => void][] = [
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is written to, its size the same', (path) => utimesSync(path, 1_000_000_000, 1_000_000_000)],
];

describe('a list file that is changed in place', () => {
  it.each(CHANGES)(
    'and %s: nothing is answered any more, and people are told',
    async (_, change) => {
      const folder = temporaryFolder();
      const list = await smallList(folder);
      const { server, address, errors } = await startServer(list, QUICK);
      const client = rawClient(address);
      expect((await unary(client, dedupeService.Check, check)).response?.verdict).toBe(2);
      change(list);
      await until('it is noticed', () => !server.readiness().ready);
      const { error } = await unary(client, dedupeService.Check, check);
      expect(error?.code).toBe(status.FAILED_PRECONDITION);
      expect(error?.details).toContain('was changed in place');
      expect(error?.details).not.toContain(folder);
      const stream = await dedupe(client, [encodeKeys([LISTED])]);
      expect(stream.code).toBe(status.FAILED_PRECONDITION);
      expect(server.readiness().reasons[0]).toContain('rename a whole list file over it');
      await until('it was looked at again', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return errors.length > 0;
      });
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain('changed in place');
      const metrics = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text();
      expect(metrics).toContain('tacet_list_changed_in_place{list="dncm"} 1\n');

      // What the log says to do helps, also with the very same list.
      renameSync(await smallList(temporaryFolder()), list);
      expect(await server.reload()).toBe('swapped');
      expect(server.readiness()).toEqual({ ready: true, reasons: [] });
      expect((await unary(client, dedupeService.Check, check)).response?.verdict).toBe(2);
    },
  );

  it('ends a stream that is open', async () => {
    const list = await smallList();
    const { server, address } = await startServer(list, QUICK);
    const stream = await openStream(rawClient(address), encodeKeys([LISTED]));
    appendFileSync(list, 'more');
    await until('it is noticed', () => !server.readiness().ready);
    stream.write(encodeKeys([LISTED]));
    expect(await stream.ended).toBe(status.FAILED_PRECONDITION);
  });

  it('does not matter where it was read into memory, even cut short', async () => {
    const list = await smallList();
    const { server, address } = await startServer(list, { ...QUICK, mapping: 'shared' });
    truncateSync(list, 10);
    // The second of two looks has seen the file as it is now.
    await server.reload();
    expect(server.readiness().ready).toBe(true);
    expect((await unary(rawClient(address), dedupeService.Check, check)).response?.verdict).toBe(2);
  });

  it('is let go of at a change that is none: another file is renamed over it', async () => {
    const list = await smallList();
    const { server, errors } = await startServer(list, QUICK);
    const other = await writeList(join(temporaryFolder(), 'other'), new Map([[LISTED, 1]]));
    renameSync(other, list);
    expect(await server.reload()).toBe('swapped');
    expect(server.lists.current?.versions[0]?.entries).toBe(1);
    expect(errors).toEqual([]);
  });

  it('in a store heals with the next version, without a signal', async () => {
    const store = await newStore();
    const name = await addVersion(store, [LISTED]);
    const { server } = await startServer(store.path, QUICK);
    appendFileSync(store.listFile(name), 'more');
    await until('it is noticed', () => !server.readiness().ready);
    await addVersion(store, [LISTED, LISTED + 1]);
    await until('the new version serves', () => server.readiness().ready);
    expect(server.lists.current?.versions[0]?.entries).toBe(2);
  });
});
