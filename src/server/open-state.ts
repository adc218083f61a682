import { StateMetrics } from '../observe/metrics/state.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { ServeOptions } from '../options/serve-table.ts';
import type { ListLog } from '../serving/notices.ts';
import { openState, type State } from '../state/state.ts';

/**
 * Opens the state of a server, if it has one. What goes wrong later is counted, and logged once
 * until it is well again. Errors: those of `openState`.
 */
export async function openServerState(
  { state, stateWaitMs, stateTimeoutMs }: ServeOptions,
  { registry }: Metrics,
  log: ListLog,
): Promise<State | undefined> {
  if (state === undefined) return undefined;
  const metrics = new StateMetrics(registry);
  let isFailing = false;
  const options = { serve: true, waitMs: stateWaitMs, timeoutMs: stateTimeoutMs };
  const opened = await openState(state, {
    ...options,
    observer: {
      committed: (commitMs) => {
        metrics.committed(commitMs);
        if (isFailing) log.info({}, 'the state can be written again');
        isFailing = false;
      },
      failed: (error) => {
        metrics.failed();
        if (!isFailing) log.error({ err: error }, 'the state cannot be written');
        isFailing = true;
      },
    },
  });
  log.info({ state }, 'the state is open');
  return opened;
}
