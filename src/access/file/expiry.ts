import { brusselsMidnightMs } from '../../calendar/brussels.ts';
import { DAY_MS, EPOCH_DAY_MAX, parseIsoDay } from '../../calendar/day.ts';
import type { FileValue } from './file-value.ts';

/** RFC 3339, section 5.6; no leap second, which no clock of ours shows. */
const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const INSTANT = new RegExp(
  `^(\\d{4}-\\d\\d-\\d\\d)[Tt ]${TIME}:([0-5]\\d)(?:\\.\\d{1,9})?(?:[Zz]|([+-])${TIME})$`,
);

/** The instant from which a token no longer is valid, in Unix milliseconds. */
export function expiryMs(file: FileValue): number | undefined {
  const expected = 'its last day in Brussels as YYYY-MM-DD, or an instant as 2027-01-31T18:00:00Z';
  let expiresMs = Number.NaN;
  file.text(expected, (given) => {
    expiresMs = readExpiry(given);
    return !Number.isNaN(expiresMs);
  });
  return Number.isNaN(expiresMs) ? undefined : expiresMs;
}

/** NaN = neither a day, through which it is valid in Brussels, nor an instant. */
function readExpiry(text: string): number {
  const day = dayOf(text);
  if (!Number.isNaN(day)) return brusselsMidnightMs(day + 1);
  const [, date = '', hour, minute, second, sign, zoneHour = 0, zoneMinute = 0] =
    INSTANT.exec(text) ?? [];
  const localS = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const zoneS = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60 * (sign === '-' ? -1 : 1);
  return dayOf(date) * DAY_MS + (localS - zoneS) * 1000;
}

function dayOf(text: string): number {
  const day = parseIsoDay(text);
  return day >= 0 && day <= EPOCH_DAY_MAX ? day : Number.NaN;
}
