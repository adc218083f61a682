import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TacetError } from '../../errors.ts';
import { verifyVersion } from '../../store/verify.ts';
import { versionOfFile } from '../../store/version.ts';
import { type Command, EXIT_DONE, EXIT_FAILED } from '../arguments.ts';
import { print, withCommas } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

/** `tacet list verify`: checks every byte of a store. */
export const command: Command = {
  help: `Usage: tacet list verify STORE

Reads every byte of every version against the format and its record, archived ones too, and the
pointer, the pinned layout and the override. Exit code 1 if anything is damaged; each is named.`,
  async run(args) {
    const { store } = await readStoreArguments(args, {});
    const files = await readdir(join(store.path, 'versions'));
    const names = new Set(files.flatMap((file) => versionOfFile(file) ?? []));
    let damaged = 0;
    const look = async (what: string, check: () => Promise<string>): Promise<void> => {
      try {
        await print(`${what}: ${await check()}\n`);
      } catch (error) {
        if (!(error instanceof TacetError)) throw error;
        damaged++;
        await print(`${what}: DAMAGED: ${error.message} (${error.code})\n`);
      }
    };
    await look('current', async () => (await store.current())?.name ?? 'none yet');
    await look('layout.json', async () => ((await store.layout()) ? 'readable' : 'none yet'));
    await look('override.json', async () => ((await store.override()) ? 'readable' : 'none'));
    for (const name of [...names].sort()) {
      await look(name, async () => {
        const version = await verifyVersion(store, name);
        const archived = version.archived ? ', archived' : '';
        return `whole, ${withCommas(version.entries)} entries${archived}`;
      });
    }
    return damaged === 0 ? EXIT_DONE : EXIT_FAILED;
  },
};
