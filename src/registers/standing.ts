/** The rules of the registers: what acts of people come to, number by number. */

export const REGISTERS = ['objections', 'opt-ins'] as const;
export type Register = (typeof REGISTERS)[number];

/**
 * `add`: an objection, or an opt-in. `lift`: the objection no longer holds, or the opt-in was
 * withdrawn. `lift-mistake`: the act was never one.
 */
export type RegisterOperation = 'add' | 'lift' | 'lift-mistake';

/** Stands for everybody that a server serves, where others are one advertiser. */
export const FIRM = '*';

/** What the acts on one number have come to, for one advertiser or the firm. Days: epoch days. */
export interface Standing {
  /** Of the objection in force; 0 = none. */
  readonly objectionDay: number;
  /** Opt-ins dated up to this day have ended; 0 = none has. The objection in force ends more. */
  readonly endedDay: number;
  /** Of the latest opt-in, ended or not; 0 = there is none. */
  readonly optInDay: number;
}

export const NO_STANDING: Standing = { objectionDay: 0, endedDay: 0, optInDay: 0 };

/** One act on one number. */
export interface Act {
  readonly register: Register;
  readonly operation: RegisterOperation;
  /** Epoch day from 1 on, not after today. Of a mistaken opt-in: its own; 0 = the latest one. */
  readonly day: number;
}

/**
 * The standing after an act.
 *
 * - An objection that is repeated keeps its latest day.
 * - A lifted objection has ended the opt-ins up to its day for good; a mistaken one ends none.
 * - A withdrawal ends the opt-ins up to its day.
 *
 * @param optInLeft for a mistaken opt-in, the latest day of those that are left; 0 = none is
 */
export function standingAfter(before: Standing, act: Act, optInLeft = 0): Standing {
  const { objectionDay, endedDay, optInDay } = before;
  const { register, operation, day } = act;
  if (register === 'objections') {
    if (operation === 'add') return { ...before, objectionDay: Math.max(objectionDay, day) };
    const ended = operation === 'lift' ? Math.max(endedDay, objectionDay) : endedDay;
    return { ...before, objectionDay: 0, endedDay: ended };
  }
  if (operation === 'add') return { ...before, optInDay: Math.max(optInDay, day) };
  if (operation === 'lift') return { ...before, endedDay: Math.max(endedDay, day) };
  return { ...before, optInDay: optInLeft };
}

/** The last day up to which a standing ends opt-ins. */
export function endOf({ objectionDay, endedDay }: Standing): number {
  return Math.max(objectionDay, endedDay);
}
