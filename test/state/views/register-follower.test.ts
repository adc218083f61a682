import { afterAll, expect, it } from 'vitest';
import type { Database } from '#tacet/state/database.js';
import { openDatabase } from '#tacet/state/open-database.js';
import { openState } from '#tacet/state/state.js';
import { RegisterFollower } from '#tacet/state/views/register-follower.js';
import { Folder } from '../../cli/commands.ts';

const folder = new Folder();
afterAll(() => folder.remove());

/** The same database, and between which revisions it was asked for changes. */
function watched(database: Database) {
  const asked: unknown[][] = [];
  const snapshot: Database['snapshot'] = (read) =>
    database.snapshot((statements) =>
      read({
        query: (sql, ...values) => {
          if (sql.includes('revision > $1')) asked.push([...values]);
          return statements.query(sql, ...values);
        },
      }),
    );
  return { asked, database: { ...database, snapshot } as Database };
}

it('what is loaded page by page is not read a second time as changes', async () => {
  const path = folder.file('state');
  const state = await openState(path, { create: true });
  const edit = (number: number) =>
    state.run('editRegister', {
      ...{ requestId: String(number), register: 'objections', operation: 'add' },
      ...{ advertiser: '*', numbers: [number], days: [20_000], isDayGiven: true },
      ...{ source: '', reference: '', by: '', reason: '', atMs: 0 },
    });
  for (const number of [32_470_000_000, 32_470_000_001, 32_470_000_002]) await edit(number);
  const options = { create: false, serve: false, waitMs: 0, timeoutMs: 0, driver: undefined };
  const opened = await openDatabase({ kind: 'directory', path }, options);
  const { asked, database } = watched(opened);
  const follower = new RegisterFollower(database);
  expect(await follower.read()).toBe(undefined);
  await follower.follow('*');
  expect(await follower.read()).toBe(undefined);
  await follower.load();
  expect((await follower.read())?.revision).toBe(3);
  expect(asked).toEqual([]);
  await edit(32_470_000_003);
  expect((await follower.read())?.changed.get('*')?.overlay.count).toBe(1);
  expect(asked).toEqual([[3, 4]]);
  await opened.close();
  await state.close();
});
