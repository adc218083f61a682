import { TacetError } from '../../errors.ts';
import type { Table } from '../../options/option.ts';
import { ListStore } from '../../store/store.ts';
import type { StoredVersion } from '../../store/version.ts';
import { readArguments, usage } from '../arguments.ts';

/**
 * Reads the arguments of an action: options, a store, which is opened, and an operand for each
 * name. Errors: ERR_USAGE, and those of `ListStore.open`.
 */
export async function readStoreArguments<Values>(
  args: readonly string[],
  table: Table<Values>,
  ...names: readonly string[]
) {
  const { values, operands } = readArguments(args, table, ([path, ...rest]) => {
    if (path === undefined) throw usage('STORE is missing');
    const missing = names[rest.length];
    if (missing !== undefined) throw usage(`${missing} is missing`);
    if (rest.length > names.length) throw usage(`unexpected argument "${rest[names.length]}"`);
    return { path, rest };
  });
  return { values, store: await ListStore.open(operands.path), operands: operands.rest };
}

/**
 * Finds a version by its name, a unique prefix of it (such as a snapshot date), `current` or
 * `previous`. Errors: ERR_STORE.
 */
export async function findVersion(store: ListStore, meant: string): Promise<StoredVersion> {
  if (meant === 'current' || meant === 'previous') {
    const current = await store.current();
    const name = meant === 'current' ? current?.name : current?.previous;
    if (name != null) return store.version(name);
    throw unknown(store, meant, meant === 'current' ? 'no version serves' : 'there is none before');
  }
  if (meant === '') throw unknown(store, '""', 'no such version');
  const found = (await store.history()).filter(({ name }) => name.startsWith(meant));
  const [only, another] = found;
  if (only === undefined) throw unknown(store, meant, 'no such version');
  if (another !== undefined) throw unknown(store, meant, `${found.length} versions begin so`);
  return only;
}

function unknown(store: ListStore, meant: string, what: string): TacetError {
  return new TacetError('ERR_STORE', {
    what,
    where: `${store.path}, ${meant}`,
    fix: `\`tacet list history ${store.path}\` shows the versions`,
  });
}
