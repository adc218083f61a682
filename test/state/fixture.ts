import { join } from 'node:path';
import { SQLITE_DRIVERS, type SqliteDriver, sqliteOpener } from '#tacet/state/sqlite-drivers.js';
import type { Folder } from '../cli/commands.ts';
import type { Place } from './suite.ts';

/** The drivers that work on this Node; at least one does, wherever Tacet was built. */
export const DRIVERS: readonly SqliteDriver[] = SQLITE_DRIVERS.filter((driver) => {
  try {
    sqliteOpener(driver);
    return true;
  } catch {
    return false;
  }
});

let places = 0;

/** A state directory that is not there yet. */
export function directory(folder: Folder, driver: SqliteDriver): Place {
  const location = folder.file(`state-${++places}`);
  return {
    location,
    options: { driver },
    execute: async (sql) => {
      const file = sqliteOpener(driver)(join(location, 'state.sqlite'));
      file.execute(sql);
      file.close();
    },
  };
}
