import type { Party } from '../access.ts';
import { KINDS, type Licence, PERIODS } from '../licence.ts';
import { readEnterpriseNumber } from './enterprise-number.ts';
import type { FileValue } from './file-value.ts';

/** Reads `parties`. */
export function readParties(file: FileValue): ReadonlyMap<string, Party> {
  return new Map([...file.byId()].map(([id, value]) => [id, readParty(id, value)]));
}

function readParty(id: string, file: FileValue): Party {
  const keys = ['name', 'kind', 'enterprise_number', 'workers', 'licences'] as const;
  const { name, kind, enterprise_number, workers, licences } = file.members(keys);
  return {
    id,
    name: (name.isAbsent ? undefined : name.line()) ?? id,
    kind: kind.choice(KINDS) ?? 'advertiser',
    enterpriseNumber: enterpriseNumberOf(enterprise_number),
    workers: workers.isAbsent ? undefined : workers.count(0),
    licences: readLicences(licences),
  };
}

function enterpriseNumberOf(file: FileValue): string | undefined {
  if (file.isAbsent) return undefined;
  const expected = 'ten digits whose last two are their check, such as 0123.456.749';
  const written = file.text(expected, (text) => readEnterpriseNumber(text) !== undefined);
  return written === undefined ? undefined : readEnterpriseNumber(written);
}

function readLicences(file: FileValue): readonly Licence[] {
  const ids = new Set<string>();
  return file.items().map((item) => {
    const { id, kind, period, from, cancelled_on } = item.members([
      ...['id', 'kind', 'period', 'from', 'cancelled_on'],
    ] as const);
    const licence: Licence = {
      id: id.id() ?? '',
      kind: kind.choice(KINDS) ?? 'advertiser',
      period: period.choice(PERIODS) ?? 'year',
      fromDay: from.day() ?? 0,
      cancelledDay: cancelled_on.isAbsent ? undefined : cancelled_on.day(),
    };
    if (ids.has(licence.id)) id.fault('is the id of two licences of this party', 'Rename one');
    ids.add(licence.id);
    if (licence.period === 'month' && licence.kind !== 'advertiser') {
      period.fault('a month is for advertisers only', 'Write year, or kind advertiser');
    }
    return licence;
  });
}
