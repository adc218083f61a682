import { TacetError } from '../../errors.ts';
import type { Method } from '../../rpc/call.ts';
import { unaryMethod } from '../../rpc/unary-call.ts';
import { dedupeService } from '../../wire/service.ts';
import { mayHaveDates, type ServiceContext } from '../context.ts';

/** `GetLists`: what is served, stale or not, and the limits. */
export function getListsMethod(context: ServiceContext): Method {
  return unaryMethod(dedupeService.GetLists, (_request, { caller }) => {
    context.admission.admit(caller, { permissions: ['lists'] });
    const served = context.lists.current;
    if (served === undefined) {
      throw new TacetError('ERR_LIST_NONE', { what: 'no list is loaded' });
    }
    return {
      lists: served.versions,
      limits: {
        numbersPerMessageMax: context.pool.numbersMax,
        messageBytesMax: context.pool.messageBytesMax,
        registrationDates: mayHaveDates(context, caller),
        batchCheckNumbersMax: context.options.batchCheckNumbersMax,
      },
    };
  });
}
