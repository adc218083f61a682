import { CHOSEN, greenFrom, orangeFrom, overIs, RED, type Steps, stat } from './panels.ts';

export const HOUR = 3600;

/** From when an alert says that a list should have been renewed, and from when it must be. */
export const AGEING_SECONDS = 26 * HOUR;
export const OLD_SECONDS = 72 * HOUR;

/** By the seconds left until a list goes stale. */
export const STALE_STEPS: Steps = [RED, orangeFrom(48 * HOUR), greenFrom(72 * HOUR)];

/** What is said of a list that may not be consulted any more. */
export const STALE = overIs('STALE');

/** How long the list that goes stale first may still be consulted. */
export function goesStaleIn(): ReturnType<typeof stat> {
  return stat({
    title: 'List goes stale in',
    description:
      'Time left until a list may not be consulted any more. From then on nothing is answered.',
    unit: 'dtdurations',
    // Days and hours.
    decimals: 1,
    span: 4,
    queries: [{ expr: `min(tacet_list_valid_until_timestamp_seconds{${CHOSEN}}) - time()` }],
    steps: STALE_STEPS,
    mapping: STALE,
    runbooks: ['TacetListStale', 'TacetListOld'],
  });
}
