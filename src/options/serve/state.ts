import { count, duration, optional, part, size, text } from '../option.ts';

/** What a server keeps, where, and how it limits its clients. */
export const STATE_OPTIONS = {
  state: optional(
    text(
      'state',
      'DIR|postgres://...',
      'where registers, budgets and what they need are kept: a directory of this server, made ' +
        'where there is none, or a database that servers share (password in PGPASSWORD or ' +
        'PGPASSFILE)',
    ),
  ),
  stateWaitMs: duration('state-wait', 'how long to wait for another server to leave --state', {
    initial: '10s',
    range: { min: 0, max: 3_600_000 },
  }),
  stateTimeoutMs: duration(
    'state-timeout',
    'how long PostgreSQL may take to connect, or for one statement',
    { initial: '5s', range: { min: 100, max: 60_000 } },
  ),
  stateStaleMaxMs: duration(
    'state-stale-max',
    'how old what is known of the registers may be before nothing is answered any more',
    { initial: '10s', range: { min: 2_000, max: 3_600_000 } },
  ),
  registerPollMs: duration(
    'register-poll',
    'how often to look for edits of the registers by others',
    { initial: '500ms', range: { min: 10, max: 5_000 } },
  ),
  registersMax: size(
    'registers-max',
    'memory for the registers of advertisers; beyond it, those used the longest ago are read anew',
    { initial: '1GiB', range: { min: 1024 * 1024, max: 2 ** 40 } },
  ),
  budgetShare: part(
    'budget-share',
    'the part of every budget that this server gives out, where servers with a --state of their ' +
      'own divide it',
  ),
  budgetLeaseMax: count(
    'budget-lease-max',
    'numbers of a client that are booked ahead at most, and lost in a crash',
    { initial: '1000000', range: { min: 1, max: 1_000_000_000 } },
  ),
  blockedShareMax: count(
    'blocked-share-max',
    "per cent of a client's numbers of a day that may be blocked before it is stopped; 100 = any",
    { initial: '100', range: { min: 1, max: 100 } },
  ),
  blockedShareNumbersMin: count(
    'blocked-share-numbers-min',
    'numbers a client must have asked on a day before that share is looked at',
    { initial: '10000', range: { min: 1, max: 1_000_000_000 } },
  ),
  optInDaysMax: count(
    'opt-in-days-max',
    'opt-in days one listed number may be asked with before its party is stopped: many days tell ' +
      'when the number was registered',
    { initial: '8', range: { min: 1, max: 24 } },
  ),
  optInDaysWindow: count('opt-in-days-window', 'days within which those are counted', {
    initial: '7',
    range: { min: 1, max: 365 },
  }),
};
