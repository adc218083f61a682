import type { AccountLimits } from './account.ts';

/** What budgets need to know of a client. */
export interface BudgetedClient {
  readonly name: string;
  /** Numbers it may ask on a day of Brussels; undefined = any. */
  readonly numbersPerDayMax: number | undefined;
  /** Checks at once, and in a minute after that; undefined = any. */
  readonly checksPerMinuteMax: number | undefined;
}

/** The part of every budget that this server may give out. */
export interface BudgetShare {
  readonly part: number;
  readonly of: number;
}

/** Whether a client has any budget. */
export function hasBudget({ numbersPerDayMax, checksPerMinuteMax }: BudgetedClient): boolean {
  return numbersPerDayMax !== undefined || checksPerMinuteMax !== undefined;
}

/** The limits of a client at a server with this share; undefined = it has no budget. */
export function limitsOf(
  client: BudgetedClient,
  { part, of }: BudgetShare,
): AccountLimits | undefined {
  if (!hasBudget(client)) return undefined;
  const shareOf = (max: number | undefined): number =>
    max === undefined ? Number.POSITIVE_INFINITY : Math.floor((max * part) / of);
  return {
    numbersPerDay: shareOf(client.numbersPerDayMax),
    checksPerMinute: shareOf(client.checksPerMinuteMax),
  };
}
