import { TacetError } from '../errors.ts';

/** The longest an override may last. */
const OVERRIDE_MAX_MS = 24 * 3_600_000;
const TEXT_CHARACTERS_MAX = 200;

/** Permission to answer from a list past its `valid_until`: who gave it, why, and until when. */
export interface FreshnessOverride {
  readonly untilUnix: number;
  readonly by: string;
  readonly reason: string;
  readonly atUnix: number;
}

/**
 * Makes an override that starts now. Errors: ERR_USAGE for a missing name or reason, or too long a
 * time.
 */
export function makeOverride(given: {
  readonly by: string;
  readonly reason: string;
  readonly forMs: number;
  readonly nowMs: number;
}): FreshnessOverride {
  const { by, reason, forMs, nowMs } = given;
  checkPerson(by, reason);
  if (!(forMs > 0 && forMs <= OVERRIDE_MAX_MS)) {
    throw new TacetError('ERR_USAGE', {
      what: 'an override lasts at most 24 hours',
      where: '--for',
      fix: 'Renew it if it is needed longer: each is logged',
    });
  }
  const atUnix = Math.floor(nowMs / 1000);
  return { untilUnix: atUnix + Math.floor(forMs / 1000), by, reason, atUnix };
}

/** A decision needs a name and a reason. Errors: ERR_USAGE. */
export function checkPerson(by: string, reason: string): void {
  for (const [where, text] of [
    ['--by', by],
    ['--reason', reason],
  ] as const) {
    const isFine = text.trim() !== '' && text.length <= TEXT_CHARACTERS_MAX && !/\p{C}/u.test(text);
    if (isFine) continue;
    throw new TacetError('ERR_USAGE', {
      what: 'missing, too long, or not printable',
      where,
      expected: `1 to ${TEXT_CHARACTERS_MAX} printable characters`,
    });
  }
}

/**
 * Reads an override as written. Errors: ERR_STORE if it is none, or lasts longer than an override
 * may.
 */
export function parseOverride(text: string, where: string): FreshnessOverride {
  try {
    const { untilUnix, by, reason, atUnix } = JSON.parse(text) as Record<string, unknown>;
    if (typeof untilUnix !== 'number' || typeof atUnix !== 'number')
      throw new TypeError('no times');
    if (typeof by !== 'string' || typeof reason !== 'string')
      throw new TypeError('no name, no reason');
    checkPerson(by, reason);
    if (untilUnix - atUnix > OVERRIDE_MAX_MS / 1000) throw new TypeError('it lasts too long');
    return { untilUnix, by, reason, atUnix };
  } catch (cause) {
    throw new TacetError('ERR_STORE', {
      what: `not an override: ${cause instanceof Error ? cause.message : cause}`,
      where,
      fix: 'Write it with `tacet list override`',
      cause,
    });
  }
}

/** Whether an override is in force; one from the future is not. */
export function isInForce(override: FreshnessOverride | undefined, nowMs: number): boolean {
  if (override === undefined) return false;
  const nowUnix = nowMs / 1000;
  return nowUnix >= override.atUnix && nowUnix < override.untilUnix;
}
