/** The options of the commands that have many, grouped by what somebody wants to do. */
import { DEDUPE_OPTIONS } from '../dedupe.ts';
import { CONFIG_OPTIONS, SERVE_OPTIONS } from '../serve/table.ts';
import { SERVED_SYNC_OPTIONS, SYNC_OPTIONS, SYNC_SWITCHES, syncVariableOf } from '../sync.ts';
import { helpOf } from '../table.ts';
import { grouped, type OptionGroup } from './grouped.ts';

export const SERVE_GROUPS: readonly OptionGroup[] = [
  ...grouped(SERVE_OPTIONS, {
    'the list': 'list region disclose-dates verify list-poll list-age-warning list-age-critical',
    'where it listens':
      'listen listen-mode http http-tls reuse-port insecure ' +
      'tls-cert tls-key tls-client-ca tls-poll',
    'who may ask': 'access access-poll access-bytes-max licence-policy open-health open-reflection',
    'state, registers and budgets':
      'state state-wait state-timeout state-stale-max register-poll registers-max ' +
      'budget-share budget-lease-max blocked-share-max ' +
      'blocked-share-numbers-min opt-in-days-max opt-in-days-window',
    speed: 'workers kernel mapping index-copy-max batches-max',
    'limits of calls':
      'numbers-per-message-max batch-check-numbers-max message-bytes-max ' +
      'batches-per-stream-max bytes-per-stream-max metadata-entries-max metadata-bytes-max ' +
      'stream-stall-max stream-pin-max',
    'limits of connections':
      'connections-max http-connections-max streams-per-connection-max stream-resets-max ' +
      'header-timeout connection-idle connection-age connection-age-grace',
    log: 'log-level log-buffer-max log-repeats-max',
    stopping: 'drain-delay drain-timeout',
  }),
  { title: 'fetching its list itself', table: SERVED_SYNC_OPTIONS },
  { title: 'where the options come from', table: CONFIG_OPTIONS },
];

export const DEDUPE_GROUPS: readonly OptionGroup[] = grouped(DEDUPE_OPTIONS, {
  'who answers': 'list state server proxy tls-ca tls-cert tls-key tls-server-name token-file',
  'what is written': 'callable blocked undecided summary blocked-cells',
  'the contact file':
    'column not-dialled country-column region header no-header skip-lines separator',
  'for whom, why and how': 'advertiser purpose channel opt-in-column opt-in-format job-id',
  'its proof': 'ledger ledger-key lock-wait proof receipt job-secret',
  'the run': 'new-version restarts-max workers quiet',
});

export const SYNC_GROUPS: readonly OptionGroup[] = [
  ...grouped(SYNC_OPTIONS, {
    'the store and its source': 'store from name layout snapshot bad-lines-max source-bytes-max',
    'logging in': 'host-key known-hosts key-file passphrase-file password-file legacy-algorithms',
    'how long it waits':
      'stable-for stable-wait-max connect-timeout idle-timeout fetch-timeout lock-wait',
    'what the store keeps': 'plain-versions keep-days keep-versions keep-quarantined',
  }).map((group) => ({ ...group, variableOf: syncVariableOf })),
  { title: 'this run', table: SYNC_SWITCHES },
];

/** The help of groups of options, each under its title. */
export function groupsHelp(groups: readonly OptionGroup[]): string {
  return groups
    .map(({ title, table, variableOf }) => `${title}:\n${helpOf(table, variableOf)}`)
    .join('\n\n');
}
