/** Values with their units, as Grafana puts them: getValueFormat of @grafana/data. */

/** What a unit becomes from which value on, the largest first. */
type Scale = readonly (readonly [from: number, suffix: string])[];

const powersOf = (base: number, suffixes: readonly string[]): Scale =>
  suffixes.map((suffix, index) => [base ** index, suffix] as const).reverse();

const SCALES: Readonly<Record<string, Scale>> = {
  short: powersOf(1000, ['', ' K', ' Mil', ' Bil']),
  reqps: powersOf(1000, [' req/s', 'K req/s']),
  bytes: powersOf(1024, [' B', ' KiB', ' MiB', ' GiB', ' TiB']),
  Bps: powersOf(1000, [' B/s', ' kB/s', ' MB/s', ' GB/s']),
  s: [
    [60, ' mins'],
    [1, ' s'],
    [1e-3, ' ms'],
    [1e-6, ' µs'],
  ],
};

/** @param decimals of a duration, how many units below the largest */
export function unitText(
  value: number,
  { unit = 'none', decimals = 0 }: { readonly unit?: string; readonly decimals?: number },
): string {
  if (unit.startsWith('time:')) return dateText(value, unit.slice('time:'.length));
  if (unit === 'dtdurations') return durationText(value, decimals);
  if (unit === 'percentunit') return `${Number((value * 100).toPrecision(3))}%`;
  if (unit === 'locale') return Math.round(value).toLocaleString('en-US');
  if (unit === 'none') return String(Math.round(value));
  const [from, suffix] = scaleOf(value, SCALES[unit] ?? [[1, '']]);
  return `${Number((value / from).toPrecision(3))}${suffix}`;
}

function scaleOf(value: number, scale: Scale): Scale[number] {
  const fits = scale.find(([from]) => (value === 0 ? from === 1 : Math.abs(value) >= from));
  return fits ?? scale.at(-1) ?? [1, ''];
}

const DURATIONS = [
  ['year', 31_536_000],
  ['month', 2_628_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** The largest unit and as many below it as there are decimals. */
function durationText(value: number, decimals: number): string {
  if (value < 0) return `${durationText(-value, decimals)} ago`;
  let rest = value;
  const parts: string[] = [];
  for (const [name, seconds] of DURATIONS) {
    if (parts.length > decimals || (parts.length === 0 && rest < seconds)) continue;
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.length > 0 ? parts.join(', ') : '0 seconds';
}

/** In Brussels, as the dashboards are. */
function dateText(ms: number, format: string): string {
  const [day = '', time = ''] = new Date(ms)
    .toLocaleString('sv-SE', { timeZone: 'Europe/Brussels' })
    .split(' ');
  return format.includes('HH') ? `${day} ${time.slice(0, 5)}` : day;
}
