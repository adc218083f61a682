/** What is looked at before a ledger begins. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ioError, TacetError } from '../../errors.ts';
import { CHECKPOINT, ENTRIES, KEPT, parseHead } from './files.ts';

/** What only a ledger with entries has, besides the entries and their index. */
const OF_LOGS: readonly string[] = [
  ...[CHECKPOINT, KEPT, 'erasing.json', 'old-key.pem', 'next-key.pem'],
];

/** What a new ledger begins with. */
export interface LedgerBeginning {
  readonly origin: string;
  /** The signed head of the log that this one continues. */
  readonly previous: string | null;
  readonly engine: { readonly name: string; readonly version: string };
}

/**
 * Looks whether a new ledger can begin here. Errors: ERR_LEDGER if there is one, or what is left of
 * one: what it has signed may be with others; ERR_IO.
 */
export async function checkNew(directory: string): Promise<void> {
  const found: string[] = [];
  try {
    for (const name of await readdir(directory)) {
      const { size } = await stat(join(directory, name));
      const isOfLog = name === ENTRIES || name === 'index' ? size > 0 : OF_LOGS.includes(name);
      if (isOfLog) found.push(name);
    }
  } catch (cause) {
    throw ioError(directory, 'look for a ledger', cause);
  }
  if (found.length === 0) return;
  throw new TacetError('ERR_LEDGER', {
    what: `there is a ledger, or what is left of one (${found.join(', ')})`,
    where: directory,
    fix: 'Begin another one in a folder of its own',
  });
}

/** Two logs of one name are a fork, whatever the second says of the first. */
export function checkPrevious({ origin, previous }: LedgerBeginning): void {
  if (previous === null || parseHead(previous, 'the head before').origin !== origin) return;
  throw new TacetError('ERR_LEDGER', {
    what: `the log that is continued is called ${origin} too`,
    fix: 'Give the new one another --origin',
  });
}
