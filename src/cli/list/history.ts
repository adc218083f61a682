import { brusselsTime } from '../../calendar/brussels.ts';
import { HISTORY_OPTIONS } from '../../options/commands.ts';
import { helpOf } from '../../options/table.ts';
import type { StoredVersion } from '../../store/version.ts';
import { protoJson } from '../../wire/json.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { print, withCommas } from '../print.ts';
import { readStoreArguments } from './store-arguments.ts';

/** `tacet list history`: the versions of a store. */
export const command: Command = {
  help: `Usage: tacet list history STORE [--json]

The versions of a store, the newest snapshot first; * serves. Changes are against the version that
served when it came.

${helpOf(HISTORY_OPTIONS)}`,
  async run(args) {
    const { values, store } = await readStoreArguments(args, HISTORY_OPTIONS);
    const versions = await store.history();
    const current = await store.currentName();
    if (values.json) {
      const facts = versions.map((version) => ({ ...version, current: version.name === current }));
      await print(protoJson(facts, 2));
    } else {
      await print(versions.map((version) => lineOf(version, version.name === current)).join(''));
    }
    return EXIT_DONE;
  },
};

function lineOf(version: StoredVersion, isCurrent: boolean): string {
  const { name, entries, added, removed, redated, validUntilUnix, accepted, archived } = version;
  const changes = added === null ? 'the first' : `+${added} -${removed} ~${redated}`;
  const notes = [
    `valid until ${brusselsTime(validUntilUnix * 1000)}`,
    ...(archived ? ['archived'] : []),
    ...(accepted === null ? [] : [`let through by ${accepted.by}: ${accepted.reason}`]),
  ];
  return (
    `${isCurrent ? '*' : ' '} ${name}  ${withCommas(entries).padStart(11)}  ` +
    `${changes.padEnd(20)}  ${notes.join(', ')}\n`
  );
}
