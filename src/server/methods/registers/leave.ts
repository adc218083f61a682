import type { Caller } from '../../../access/access.ts';
import { TacetError } from '../../../errors.ts';
import { FIRM } from '../../../registers/standing.ts';
import type { MayRead } from '../../../state/desk/desk.ts';
import type { ServiceContext } from '../../context.ts';

/**
 * Whether a caller may edit the registers of an advertiser, or of the firm; returns its client's
 * name, if it has one. Errors: ERR_UNAUTHENTICATED, ERR_ACCESS, ERR_ADVERTISER.
 */
export function admitToEdit(
  context: ServiceContext,
  caller: Caller | undefined,
  advertiser: string,
): string | undefined {
  const admitted = context.admission.admit(
    caller,
    advertiser === FIRM
      ? { permissions: ['registers', 'operate'] }
      : { permissions: ['registers'], advertiser },
  );
  return admitted.caller?.client.name;
}

/** Whose registers a caller may see. Errors: ERR_UNAUTHENTICATED, ERR_ACCESS. */
export function admitToRead(context: ServiceContext, caller: Caller | undefined): MayRead {
  const client = context.admission.admit(caller, { permissions: ['registers'] }).caller?.client;
  if (client === undefined) return () => true;
  return (advertiser) =>
    advertiser === FIRM ? client.allows('operate') : client.mayActFor(advertiser);
}

/** What a client is told of an error: nothing of where the state lies. */
export function toldOf(error: unknown): unknown {
  if (!(error instanceof TacetError) || error.code !== 'ERR_STATE') return error;
  return new TacetError('ERR_STATE_UNAVAILABLE', {
    what: 'the registers cannot be read or written at the moment',
    fix: 'Try again; an edit with the same request_id',
    cause: error,
  });
}
