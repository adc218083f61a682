import type { Access, Caller } from '../access/access.ts';
import { type Permit, permit, type Wish } from '../access/permit.ts';
import { brusselsDay, brusselsMidnightMs } from '../calendar/brussels.ts';
import { TacetError } from '../errors.ts';
import type { LicenceMetrics } from '../observe/metrics/licences.ts';

/** What a call asks leave for. */
export type Asked = Omit<Wish, 'licencePolicy'>;

/** A permit, and whose it is, by now. */
export interface Admitted extends Permit {
  /** Undefined where nobody is asked who they are. */
  readonly caller: Caller | undefined;
}

const OPEN: Admitted = {
  ...{ notices: [], licences: [], caller: undefined },
  untilMs: Number.POSITIVE_INFINITY,
};

/** Permits that are remembered; beyond, all are forgotten. */
const KNOWN_MAX = 10_000;

/** Decides what callers may do, by the access file that is in force. */
export class Admission {
  readonly #access: { readonly current: Access } | undefined;
  readonly #licencePolicy: Wish['licencePolicy'];
  readonly #onUnlicensed: LicenceMetrics['missed'];
  /** Permits of one access file and one day, by what was asked: each costs as much as a look-up. */
  readonly #known = new Map<string, Permit>();
  #knownOf: Access | undefined;
  #knownUntilMs = 0;

  /**
   * @param access undefined = everybody may do everything
   * @param onUnlicensed told of each call without a licence, and what became of it
   */
  constructor(
    access: { readonly current: Access } | undefined,
    licencePolicy: Wish['licencePolicy'],
    onUnlicensed: LicenceMetrics['missed'],
  ) {
    this.#access = access;
    this.#licencePolicy = licencePolicy;
    this.#onUnlicensed = onUnlicensed;
  }

  /**
   * The permit for a new call. `caller` is undefined only where there is no access file; it may
   * have been there before the file changed. Errors: ERR_UNAUTHENTICATED, ERR_ACCESS,
   * ERR_ADVERTISER, ERR_LICENCE.
   */
  admit(caller: Caller | undefined, asked: Asked): Admitted {
    const tell = (outcome: 'refused' | 'answered'): void =>
      void (caller && this.#onUnlicensed(caller.client.name, outcome));
    try {
      const permit = this.reconsider(caller, asked);
      if (permit.notices.length > 0) tell('answered');
      return permit;
    } catch (error) {
      if (error instanceof TacetError && error.code === 'ERR_LICENCE') tell('refused');
      throw error;
    }
  }

  /** The permit, by now, for a call that was admitted. Errors: those of {@link admit}. */
  reconsider(earlier: Caller | undefined, asked: Asked): Admitted {
    const access = this.#access?.current;
    if (access === undefined || earlier === undefined) return OPEN;
    const nowMs = Date.now();
    const caller = earlier.in(access, nowMs);
    this.#forget(access, nowMs);
    const { permissions, advertiser, purpose, channel } = asked;
    const asking = [caller.client.name, permissions, advertiser, purpose, channel];
    const key = JSON.stringify(asking);
    let known = this.#known.get(key);
    if (known === undefined) {
      const wish = { ...asked, licencePolicy: this.#licencePolicy };
      const client = { client: caller.client, untilMs: Number.POSITIVE_INFINITY };
      known = permit(access, client, wish, nowMs);
      this.#known.set(key, known);
    }
    // The token is this caller's, the rest the client's.
    return { ...known, caller, untilMs: Math.min(caller.untilMs, known.untilMs) };
  }

  #forget(access: Access, nowMs: number): void {
    const isOld = this.#knownOf !== access || nowMs >= this.#knownUntilMs;
    if (!isOld && this.#known.size < KNOWN_MAX) return;
    this.#known.clear();
    this.#knownOf = access;
    this.#knownUntilMs = brusselsMidnightMs(brusselsDay(nowMs) + 1);
  }
}
