import type { Registry } from 'prom-client';
import type { StoreFacts } from '../../serving/follower.ts';
import type { ListFacts, ListSyncs } from '../../serving/life.ts';
import type { ListState } from '../../serving/serving.ts';
import { SYNC_RESULTS } from '../../sync/outcome.ts';
import { AGE_STATES, ageStateOf } from '../../verdict/freshness.ts';
import { counter, gauge } from './scraped.ts';

/** The metrics of a list's life: syncs, refusals, versions, changes in place, overrides, age. */
export function registerStoreMetrics(registry: Registry, lists: ListFacts): void {
  registerSyncs(registry, lists);
  const served = (): readonly ListState[] => lists.current?.lists ?? [];
  const perList = (name: string, help: string, value: (list: ListState) => number): void => {
    gauge(registry, { name, help, labelNames: ['list'] }, () =>
      served().map((state) => [{ list: state.name }, value(state)]),
    );
  };
  const perStore = (name: string, help: string, value: (facts: StoreFacts) => number | null) => {
    gauge(registry, { name, help, labelNames: ['list'] }, () =>
      served().flatMap((state, index) => {
        const facts = lists.stores[index];
        const known = facts === undefined ? null : value(facts);
        return known === null ? [] : [[{ list: state.name }, known] as const];
      }),
    );
  };
  perStore('tacet_list_versions', 'Versions in the store of the list.', (facts) => facts.versions);
  perStore(
    'tacet_list_added',
    'Numbers that the version served has and the one before it had not.',
    ({ added }) => added,
  );
  perStore(
    'tacet_list_removed',
    'Numbers that the version before the one served had and it has not.',
    ({ removed }) => removed,
  );
  perList(
    'tacet_list_changed_in_place',
    '1 once the file of the list was changed under its map: nothing is answered any more.',
    ({ changedInPlace }) => Number(changedInPlace),
  );
  perList(
    'tacet_list_override_until_timestamp_seconds',
    'Until when the freshness of the list is overridden, 0 = it is not.',
    ({ override }) => override?.untilUnix ?? 0,
  );
  const age = {
    name: 'tacet_list_age_state',
    help: `How old the list is: 1 for the state it is in, of ${AGE_STATES.join(', ')}.`,
    labelNames: ['list', 'state'],
  };
  gauge(registry, age, () =>
    served().flatMap(({ name, snapshotDay }) => {
      const now = ageStateOf(snapshotDay, Date.now(), lists.ages);
      return AGE_STATES.map((state) => [{ list: name, state }, Number(state === now)] as const);
    }),
  );
}

function registerSyncs(registry: Registry, lists: ListFacts): void {
  const outcomes = SYNC_RESULTS.join(', ');
  const total = {
    name: 'tacet_list_sync_total',
    help: `Syncs of the list since the start, whoever ran them, by outcome: ${outcomes}.`,
    labelNames: ['list', 'outcome'],
  };
  counter(registry, total, () =>
    lists.syncs.flatMap(({ list, counts }) =>
      SYNC_RESULTS.map((outcome) => [{ list, outcome }, counts[outcome]] as const),
    ),
  );
  const perList = (name: string, help: string, value: (syncs: ListSyncs) => number): void => {
    gauge(registry, { name, help, labelNames: ['list'] }, () =>
      lists.syncs.map((syncs) => [{ list: syncs.list }, value(syncs)]),
    );
  };
  perList(
    'tacet_list_sync_last_success_timestamp_seconds',
    'When a sync, whoever ran it, last ended with the newest list serving, 0 = none is known.',
    ({ lastSuccessUnix }) => lastSuccessUnix,
  );
  perList(
    'tacet_list_refused',
    '1 while the newest file fetched for the list is in quarantine and an older one serves.',
    ({ refused }) => (refused === undefined ? 0 : 1),
  );
}
