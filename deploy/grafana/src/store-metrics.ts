/**
 * Metrics of dashboards and alerts that only a server of a store has: with a single list file their
 * panels are empty.
 */
export const STORE_METRICS: readonly string[] = [
  'tacet_list_sync_total',
  'tacet_list_refused',
  'tacet_list_versions',
  'tacet_list_added',
  'tacet_list_removed',
];
