/** Every command with its options: for completion, the manual page and docs/OPTIONS.md. */

import {
  ACCESS_CHECK_OPTIONS,
  ACCESS_LICENCES_OPTIONS,
  ACCESS_RELEASE_OPTIONS,
  ACCESS_TOKEN_OPTIONS,
} from '../access.ts';
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
} from '../commands.ts';
import {
  LEDGER_ERASE_OPTIONS,
  LEDGER_EXPORT_OPTIONS,
  LEDGER_INIT_OPTIONS,
  LEDGER_READ_OPTIONS,
  LEDGER_ROTATE_OPTIONS,
  PROOF_VERIFY_OPTIONS,
} from '../proof.ts';
import {
  REGISTER_ADD_OPTIONS,
  REGISTER_EXPORT_OPTIONS,
  REGISTER_FIND_OPTIONS,
  REGISTER_LIFT_OPTIONS,
} from '../register.ts';
import { optionsOf } from '../table.ts';
import { variableOf } from '../variables.ts';
import {
  ABOUT,
  ACCESS_ABOUT,
  LEDGER_ABOUT,
  LIST_ABOUT,
  PROOF_ABOUT,
  REGISTER_ABOUT,
  SAMPLE_ABOUT,
} from './about.ts';
import type { OptionGroup } from './grouped.ts';
import { DEDUPE_GROUPS, SERVE_GROUPS, SYNC_GROUPS } from './groups.ts';

/** A command, or an action of one. */
export interface CommandOptions {
  /** As typed after `tacet`. */
  readonly name: string;
  /** What it is for, in a few words. */
  readonly about: string;
  readonly groups: readonly OptionGroup[];
}

const GROUPS: Readonly<Record<string, readonly OptionGroup[]>> = {
  pack: [{ title: '', table: PACK_OPTIONS }],
  verify: [{ title: '', table: VERIFY_OPTIONS }],
  inspect: [{ title: '', table: INSPECT_OPTIONS }],
  serve: SERVE_GROUPS,
  check: [{ title: '', table: CHECK_OPTIONS }],
  dedupe: DEDUPE_GROUPS,
  sync: SYNC_GROUPS,
  'list history': [{ title: '', table: HISTORY_OPTIONS }],
  'list diff': [{ title: '', table: DIFF_OPTIONS }],
  'list rollback': [{ title: '', table: PERSON_OPTIONS }],
  'list accept': [{ title: '', table: PERSON_OPTIONS }],
  'list verify': [{ title: '', table: LIST_VERIFY_OPTIONS }],
  'list prune': [{ title: '', table: PRUNE_OPTIONS }],
  'list override': [{ title: '', table: OVERRIDE_OPTIONS }],
  'access check': [{ title: '', table: ACCESS_CHECK_OPTIONS }],
  'access token': [{ title: '', table: ACCESS_TOKEN_OPTIONS }],
  'access licences': [{ title: '', table: ACCESS_LICENCES_OPTIONS }],
  'access release': [{ title: '', table: ACCESS_RELEASE_OPTIONS }],
  'register add': [{ title: '', table: REGISTER_ADD_OPTIONS }],
  'register lift': [{ title: '', table: REGISTER_LIFT_OPTIONS }],
  'register find': [{ title: '', table: REGISTER_FIND_OPTIONS }],
  'register export': [{ title: '', table: REGISTER_EXPORT_OPTIONS }],
  'ledger init': [{ title: '', table: LEDGER_INIT_OPTIONS }],
  'ledger status': [{ title: '', table: LEDGER_READ_OPTIONS }],
  'ledger verify': [{ title: '', table: LEDGER_READ_OPTIONS }],
  'ledger rotate': [{ title: '', table: LEDGER_ROTATE_OPTIONS }],
  'ledger export': [{ title: '', table: LEDGER_EXPORT_OPTIONS }],
  'ledger erase': [{ title: '', table: LEDGER_ERASE_OPTIONS }],
  'proof verify': [{ title: '', table: PROOF_VERIFY_OPTIONS }],
  'sample list': [{ title: '', table: SAMPLE_LIST_OPTIONS }],
  'sample contacts': [{ title: '', table: SAMPLE_CONTACTS_OPTIONS }],
  health: [{ title: '', table: HEALTH_OPTIONS }],
};

const ACTIONS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  list: LIST_ABOUT,
  access: ACCESS_ABOUT,
  register: REGISTER_ABOUT,
  ledger: LEDGER_ABOUT,
  proof: PROOF_ABOUT,
  sample: SAMPLE_ABOUT,
};

/** Commands and actions, in the order of the help; a command with actions is not among them. */
export const COMMANDS: readonly CommandOptions[] = ABOUT.flatMap(([name, about]) => {
  const actions = ACTIONS[name] ?? [];
  const named: [string, string][] = actions.map(([action, what]) => [`${name} ${action}`, what]);
  return (named.length === 0 ? [[name, about] as const] : named).map(([typed, what]) => ({
    name: typed,
    about: what,
    groups: GROUPS[typed] ?? [],
  }));
});

/** Every variable that an option of a command is read from. */
export const VARIABLES: ReadonlySet<string> = new Set(
  COMMANDS.flatMap(({ groups }) =>
    groups.flatMap(({ table, variableOf: named = variableOf }) =>
      optionsOf(table).flatMap((option) => named(option) ?? []),
    ),
  ),
);
