import type { Registry } from 'prom-client';
import type { Access } from '../../access/access.ts';
import { coverOf, KINDS, type Licence, licenceDays } from '../../access/licence.ts';
import { brusselsDay, brusselsMidnightMs } from '../../calendar/brussels.ts';
import { counter, gauge } from './scraped.ts';

type Sample = readonly [labels: Record<string, string>, value: number];

/** What became of a call without a licence, by `--licence-policy`. */
const OUTCOMES = ['refused', 'answered'] as const;

/**
 * The licences of the access file, and the calls that had none. Labels are names of the file only;
 * who leaves the file leaves the metrics.
 */
export class LicenceMetrics {
  readonly #access: () => Access;
  /** Calls without a licence, by client and outcome. */
  readonly #missing = new Map<string, Record<(typeof OUTCOMES)[number], number>>();

  /** @param access the version of the file that holds; asked at each scrape */
  constructor(registry: Registry, access: () => Access) {
    this.#access = access;
    this.#registerDays(registry);
    const cover = {
      name: 'tacet_licence_cover_end_timestamp_seconds',
      help:
        'When the licences of a kind that a party holds one after the other end, seconds since ' +
        '1970-01-01 UTC. Without a value while one renews itself, and without any.',
      labelNames: ['party', 'kind'],
    };
    gauge(registry, cover, () => this.#coverEnds());
    const missing = {
      name: 'tacet_licence_missing_total',
      help: 'Calls without a valid licence, by client and outcome: refused or answered.',
      labelNames: ['client', 'outcome'],
    };
    counter(registry, missing, () => this.#missingCalls());
  }

  /** Counts a call of a client without a licence. */
  missed(client: string, outcome: (typeof OUTCOMES)[number]): void {
    const counts = this.#missing.get(client) ?? { refused: 0, answered: 0 };
    counts[outcome]++;
    this.#missing.set(client, counts);
  }

  #registerDays(registry: Registry): void {
    const labelNames = ['party', 'licence'];
    const register = (name: string, help: string, day: (of: Days) => number | undefined): void => {
      gauge(registry, { name, help, labelNames }, () => this.#samplesOf(day));
    };
    register(
      'tacet_licence_end_timestamp_seconds',
      'When a licence ends, or the period of one that renews itself, seconds since 1970-01-01 UTC.',
      ({ endDay, lastDay }) => (endDay ?? lastDay) + 1,
    );
    register(
      'tacet_licence_cancel_by_timestamp_seconds',
      'When the last day to cancel one that renews itself ends, seconds since 1970-01-01 UTC.',
      ({ endDay, cancelByDay }) =>
        endDay === undefined && cancelByDay !== undefined ? cancelByDay + 1 : undefined,
    );
    register(
      'tacet_licence_reminder_timestamp_seconds',
      'When the day begins by which DNCM reminds of a renewal, seconds since 1970-01-01 UTC.',
      ({ endDay, reminderDay }) => (endDay === undefined ? reminderDay : undefined),
    );
  }

  /** Of each licence that is not over, when the day begins that `dayOf` names, if any. */
  #samplesOf(dayOf: (days: Days) => number | undefined): Sample[] {
    const today = brusselsDay(Date.now());
    return [...this.#access().parties.values()].flatMap(({ id, licences }) =>
      licences.flatMap((licence) => sampleOf(id, licence, { today, dayOf })),
    );
  }

  #coverEnds(): Sample[] {
    const today = brusselsDay(Date.now());
    return [...this.#access().parties.values()].flatMap(({ id, licences }) =>
      KINDS.flatMap((kind): Sample[] => {
        const endDay = coverOf(licences, kind, today)?.endDay;
        if (endDay === undefined) return [];
        return [[{ party: id, kind }, brusselsMidnightMs(endDay + 1) / 1000]];
      }),
    );
  }

  /** From zero, so that the first call has a rate. */
  #missingCalls(): Sample[] {
    return [...this.#access().clients.keys()].flatMap((client) =>
      OUTCOMES.map((outcome): Sample => {
        return [{ client, outcome }, this.#missing.get(client)?.[outcome] ?? 0];
      }),
    );
  }
}

type Days = ReturnType<typeof licenceDays>;

function sampleOf(
  party: string,
  licence: Licence,
  { today, dayOf }: { today: number; dayOf: (days: Days) => number | undefined },
): Sample[] {
  const days = licenceDays(licence, today);
  const day = dayOf(days);
  if (day === undefined || today > days.lastDay) return [];
  return [[{ party, licence: licence.id }, brusselsMidnightMs(day) / 1000]];
}
