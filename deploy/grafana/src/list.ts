import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, type Row } from './frame.ts';
import { AGEING_SECONDS, goesStaleIn, HOUR, OLD_SECONDS } from './freshness.ts';
import {
  CHOSEN,
  GREEN,
  greenFrom,
  NEUTRAL,
  orangeFrom,
  overIs,
  redFrom,
  series,
  stat,
  words,
} from './panels.ts';

/** Seconds since the end of the snapshot day, which is when the file was built. */
const AGE = `time() - tacet_list_snapshot_end_timestamp_seconds{${CHOSEN}}`;

/** Files that are served without a store have no versions, fetches or changes. */
const NO_STORE = 'no store';

/** What became of a file. */
const OUTCOMES = {
  ...{ swapped: 'green', switched: 'green', unchanged: 'blue' },
  ...{ refused: 'red', failed: 'orange' },
};

/** Age, size, churn, swaps and refusals of the lists. */
export function list(): DashboardBuilder {
  return frame('list', 'The lists: how old, how large, what changed, and what was refused.', [
    state(),
    life(),
    fetching(),
  ]);
}

function state(): Row {
  const panels = [
    stat({
      title: 'Age of the list',
      description: 'Since the end of its snapshot day. A new file should be here within 26 hours.',
      unit: 'dtdurations',
      span: 4,
      queries: [{ expr: `max(${AGE})` }],
      steps: [GREEN, orangeFrom(AGEING_SECONDS), redFrom(OLD_SECONDS)],
      runbooks: ['TacetListAgeing', 'TacetListOld'],
    }),
    goesStaleIn(),
    stat({
      title: 'Versions being served',
      description: 'Of each list, over all servers. More than one is a roll-out, or a problem.',
      unit: 'none',
      span: 4,
      queries: [
        {
          expr: `count by (list) (count by (list, sha256) (tacet_list_info{${CHOSEN}}))`,
          legend: '{{list}}',
        },
      ],
      steps: [GREEN, orangeFrom(2)],
      runbooks: ['TacetReplicasDiffer'],
    }),
    stat({
      title: 'Newest file',
      description:
        'Of a store. Refused: it did not pass the guard and is in quarantine. Files that are ' +
        'served without a store have no guard.',
      unit: 'none',
      span: 4,
      // Below zero: there are servers, and none has a store.
      queries: [
        { expr: `max(tacet_list_refused{${CHOSEN}}) or max(tacet_ready{${CHOSEN}}) * 0 - 1` },
      ],
      steps: [NEUTRAL, greenFrom(0), redFrom(1)],
      mapping: words({ '-1': 'no store', 0: 'accepted', 1: 'REFUSED' }),
      runbooks: ['TacetListRefused'],
    }),
    stat({
      title: 'Changed in place',
      description:
        'A file that was written to while it served: nothing is answered from it any more.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `max(tacet_list_changed_in_place{${CHOSEN}})` }],
      steps: [GREEN, redFrom(1)],
      mapping: words({ 0: 'no', 1: 'YES' }),
      runbooks: ['TacetListChangedInPlace'],
    }),
    stat({
      title: 'Override ends in',
      description: 'Until then a stale list is served on the word of an operator.',
      unit: 'dtdurations',
      span: 4,
      // Days and hours, or hours and minutes.
      decimals: 1,
      queries: [{ expr: `max(tacet_list_override_until_timestamp_seconds{${CHOSEN}} - time())` }],
      steps: [GREEN, orangeFrom(1)],
      mapping: overIs('none'),
      runbooks: ['TacetListOverride'],
    }),
  ];
  return { title: 'State', panels };
}

function life(): Row {
  const panels = [
    series({
      title: 'Age',
      description: 'Falls with each new version. Lines: 26 hours and 72 hours.',
      unit: 'short',
      axis: 'hours',
      span: 8,
      steps: [NEUTRAL, orangeFrom(AGEING_SECONDS / HOUR), redFrom(OLD_SECONDS / HOUR)],
      queries: [{ expr: `(${AGE}) / ${HOUR}`, legend: '{{instance}} {{list}}' }],
      runbooks: ['TacetListAgeing'],
    }),
    series({
      title: 'Numbers on the list',
      description: 'A list that jumps is a fault upstream more often than news.',
      unit: 'locale',
      span: 8,
      queries: [{ expr: `tacet_list_entries{${CHOSEN}}`, legend: '{{instance}} {{list}}' }],
      runbooks: ['TacetListShrank', 'TacetListGrew'],
    }),
    series({
      title: 'Added and removed by the last version',
      description: 'Against the version before it. A monthly purge of recycled numbers is normal.',
      unit: 'locale',
      span: 8,
      queries: [
        { expr: `max by (list) (tacet_list_added{${CHOSEN}})`, legend: '{{list}} added' },
        { expr: `max by (list) (tacet_list_removed{${CHOSEN}})`, legend: '{{list}} removed' },
      ],
      noValue: 'no version before it',
    }),
  ];
  return { title: 'Life', panels };
}

function fetching(): Row {
  const panels = [
    series({
      title: 'Reloads',
      description: 'Reloads within each hour by outcome.',
      unit: 'short',
      span: 8,
      queries: [
        {
          expr: `sum by (outcome) (increase(tacet_list_reloads_total{${CHOSEN}}[1h]))`,
          legend: '{{outcome}}',
        },
      ],
      colors: OUTCOMES,
      runbooks: ['TacetReloadFailing'],
    }),
    series({
      title: 'Since the last good reload',
      description: 'Since the list files were last opened and found good, unchanged ones included.',
      unit: 'dtdurations',
      span: 8,
      queries: [
        {
          expr: `time() - tacet_list_last_reload_success_timestamp_seconds{${CHOSEN}}`,
          legend: '{{instance}}',
        },
      ],
      runbooks: ['TacetReloadFailing'],
    }),
    series({
      title: 'Room on the disk',
      description: 'Bytes free where the list files are.',
      unit: 'bytes',
      span: 8,
      queries: [{ expr: `tacet_list_disk_free_bytes{${CHOSEN}}`, legend: '{{instance}} {{list}}' }],
      runbooks: ['TacetDiskFilling'],
    }),
    series({
      title: 'Fetches',
      description: 'Attempts to fetch a list within each hour, by outcome, whoever made them.',
      unit: 'short',
      span: 8,
      queries: [
        {
          // Every server of a store counts them all.
          expr: `max by (list, outcome) (increase(tacet_list_sync_total{${CHOSEN}}[1h]))`,
          legend: '{{list}} {{outcome}}',
        },
      ],
      colors: OUTCOMES,
      noValue: NO_STORE,
      runbooks: ['TacetSyncFailing'],
    }),
    series({
      title: 'Since the last good fetch',
      description: 'A fetch that found nothing new is a good one.',
      unit: 'dtdurations',
      span: 8,
      queries: [
        {
          // 0: none is known.
          expr: `time() - (tacet_list_sync_last_success_timestamp_seconds{${CHOSEN}} > 0)`,
          legend: '{{instance}} {{list}}',
        },
      ],
      noValue: 'no good fetch is known',
      runbooks: ['TacetSyncFailing'],
    }),
    series({
      title: 'Versions in the store',
      description: 'Kept for going back, and to answer what was served on a given day.',
      unit: 'short',
      span: 8,
      queries: [{ expr: `max by (list) (tacet_list_versions{${CHOSEN}})`, legend: '{{list}}' }],
      noValue: NO_STORE,
    }),
  ];
  return { title: 'Reloads, fetches, disk', panels };
}
