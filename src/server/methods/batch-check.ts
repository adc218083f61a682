import { brusselsDay } from '../../calendar/brussels.ts';
import { saying } from '../../registers/view.ts';
import type { Method } from '../../rpc/call.ts';
import { type UnaryCall, unaryMethod } from '../../rpc/unary-call.ts';
import { heldFor } from '../../serving/held-for.ts';
import { assertFresh } from '../../verdict/freshness.ts';
import { encodeApproach } from '../../wire/approach.ts';
import { FIELD_BATCH_MATCHED, FIELD_BATCH_REASONS } from '../../wire/response.ts';
import { dedupeService, encodeBatchParts } from '../../wire/service.ts';
import { costOf } from '../charge.ts';
import {
  approachOf,
  BELGIUM,
  listsOf,
  optionsOf,
  permissionsOf,
  regionOf,
  type ServiceContext,
} from '../context.ts';

/** `BatchCheck`: one request and one response, both as bytes, through the pool. */
export function batchCheckMethod(context: ServiceContext): Method {
  return unaryMethod(dedupeService.BatchCheck, (request, call) =>
    batchCheck(context, request, call),
  );
}

async function batchCheck(
  context: ServiceContext,
  request: Buffer,
  call: UnaryCall<Buffer, Buffer>,
): Promise<Buffer> {
  const options = optionsOf(request, context, call.caller);
  const approach = approachOf(options);
  const { notices, caller } = context.admission.admit(call.caller, {
    ...{ advertiser: options.advertiser, ...approach },
    permissions: permissionsOf('batch-check', options),
  });
  context.charging.check(caller, { numbers: 1, checks: 1 });
  const view = await context.registers.viewOf(options.advertiser);
  return heldFor(context.lists, listsOf(options), async (asked) => {
    const { body, counts } = await context.pool.answer(
      request,
      asked.set,
      {
        belgian: regionOf(options.region, context) === BELGIUM,
        registrationDays: options.registrationDates,
        reasonsField: options.reasons ? FIELD_BATCH_REASONS : 0,
        matchedField: options.matchedLists ? FIELD_BATCH_MATCHED : 0,
        ...{ lists: asked.mask, objections: asked.objections },
        approach,
        registers: saying(view),
        todayDay: brusselsDay(Date.now()),
        numbersMax: context.options.batchCheckNumbersMax,
      },
      {
        optionsAllowed: true,
        signal: call.signal,
        witness: context.witnessOf(caller, approach),
      },
    );
    const cost = costOf(counts, { checks: 1, approach });
    const charging = context.charging.charge(caller, cost, call);
    if (charging !== undefined) await charging;
    // It may have waited for a worker, or for its budget, past midnight.
    assertFresh(asked.lists, Date.now());
    context.registers.assertFresh();
    context.countVerdicts(counts, call.metadata);
    const told = [...asked.notices, ...context.registers.noticesOf(options.advertiser, view)];
    const parts = encodeBatchParts({
      lists: [...asked.versions, ...context.registers.versionsOf(view)],
      notices: [...notices, ...told],
      ...encodeApproach(approach),
    });
    return Buffer.concat([parts, body]);
  });
}
