import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TacetError } from '../../errors.ts';
import { LIST_VERIFY_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import { verifyVersion } from '../../store/verify.ts';
import { versionOfFile } from '../../store/version.ts';
import { protoJson } from '../../wire/json.ts';
import { type Command, EXIT_DONE, EXIT_FAILED } from '../arguments.ts';
import { print, withCommas } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

/** `tacet list verify`: checks every byte of a store. */
export const command: Command = {
  help: `Usage: tacet list verify STORE [--json]

Reads every byte of every version against the format and its record, archived ones too, and the
pointer, the pinned layout and the override. Exit code 1 if anything is damaged; each is named.

${helpOf(LIST_VERIFY_OPTIONS)}`,
  async run(args) {
    const { values, store } = await readStoreArguments(args, LIST_VERIFY_OPTIONS);
    const files = await readdir(join(store.path, 'versions'));
    const names = new Set(files.flatMap((file) => versionOfFile(file) ?? []));
    const seen: { what: string; damaged: boolean; text: string }[] = [];
    const look = async (what: string, check: () => Promise<string>): Promise<void> => {
      try {
        seen.push({ what, damaged: false, text: await check() });
      } catch (error) {
        if (!(error instanceof TacetError)) throw error;
        seen.push({ what, damaged: true, text: `${error.message} (${error.code})` });
      }
      const { damaged, text } = seen.at(-1) ?? { damaged: false, text: '' };
      const isShown = damaged || !values.quiet;
      if (isShown && !values.json) await print(`${what}: ${damaged ? 'DAMAGED: ' : ''}${text}\n`);
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
    const isDamaged = seen.some(({ damaged }) => damaged);
    if (values.json && (isDamaged || !values.quiet)) await print(protoJson(seen, 2));
    return isDamaged ? EXIT_FAILED : EXIT_DONE;
  },
};
