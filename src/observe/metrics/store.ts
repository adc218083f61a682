import { Counter, Gauge, type Registry } from 'prom-client';
import type { StoreFacts } from '../../serving/follower.ts';
import type { ListFacts, ListSyncs } from '../../serving/life.ts';
import type { ListState } from '../../serving/serving.ts';
import { SYNC_RESULTS } from '../../sync/outcome.ts';
import { AGE_STATES, ageStateOf } from '../../verdict/freshness.ts';
import { perList } from './per-list.ts';

/** The metrics of a list's life: syncs, refusals, versions, changes in place, overrides, age. */
export function registerStoreMetrics(registry: Registry, lists: ListFacts): void {
  registerSyncs(registry, lists);
  const gauge = (
    name: string,
    help: string,
    value: (list: ListState, index: number) => number | null,
  ): void => {
    perList(registry, { name, help }, () =>
      (lists.current?.lists ?? []).map((list, index) => [list.name, value(list, index)]),
    );
  };
  const perStore = (name: string, help: string, value: (facts: StoreFacts) => number | null) => {
    gauge(name, help, (_, index) => {
      const facts = lists.stores[index];
      return facts === undefined ? null : value(facts);
    });
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
  gauge(
    'tacet_list_changed_in_place',
    '1 once the file of the list was changed under its map: nothing is answered any more.',
    ({ changedInPlace }) => (changedInPlace ? 1 : 0),
  );
  gauge(
    'tacet_list_override_until_timestamp_seconds',
    'Until when the freshness of the list is overridden, 0 = it is not.',
    ({ override }) => override?.untilUnix ?? 0,
  );
  registerAges(registry, lists);
}

function registerAges(registry: Registry, lists: ListFacts): void {
  new Gauge({
    name: 'tacet_list_age_state',
    help: `How old the list is: 1 for the state it is in, of ${AGE_STATES.join(', ')}.`,
    labelNames: ['list', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, snapshotDay } of lists.current?.lists ?? []) {
        const now = ageStateOf(snapshotDay, Date.now(), lists.ages);
        for (const state of AGE_STATES) this.set({ list: name, state }, state === now ? 1 : 0);
      }
    },
  });
}

function registerSyncs(registry: Registry, lists: ListFacts): void {
  const registers = [registry];
  new Counter({
    name: 'tacet_list_sync_total',
    help:
      'Syncs of the list since the start, whoever ran them, by outcome: ' +
      `${SYNC_RESULTS.join(', ')}.`,
    labelNames: ['list', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { list, counts } of lists.syncs) {
        for (const outcome of SYNC_RESULTS) this.inc({ list, outcome }, counts[outcome]);
      }
    },
  });
  const gauge = (name: string, help: string, value: (syncs: ListSyncs) => number): void => {
    perList(registry, { name, help }, () => lists.syncs.map((syncs) => [syncs.list, value(syncs)]));
  };
  gauge(
    'tacet_list_sync_last_success_timestamp_seconds',
    'When a sync, whoever ran it, last ended with the newest list serving, 0 = none is known.',
    ({ lastSuccessUnix }) => lastSuccessUnix,
  );
  gauge(
    'tacet_list_refused',
    '1 while the newest file fetched for the list is in quarantine and an older one serves.',
    ({ refused }) => (refused === undefined ? 0 : 1),
  );
}
