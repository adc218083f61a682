/**
 * Metrics that dashboards and alerts ask for and that no server of this version has yet: their
 * panels are empty until it fetches lists itself. A test fails as soon as one of them exists.
 */
export const PENDING_METRICS: readonly string[] = [
  'tacet_list_sync_total',
  'tacet_list_sync_last_success_timestamp_seconds',
  'tacet_list_refused',
  'tacet_list_changed_in_place',
  'tacet_list_override_until_timestamp_seconds',
  'tacet_list_versions',
  'tacet_list_added',
  'tacet_list_removed',
];
