import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteOpener } from '#tacet/state/sqlite-drivers.js';
import { openState } from '#tacet/state/state.js';
import { Folder } from '../cli/commands.ts';
import { DRIVERS, directory } from './fixture.ts';
import { registerSuite } from './register-suite.ts';
import { stateSuite } from './suite.ts';

const folder = new Folder();
afterAll(() => folder.remove());

const DAY = 20_000;
const ask = { client: 'dialler', day: DAY, max: 10, want: 10 };

it('SQLite is there, wherever Tacet was built', () => {
  expect(DRIVERS.length).toBeGreaterThan(0);
});

describe.each(DRIVERS)('%s', (driver) => {
  stateSuite(async () => directory(folder, driver));
  registerSuite(async () => directory(folder, driver));

  describe('a state directory', () => {
    it('is made by a server, for its user alone', async () => {
      const { location, options } = directory(folder, driver);
      await (await openState(location, { ...options, serve: true })).close();
      expect(statSync(location).mode & 0o777).toBe(0o700);
      expect(statSync(join(location, 'state.sqlite')).mode & 0o777).toBe(0o600);
    });

    it('is not made by others', async () => {
      const { location, options } = directory(folder, driver);
      await expect(openState(location, options)).rejects.toMatchObject({
        code: 'ERR_STATE',
        message: expect.stringContaining(
          `${location}: there is no state here. A server or an edit makes one`,
        ),
      });
    });

    it('has one server; another waits, then says who holds it', async () => {
      const { location, options } = directory(folder, driver);
      const first = await openState(location, { ...options, serve: true });
      const second = (waitMs: number) => openState(location, { ...options, serve: true, waitMs });
      await expect(second(50)).rejects.toMatchObject({
        code: 'ERR_STATE',
        message: expect.stringContaining(`the server with process ${process.pid} on `),
      });
      const waiting = second(30_000);
      await first.close();
      await (await waiting).close();
    });

    it('can be written by a command while its server has it', async () => {
      const { location, options } = directory(folder, driver);
      const server = await openState(location, { ...options, serve: true });
      const command = await openState(location, options);
      await command.run('leaseNumbers', ask);
      expect(await server.run('leaseNumbers', ask)).toEqual({ granted: 0, left: 0 });
      await command.close();
      await server.close();
    });

    it('that is a file is told', async () => {
      const { location, options } = directory(folder, driver);
      writeFileSync(location, '');
      await expect(openState(location, { ...options, serve: true })).rejects.toMatchObject({
        code: 'ERR_IO',
        message: expect.stringContaining(location),
      });
    });

    it.each([
      ['is no SQLite file', 0, 'not a database'],
      ['is damaged inside', 8_192, ''],
    ])('whose file %s is refused, and left as it is', async (_, offset) => {
      const { location, options } = directory(folder, driver);
      const state = await openState(location, { ...options, serve: true });
      const count = { numbers: 1, blocked: 0, releasedMs: 0 };
      const days = Array.from({ length: 500 }, (__, day) => ({ client: 'a', day, ...count }));
      await Promise.all(days.map((day) => state.run('addAnswers', day)));
      await state.close();
      const file = join(location, 'state.sqlite');
      const bytes = readFileSync(file);
      bytes.fill(0x5a, offset, offset + 4_096);
      writeFileSync(file, bytes);
      await expect(openState(location, { ...options, serve: true })).rejects.toMatchObject({
        code: 'ERR_STATE',
        message: expect.stringMatching(/damaged.*backup/),
      });
      expect(readFileSync(file).equals(bytes)).toBe(true);
    });

    it('can be copied while its server writes', async () => {
      const { location, options } = directory(folder, driver);
      const state = await openState(location, { ...options, serve: true });
      await state.run('leaseNumbers', ask);
      const copy = folder.file(`backup-${driver.replace(':', '-')}`);
      mkdirSync(copy);
      const file = sqliteOpener(driver)(join(location, 'state.sqlite'));
      file.execute(`VACUUM INTO '${copy}/state.sqlite'`);
      file.close();
      await state.close();
      const restored = await openState(copy, { ...options, serve: true });
      expect(await restored.run('leaseNumbers', ask)).toEqual({ granted: 0, left: 0 });
      await restored.close();
    });
  });
});

describe('--state', () => {
  it.each([
    'postgres://tacet:s3cret-word@127.0.0.1/tacet',
    'postgres://tacet@127.0.0.1/tacet?password=s3cret-word',
  ])('takes no password, and does not repeat it', async (location) => {
    const refused = await openState(location).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ERR_OPTION' });
    expect(String(refused)).toContain('PGPASSWORD or PGPASSFILE');
    expect(String(refused)).not.toContain('s3cret');
  });

  it('is no other kind of database', async () => {
    const opening = openState('mysql://127.0.0.1/tacet');
    await expect(opening).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});
