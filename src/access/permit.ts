import { brusselsDay, brusselsMidnightMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { TacetError } from '../errors.ts';
import type { Channel, Purpose } from '../verdict/approach.ts';
import type { Access, Caller, Client, Party, Permission } from './access.ts';
import { coverOf, type Kind } from './licence.ts';

/** What a client asks leave for. */
export interface Wish {
  /** What it must be allowed, all of it: the method, and what is asked with it. */
  readonly permissions: readonly Permission[];
  /** On whose behalf, as the call says; empty = it does not. Absent = the method is for none. */
  readonly advertiser?: string;
  /** Why people are called. Absent = the list is not consulted, so no licence is needed. */
  readonly purpose?: Purpose;
  /** How. Default by a person. */
  readonly channel?: Channel;
  /** What becomes of a call without a licence: it is refused, or answered with a notice. */
  readonly licencePolicy: 'block' | 'warn';
}

/** Leave given, and what it rests on. */
export interface Permit {
  /** What every answer has to say. */
  readonly notices: readonly string[];
  readonly licences: readonly UsedLicence[];
  /** The instant at which the leave ends, in Unix milliseconds; Infinity if nothing ends it. */
  readonly untilMs: number;
}

/** A licence that a permit rests on, as receipts name it. */
interface UsedLicence {
  readonly party: string;
  readonly kind: Kind;
  readonly id: string;
  /** The last day of its present period, `YYYY-MM-DD`. */
  readonly until: string;
}

/**
 * Whether a client may do this now: the one place where that is decided. Its texts have the
 * caller's own words only, and tell nothing of other parties. Errors: ERR_ACCESS (the method, the
 * purpose or the channel is not allowed), ERR_ADVERTISER (none is named, or none that the client
 * may act for), ERR_LICENCE (with policy `block`).
 */
export function permit(
  access: Access,
  caller: Pick<Caller, 'client' | 'untilMs'>,
  wish: Wish,
  nowMs: number,
): Permit {
  const { client, untilMs } = caller;
  for (const permission of permissionsFor(wish)) {
    if (!client.allows(permission)) throw notAllowed(permission);
  }
  if (wish.advertiser === undefined) return { notices: [], licences: [], untilMs };
  const advertiser = access.parties.get(wish.advertiser);
  if (advertiser === undefined || !client.mayActFor(advertiser.id)) throw notFor(wish.advertiser);
  if (wish.purpose === undefined) return { notices: [], licences: [], untilMs };
  return permitLicensed(holdersOf(client, advertiser), wish.licencePolicy, { untilMs, nowMs });
}

function permissionsFor({ permissions, purpose, channel }: Wish): Permission[] {
  const needed = [...permissions];
  if (purpose === 'service') needed.push('service');
  if (channel !== undefined && channel !== 'person') needed.push(channel);
  return needed;
}

/** A party that needs a licence of a kind. */
interface Holder {
  readonly party: Party;
  readonly kind: Kind;
  /** How a text names the party to the caller. */
  readonly named: string;
}

/** Who acts for another needs a licence to do so, besides the other's; who acts for itself, one. */
function holdersOf({ party }: Client, advertiser: Party): Holder[] {
  const principal: Holder = {
    party: advertiser,
    kind: 'advertiser',
    named: `the advertiser ${advertiser.id}`,
  };
  if (party.id === advertiser.id) return [principal];
  return [{ party, kind: 'service-provider', named: 'the party of this client' }, principal];
}

function permitLicensed(
  holders: readonly Holder[],
  policy: Wish['licencePolicy'],
  { untilMs, nowMs }: { readonly untilMs: number; readonly nowMs: number },
): Permit {
  const today = brusselsDay(nowMs);
  const notices: string[] = [];
  const licences: UsedLicence[] = [];
  let endMs = untilMs;
  for (const { party, kind, named } of holders) {
    const cover = coverOf(party.licences, kind, today);
    if (cover !== undefined) {
      const { licence, periodLastDay, endDay } = cover;
      licences.push({ party: party.id, kind, id: licence.id, until: formatIsoDay(periodLastDay) });
      // With policy `warn` a call goes on without.
      const ends = policy === 'block' && endDay !== undefined;
      if (ends) endMs = Math.min(endMs, brusselsMidnightMs(endDay + 1));
    } else {
      const what = `${named} has no valid licence as ${kind.replace('-', ' ')}`;
      if (policy === 'block') throw notLicensed(what, kind);
      notices.push(`${what}: answered all the same, by --licence-policy warn`);
    }
  }
  return { notices, licences, untilMs: endMs };
}

function notAllowed(permission: Permission): TacetError {
  return new TacetError('ERR_ACCESS', {
    what: `this client is not allowed ${permission}`,
    fix: 'Who keeps the access file of the server can allow it',
    facts: { permission },
  });
}

/** The same text for an advertiser that is unknown and for one of somebody else. */
function notFor(advertiser: string): TacetError {
  return new TacetError('ERR_ADVERTISER', {
    what:
      advertiser === ''
        ? 'no advertiser is named'
        : 'the advertiser named is none that this client may act for',
    fix: 'Name the id of one that the access file of the server lets it act for',
  });
}

function notLicensed(what: string, kind: Kind): TacetError {
  return new TacetError('ERR_LICENCE', {
    what,
    fix: 'Licences are bought from DNCM and written into the access file of the server',
    facts: { licence: kind },
  });
}
