import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Access } from '#tacet/access/access.js';
import { checkAccess } from '#tacet/access/file/read-access.js';
import { brusselsMidnightMs } from '#tacet/calendar/brussels.js';
import { parseIsoDay } from '#tacet/calendar/day.js';
import { LicenceMetrics } from '#tacet/observe/metrics/licences.js';
import { type AccessJson, accessJson } from '../access/file/fixture.ts';

function accessOf(change?: (json: AccessJson) => void): Access {
  const { access, faults } = checkAccess(Buffer.from(JSON.stringify(accessJson(change))));
  if (access === undefined) throw faults.toError('access.json');
  return access;
}

const seconds = (day: string): number => brusselsMidnightMs(parseIsoDay(day)) / 1000;

afterEach(() => {
  vi.useRealTimers();
});

/** The samples of a metric at noon of a day, by their labels. */
async function samplesOf(registry: Registry, name: string, day = '2026-11-27') {
  vi.useFakeTimers({ toFake: ['Date'], now: brusselsMidnightMs(parseIsoDay(day)) + 43_200_000 });
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
  return Object.fromEntries(
    values.map(({ labels, value }) => [Object.values(labels).join(' '), value]),
  );
}

describe('the metrics of licences', () => {
  it('have the end of each, and the days of those that renew themselves', async () => {
    const registry = new Registry();
    const access = accessOf(({ parties }) => {
      const licences = [
        { id: 'kept', kind: 'advertiser', period: 'year', from: '2026-03-01' },
        {
          ...{ id: 'late', kind: 'advertiser', period: 'year', from: '2026-03-01' },
          cancelled_on: '2027-02-02',
        },
      ];
      Object.assign(parties['acme'] ?? {}, { licences });
    });
    new LicenceMetrics(registry, () => access);
    expect(await samplesOf(registry, 'tacet_licence_end_timestamp_seconds')).toEqual({
      'acme kept': seconds('2027-03-01'),
      'acme late': seconds('2028-03-01'),
      'bolt B-1': seconds('2026-12-01'),
      'ring R-1': seconds('2027-03-01'),
    });
    const cancelBy = await samplesOf(registry, 'tacet_licence_cancel_by_timestamp_seconds');
    expect(cancelBy).toEqual({
      'acme kept': seconds('2027-01-29'),
      'ring R-1': seconds('2027-01-29'),
    });
    const reminder = await samplesOf(registry, 'tacet_licence_reminder_timestamp_seconds');
    expect(reminder).toEqual({
      'acme kept': seconds('2026-12-28'),
      'ring R-1': seconds('2026-12-28'),
    });
  });

  it('drop a licence that is over, and take the next period of one that renews', async () => {
    const registry = new Registry();
    const access = accessOf();
    new LicenceMetrics(registry, () => access);
    const ends = (day: string) => samplesOf(registry, 'tacet_licence_end_timestamp_seconds', day);
    expect(Object.keys(await ends('2026-11-30'))).toContain('bolt B-1');
    expect(Object.keys(await ends('2026-12-01'))).not.toContain('bolt B-1');
    expect((await ends('2027-02-28'))['acme A-1']).toBe(seconds('2027-03-01'));
    expect((await ends('2027-03-01'))['acme A-1']).toBe(seconds('2028-03-01'));
  });

  it('have the end of what covers a party only where nothing renews itself', async () => {
    const registry = new Registry();
    const access = accessOf(({ parties }) => {
      const month = { kind: 'advertiser', period: 'month' };
      const licences = ['2026-11-01', '2026-12-01'].map((from) => ({ id: from, ...month, from }));
      Object.assign(parties['bolt'] ?? {}, { licences });
    });
    new LicenceMetrics(registry, () => access);
    const name = 'tacet_licence_cover_end_timestamp_seconds';
    expect(await samplesOf(registry, name)).toEqual({ 'bolt advertiser': seconds('2027-01-01') });
    expect(await samplesOf(registry, name, '2027-01-01')).toEqual({});
  });

  it('count calls without one by client, from zero, of clients of the file only', async () => {
    const registry = new Registry();
    let access = accessOf();
    const metrics = new LicenceMetrics(registry, () => access);
    metrics.missed('ring-all', 'refused');
    metrics.missed('ring-all', 'refused');
    metrics.missed('dialler-a', 'answered');
    const missing = () => samplesOf(registry, 'tacet_licence_missing_total');
    expect(await missing()).toEqual({
      ...{ 'dialler-a refused': 0, 'dialler-a answered': 1 },
      ...{ 'ring-all refused': 2, 'ring-all answered': 0 },
    });
    access = accessOf(({ clients }) => delete clients['ring-all']);
    expect(await missing()).toEqual({ 'dialler-a refused': 0, 'dialler-a answered': 1 });
  });
});
