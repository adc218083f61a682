/** Every command with its options: for completion, the manual page and docs/OPTIONS.md. */
import { ABOUT, LIST_ABOUT, SAMPLE_ABOUT } from './about.ts';
import {
  CHECK_OPTIONS,
  DIFF_OPTIONS,
  HEALTH_OPTIONS,
  HISTORY_OPTIONS,
  INSPECT_OPTIONS,
  LIST_VERIFY_OPTIONS,
  OVERRIDE_OPTIONS,
  PACK_OPTIONS,
  PERSON_OPTIONS,
  PRUNE_OPTIONS,
  SAMPLE_CONTACTS_OPTIONS,
  SAMPLE_LIST_OPTIONS,
  VERIFY_OPTIONS,
} from './commands.ts';
import { DEDUPE_OPTIONS } from './dedupe.ts';
import { CONFIG_OPTIONS, SERVE_OPTIONS } from './serve-table.ts';
import { SERVED_SYNC_OPTIONS, SYNC_OPTIONS, SYNC_SWITCHES, syncVariable } from './sync.ts';
import { variableName } from './table.ts';

/** A command, or an action of one. */
export interface CommandOptions {
  /** As typed after `tacet`. */
  readonly name: string;
  /** What it is for, in a few words. */
  readonly about: string;
  readonly groups: readonly OptionGroup[];
}

/** Options that are explained together. */
interface OptionGroup {
  /** What sets them apart from the command's others; empty for the first. */
  readonly title: string;
  readonly table: object;
  /** The variable of a flag, if the command reads variables. */
  readonly variableOf?: (flag: string) => string;
}

const GROUPS: Readonly<Record<string, readonly OptionGroup[]>> = {
  pack: [{ title: '', table: PACK_OPTIONS }],
  verify: [{ title: '', table: VERIFY_OPTIONS }],
  inspect: [{ title: '', table: INSPECT_OPTIONS }],
  serve: [
    { title: '', table: SERVE_OPTIONS, variableOf: variableName },
    { title: 'fetching its list itself', table: SERVED_SYNC_OPTIONS, variableOf: variableName },
    { title: 'where the options come from', table: CONFIG_OPTIONS },
  ],
  check: [{ title: '', table: CHECK_OPTIONS }],
  dedupe: [{ title: '', table: DEDUPE_OPTIONS }],
  sync: [
    { title: '', table: SYNC_OPTIONS, variableOf: syncVariable },
    { title: 'this run', table: SYNC_SWITCHES },
  ],
  'list history': [{ title: '', table: HISTORY_OPTIONS }],
  'list diff': [{ title: '', table: DIFF_OPTIONS }],
  'list rollback': [{ title: '', table: PERSON_OPTIONS }],
  'list accept': [{ title: '', table: PERSON_OPTIONS }],
  'list verify': [{ title: '', table: LIST_VERIFY_OPTIONS }],
  'list prune': [{ title: '', table: PRUNE_OPTIONS }],
  'list override': [{ title: '', table: OVERRIDE_OPTIONS }],
  'sample list': [{ title: '', table: SAMPLE_LIST_OPTIONS }],
  'sample contacts': [{ title: '', table: SAMPLE_CONTACTS_OPTIONS }],
  health: [{ title: '', table: HEALTH_OPTIONS }],
};

/** Commands and actions, in the order of the help; a command with actions is not among them. */
export const COMMANDS: readonly CommandOptions[] = ABOUT.flatMap(([name, about]) => {
  const actions = name === 'list' ? LIST_ABOUT : name === 'sample' ? SAMPLE_ABOUT : [];
  const named: [string, string][] = actions.map(([action, what]) => [`${name} ${action}`, what]);
  return (named.length === 0 ? [[name, about] as const] : named).map(([typed, what]) => ({
    name: typed,
    about: what,
    groups: GROUPS[typed] ?? [],
  }));
});
