import type { Registry } from 'prom-client';
import type { Access } from '../../access/access.ts';
import { coverOf, KINDS, licenceDays } from '../../access/licence.ts';
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
  #known: { access: Access; today: number; instants: Instants } | undefined;
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
    gauge(registry, cover, () => this.#instants().covers);
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
    const register = (name: string, help: string, read: (of: Instants) => Sample[]): void => {
      gauge(registry, { name, help, labelNames }, () => read(this.#instants()));
    };
    register(
      'tacet_licence_end_timestamp_seconds',
      'When a licence ends, or the period of one that renews itself, seconds since 1970-01-01 UTC.',
      ({ ends }) => ends,
    );
    register(
      'tacet_licence_cancel_by_timestamp_seconds',
      'When the last day to cancel one that renews itself ends, seconds since 1970-01-01 UTC.',
      ({ cancelBy }) => cancelBy,
    );
    register(
      'tacet_licence_reminder_timestamp_seconds',
      'When the day begins by which DNCM reminds of a renewal, seconds since 1970-01-01 UTC.',
      ({ reminders }) => reminders,
    );
  }

  /** Reckoned once a day for each version of the file: midnights of Brussels are not cheap. */
  #instants(): Instants {
    const access = this.#access();
    const today = brusselsDay(Date.now());
    if (this.#known?.access !== access || this.#known.today !== today) {
      this.#known = { access, today, instants: instantsOf(access, today) };
    }
    return this.#known.instants;
  }

  /** From zero, so that the first call has a rate. */
  #missingCalls(): Sample[] {
    const { clients } = this.#access();
    for (const client of this.#missing.keys()) {
      if (!clients.has(client)) this.#missing.delete(client);
    }
    return [...clients.keys()].flatMap((client) =>
      OUTCOMES.map((outcome): Sample => {
        return [{ client, outcome }, this.#missing.get(client)?.[outcome] ?? 0];
      }),
    );
  }
}

/** The instants of all licences, each as the samples of a gauge. */
interface Instants {
  readonly ends: Sample[];
  readonly cancelBy: Sample[];
  readonly reminders: Sample[];
  readonly covers: Sample[];
}

function instantsOf({ parties }: Access, today: number): Instants {
  const instants: Instants = { ends: [], cancelBy: [], reminders: [], covers: [] };
  const add = (to: Sample[], labels: Sample[0], day: number | undefined): void => {
    if (day !== undefined) to.push([labels, brusselsMidnightMs(day) / 1000]);
  };
  for (const { id: party, licences } of parties.values()) {
    for (const licence of licences) {
      const { endDay, lastDay, cancelByDay, reminderDay } = licenceDays(licence, today);
      if (today > lastDay) continue;
      const labels = { party, licence: licence.id };
      add(instants.ends, labels, (endDay ?? lastDay) + 1);
      if (endDay !== undefined || cancelByDay === undefined) continue;
      add(instants.cancelBy, labels, cancelByDay + 1);
      add(instants.reminders, labels, reminderDay);
    }
    for (const kind of KINDS) {
      const endDay = coverOf(licences, kind, today)?.endDay;
      if (endDay !== undefined) add(instants.covers, { party, kind }, endDay + 1);
    }
  }
  return instants;
}
