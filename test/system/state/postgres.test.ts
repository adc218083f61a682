import { chmodSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '#tacet/state/state.js';
import { BUDGET, killSpending, LEASE, spentIn, startSpending } from '../../access/spending.ts';
import { Folder } from '../../cli/commands.ts';
import { registerSuite } from '../../state/register-suite.ts';
import { stateSuite } from '../../state/suite.ts';
import { PASSWORD, PostgresProcess } from './postgres-process.ts';

const KILLS = 20;
const SEED = 20_261_127;

const folder = new Folder();
const ask = { client: 'dialler', day: 20_000, max: 10, want: 4 };
let postgres: PostgresProcess;
let databases = 0;

beforeAll(async () => {
  postgres = await PostgresProcess.start();
  process.env['PGPASSWORD'] = PASSWORD;
});
afterAll(async () => {
  await postgres?.stop();
  folder.remove();
});

/** The address of a database that is empty. */
function emptyDatabase(): string {
  const name = `tacet_${++databases}`;
  postgres.sql(`CREATE DATABASE ${name}`);
  return postgres.url(name);
}

describe('PostgreSQL', () => {
  const place = async () => {
    const location = emptyDatabase();
    const name = location.replace(/.*\//, '');
    return { location, execute: async (sql: string) => void postgres.sql(sql, name) };
  };
  stateSuite(place);
  registerSuite(place);

  it('takes the password from a file, too, and says what to set where it is wrong', async () => {
    const location = emptyDatabase();
    const path = folder.write(
      'pgpass',
      `# ours\n127.0.0.1:1:*:tacet:no\n127.0.0.1:*:*:tacet:${PASSWORD}\n`,
    );
    chmodSync(path, 0o600);
    delete process.env['PGPASSWORD'];
    try {
      process.env['PGPASSFILE'] = path;
      await (await openState(location, { serve: true })).close();
      process.env['PGPASSWORD'] = 'a wrong one';
      const refused = await openState(location).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'ERR_STATE' });
      expect(String(refused)).toContain('Set PGPASSWORD, or PGPASSFILE');
      expect(String(refused)).not.toContain('a wrong one');
    } finally {
      delete process.env['PGPASSFILE'];
      process.env['PGPASSWORD'] = PASSWORD;
    }
  });

  it('that is not there is told', async () => {
    const opening = openState('postgres://tacet@127.0.0.1:1/tacet', { serve: true });
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_STATE',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is brought to this version by one of several servers that start at once', async () => {
    const location = emptyDatabase();
    const opening = Array.from({ length: 4 }, () => openState(location, { serve: true }));
    const states = await Promise.all(opening);
    const granted = await Promise.all(states.map((state) => state.run('leaseNumbers', ask)));
    expect(granted.map((each) => each.granted).sort()).toEqual([0, 2, 4, 4]);
    for (const state of states) await state.close();
  });

  it('that crashed has all that was acknowledged, over a new connection', async () => {
    const state = await openState(emptyDatabase(), { serve: true });
    await state.run('leaseNumbers', ask);
    await postgres.crash();
    await expect(state.run('leaseNumbers', ask)).rejects.toMatchObject({ code: 'ERR_STATE' });
    await postgres.restart();
    expect(await state.run('leaseNumbers', ask)).toEqual({ granted: 4, left: 2 });
    await state.close();
  });

  it('two servers never give more than the budget between them', async () => {
    const location = emptyDatabase();
    const files = ['first.txt', 'second.txt'].map((name) => folder.file(name));
    const running = files.map((spent) => startSpending({ location, take: LEASE / 4, spent }));
    for (const { ended } of running) expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(files.every((file) => spentIn(file) > 0)).toBe(true);
    const total = spentIn(...files);
    expect(total).toBeLessThanOrEqual(BUDGET);
    expect(total).toBeGreaterThan(BUDGET - 2 * LEASE);
  });

  it(`${KILLS} kills in the middle of spending never give more than the budget`, async () => {
    await killSpending(folder, { location: emptyDatabase(), kills: KILLS, seed: SEED });
  });

  it('is saved by pg_dump and restored by psql', async () => {
    const location = emptyDatabase();
    const state = await openState(location, { serve: true });
    await state.run('leaseNumbers', ask);
    const dump = postgres.run('pg_dump', [], location.replace(/.*\//, ''));
    await state.close();
    const path = folder.file('dump.sql');
    writeFileSync(path, dump);
    const restored = emptyDatabase();
    postgres.run('psql', ['-q', '-v', 'ON_ERROR_STOP=1', '-f', path], restored.replace(/.*\//, ''));
    const again = await openState(restored, { serve: true });
    expect(await again.run('leaseNumbers', ask)).toEqual({ granted: 4, left: 2 });
    await again.close();
  });
});
