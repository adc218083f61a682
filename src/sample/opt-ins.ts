import { formatIsoDay, parseIsoDay } from '../calendar/day.ts';
import { type Random, WeightedChoice } from './random.ts';

const FILLED_SHARE = 0.35;

const OLDEST_DAY = parseIsoDay('1998-01-01');

/** Days so far ahead that they are in the future whenever the file is used. */
const FUTURE_FIRST_DAY = parseIsoDay('2095-01-01');
const FUTURE_LAST_DAY = parseIsoDay('2149-06-06');

const GARBAGE = [
  ...['31/12/2024', '2024-02-30', '2023-02-29', '2024-13-01', '2024-00-10', '2024-1-5'],
  ...['20240105', 'ja', 'oui', '?', '45291', '2024-06', '0000-00-00', '12-03-24', '2024/06/01'],
] as const;

/** How an opt-in relates to the registration on `day`; the latest one is of `lastDay`. */
const RELATIONS = new WeightedChoice<{
  readonly weight: number;
  write(random: Random, day: number, lastDay: number): string;
}>([
  { weight: 260, write: (r, day) => formatIsoDay(r.between(Math.min(OLDEST_DAY, day), day)) },
  { weight: 60, write: (_, day) => formatIsoDay(day - 1) },
  { weight: 100, write: (_, day) => formatIsoDay(day) },
  { weight: 80, write: (_, day, lastDay) => formatIsoDay(Math.min(day + 1, lastDay)) },
  {
    weight: 380,
    write: (r, day, lastDay) => formatIsoDay(r.between(Math.min(day + 1, lastDay), lastDay)),
  },
  { weight: 80, write: (r) => formatIsoDay(r.between(FUTURE_FIRST_DAY, FUTURE_LAST_DAY)) },
  { weight: 40, write: (r) => r.pick(GARBAGE) },
]);

/**
 * The opt-in date of a contact as in the file: usually empty, else `YYYY-MM-DD`, rarely something
 * else. No date lies between `lastDay` and 2095, so the verdict is the same tomorrow as today.
 *
 * @param options.registeredDay epoch day; undefined for a number that is not listed
 * @param options.lastDay epoch day of the latest opt-in that has happened
 */
export function sampleOptIn(
  random: Random,
  options: { registeredDay: number | undefined; lastDay: number },
): string {
  if (!random.chance(FILLED_SHARE)) return '';
  const { lastDay } = options;
  const day = options.registeredDay ?? random.between(OLDEST_DAY, lastDay);
  return RELATIONS.pick(random).write(random, day, lastDay);
}
