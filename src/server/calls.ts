import type { Access } from '../access/access.ts';
import type { ClientLimits } from '../access/limits/client-limits.ts';
import type { CallLog } from '../observe/call-log.ts';
import type { LicenceMetrics } from '../observe/metrics/licences.ts';
import type { CountedMetrics } from '../observe/metrics.ts';
import { ObservedCalls } from '../observe/observed-calls.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import { Authentication } from '../rpc/authentication.ts';
import type { MessageBuffers } from '../rpc/message-buffers.ts';
import { RpcServer } from '../rpc/server.ts';
import type { MatchPool } from '../threads/pool.ts';
import { Admission } from './admission.ts';
import { Charging } from './charge.ts';
import type { HeldLists, ServiceContext } from './context.ts';
import { batchCheckMethod } from './methods/batch-check.ts';
import { checkMethod } from './methods/check.ts';
import { dedupeMethod } from './methods/dedupe.ts';
import { getListsMethod } from './methods/get-lists.ts';
import { registerMethods } from './methods/registers/methods.ts';
import { type KeptRegisters, ServedRegisters } from './registers.ts';
import type { ServerTuning } from './tuning.ts';

const PACKAGE = 'tacet.v1';
export const SERVICE = `${PACKAGE}.DedupeService`;

/** What answers calls, whoever is told of them. */
export interface Answering {
  readonly options: ServeOptions & ServerTuning;
  readonly pool: MatchPool;
  readonly lists: HeldLists;
  readonly buffers: MessageBuffers;
  /** Who may call; undefined = anybody. */
  readonly access?: { readonly current: Access } | undefined;
  /** What limits the callers; none = they have no budgets. */
  readonly limits?: () => ClientLimits | undefined;
  /** What people said besides the lists; none = there are no registers. */
  readonly registers?: () => KeptRegisters | undefined;
}

/** Who is told of calls. */
interface CallWitnesses {
  readonly metrics: CountedMetrics;
  readonly log: CallLog;
  /** Of calls without a licence; undefined where none is asked for. */
  readonly licences?: LicenceMetrics | undefined;
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
  { options, pool, lists, buffers, access, limits, registers }: Answering,
  { metrics, log, licences }: CallWitnesses,
  load?: (path: string) => Promise<void> | undefined,
): ServedCalls {
  const admission = new Admission(access, options.licencePolicy, (client, outcome) =>
    licences?.missed(client, outcome),
  );
  const authentication = access && new Authentication(access, options);
  const observed = new ObservedCalls(PACKAGE, { metrics, log });
  const context: ServiceContext = {
    options,
    pool,
    lists,
    streams: new Set(),
    admission,
    registers: new ServedRegisters(() => registers?.(), access),
    again: (caller) => caller && authentication?.again(caller),
    charging: new Charging(() => limits?.()),
    witnessOf: (caller, { purpose }) => {
      const watching = limits?.();
      if (caller === undefined || watching === undefined) return undefined;
      // Such answers tell nothing of the list. Those to SMS and fax may: a date, or that a number
      // is listed though it is none that the list covers.
      if (purpose === 'service') return undefined;
      return (answered) => watching.saw(caller.client, answered);
    },
    giveBack: (request) => buffers.give(request),
    countVerdicts: (counts, metadata) => {
      metrics.countVerdicts(counts);
      if (metadata.client !== undefined) metrics.clients.answered(metadata.client, counts);
      log.answered(metadata, counts);
    },
    countVerdict: (verdict, { client }) => {
      metrics.countVerdict(verdict);
      if (client !== undefined) metrics.clients.answeredOne(client, verdict);
    },
  };
  const methods = [
    checkMethod(context),
    batchCheckMethod(context),
    getListsMethod(context),
    dedupeMethod(context),
    ...registerMethods(context),
  ];
  const rpc = new RpcServer(options, {
    ...{ observer: observed, buffers, methods, load, authentication },
  });
  return { rpc, observed, context };
}
