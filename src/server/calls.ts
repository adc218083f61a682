import type { CallLog } from '../observe/call-log.ts';
import type { CountedMetrics } from '../observe/metrics.ts';
import { ObservedCalls } from '../observe/observed-calls.ts';
import type { ServeOptions } from '../options/serve-table.ts';
import type { MessageBuffers } from '../rpc/message-buffers.ts';
import { RpcServer } from '../rpc/server.ts';
import type { MatchPool } from '../threads/pool.ts';
import type { HeldLists, ServiceContext } from './context.ts';
import { batchCheckMethod } from './methods/batch-check.ts';
import { checkMethod } from './methods/check.ts';
import { dedupeMethod } from './methods/dedupe.ts';
import { getListsMethod } from './methods/get-lists.ts';
import type { ServerTuning } from './tuning.ts';

export const SERVICE = 'tacet.v1.DedupeService';

/** What answers calls, whoever is told of them. */
export interface Answering {
  readonly options: ServeOptions & ServerTuning;
  readonly pool: MatchPool;
  readonly lists: HeldLists;
  readonly buffers: MessageBuffers;
}

/** The service on a gRPC server, which does not listen yet. */
export interface ServedCalls {
  readonly rpc: RpcServer;
  readonly observed: ObservedCalls;
  readonly context: ServiceContext;
}

/**
 * Creates a server of the service, whose calls are told to `metrics` and `log`.
 *
 * @param load see {@link RpcServer}
 */
export function serveCalls(
  { options, pool, lists, buffers }: Answering,
  { metrics, log }: { readonly metrics: CountedMetrics; readonly log: CallLog },
  load?: (path: string) => Promise<void> | undefined,
): ServedCalls {
  const observed = new ObservedCalls(SERVICE, { metrics, log });
  const context: ServiceContext = {
    options,
    pool,
    lists,
    streams: new Set(),
    giveBack: (request) => buffers.give(request),
    countVerdicts: (counts, metadata) => {
      metrics.countVerdicts(counts);
      log.answered(metadata, counts);
    },
    countVerdict: (verdict) => metrics.countVerdict(verdict),
  };
  const methods = [
    checkMethod(context),
    batchCheckMethod(context),
    getListsMethod(context),
    dedupeMethod(context),
  ];
  const rpc = new RpcServer(options, { observer: observed, buffers, methods, load });
  return { rpc, observed, context };
}
