import type { Database } from './database.ts';
import type { StateLocation } from './location.ts';
import { openPostgres } from './postgres.ts';
import { openDirectory } from './sqlite.ts';
import type { SqliteDriver } from './sqlite-drivers.ts';

/** How a database is opened; see `StateOptions`. */
export interface DatabaseOptions {
  readonly create: boolean;
  readonly serve: boolean;
  readonly waitMs: number;
  readonly timeoutMs: number;
  readonly driver: SqliteDriver | undefined;
}

/** Opens one connection to where state lies. Errors: ERR_STATE, ERR_IO. */
export async function openDatabase(
  location: StateLocation,
  options: DatabaseOptions,
): Promise<Database> {
  if (location.kind === 'directory') return openDirectory({ ...options, path: location.path });
  return openPostgres({ url: location.url, timeoutMs: options.timeoutMs });
}
