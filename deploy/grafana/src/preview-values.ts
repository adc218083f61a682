/** What the panels of a dashboard show: their queries, answered and put as Grafana does. */

/** The parts of a dashboard's JSON that are read. */
export interface PreviewDashboard {
  readonly title: string;
  readonly panels: readonly PreviewPanel[];
  readonly annotations: {
    readonly list: readonly { readonly name: string; expr: string; readonly iconColor: string }[];
  };
}

export interface PreviewPanel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly targets?: readonly {
    readonly expr: string;
    readonly refId: string;
    readonly legendFormat: string;
  }[];
  readonly fieldConfig?: {
    readonly defaults: Field;
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly transformations?: readonly {
    readonly options: {
      readonly indexByName?: Readonly<Record<string, number>>;
      readonly renameByName?: Readonly<Record<string, string>>;
    };
  }[];
}

/** How a value is put. */
export interface Field {
  readonly unit?: string;
  readonly decimals?: number;
  readonly thresholds?: { readonly steps: readonly { value: number | null; color: string }[] };
  readonly mappings?: readonly {
    readonly options: Readonly<Record<string, { readonly text: string; readonly color?: string }>>;
  }[];
}

/** Labels and samples, in seconds. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Where the answers come from; `now` is the end of the time shown. */
export interface Source {
  now(expr: string): Promise<readonly Series[]>;
  range(expr: string): Promise<readonly Series[]>;
}

/** A value as it is read: its text, and the colour that says how it is. */
export interface Shown {
  readonly text: string;
  readonly color: string;
}

export type PanelContent =
  | { readonly kind: 'row' }
  | { readonly kind: 'stat'; readonly values: readonly Shown[] }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Shown[])[];
    }
  | {
      readonly kind: 'series';
      readonly lines: readonly { readonly name: string; readonly points: Series['values'] }[];
    };

const NO_COLOR = 'text';

/** Asks what one panel asks. */
export async function contentOf(panel: PreviewPanel, source: Source): Promise<PanelContent> {
  const { type, targets = [], fieldConfig } = panel;
  const field = fieldConfig?.defaults ?? {};
  if (type === 'row') return { kind: 'row' };
  if (type === 'table') return tableOf(panel, source);
  if (type === 'stat') {
    const answers = (await Promise.all(targets.map(({ expr }) => source.now(expr)))).flat();
    const values = answers.map(({ values }) => shown(Number(values.at(-1)?.[1]), field));
    return { kind: 'stat', values: values.length > 0 ? values : [NO_DATA] };
  }
  const lines = await Promise.all(
    targets.map(async ({ expr, legendFormat }) =>
      (await source.range(expr)).map(({ metric, values }) => ({
        name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
        points: values,
      })),
    ),
  );
  return { kind: 'series', lines: lines.flat() };
}

const NO_DATA: Shown = { text: 'No data', color: NO_COLOR };

/** Rows of equal labels become one; then only the columns that are named, under their titles. */
async function tableOf(panel: PreviewPanel, source: Source): Promise<PanelContent> {
  const merged = new Map<string, Map<string, string>>();
  for (const { expr, refId } of panel.targets ?? []) {
    for (const { metric, values } of await source.now(expr)) {
      const labels = Object.entries(metric).filter(([name]) => name !== '__name__');
      const key = JSON.stringify(labels.sort());
      const row = merged.get(key) ?? new Map(labels);
      merged.set(key, row.set(`Value #${refId}`, values.at(-1)?.[1] ?? ''));
    }
  }
  const { indexByName = {}, renameByName = {} } =
    panel.transformations?.find(({ options }) => options.indexByName !== undefined)?.options ?? {};
  const names = Object.keys(indexByName).sort((a, b) => indexByName[a]! - indexByName[b]!);
  const columns = names.map((name) => renameByName[name] ?? name);
  const fields = columns.map((column) => fieldOf(panel, column));
  const rows = [...merged.values()].map((row) =>
    names.map((name, index): Shown => {
      const text = row.get(name) ?? '';
      const field = fields[index] ?? {};
      return name.startsWith('Value') ? shown(Number(text), field) : worded(text, field);
    }),
  );
  return { kind: 'table', columns, rows };
}

function worded(text: string, { mappings = [] }: Field): Shown {
  const mapped = mappings.map(({ options }) => options[text]).find(Boolean);
  return { text: mapped?.text ?? text, color: mapped?.color ?? NO_COLOR };
}

function fieldOf(panel: PreviewPanel, column: string): Field {
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const own = overrides.find(({ matcher }) => matcher.options === column)?.properties ?? [];
  return { ...defaults, ...Object.fromEntries(own.map(({ id, value }) => [id, value])) };
}

/** A number as the field says it is to be put. */
export function shown(value: number, field: Field): Shown {
  const steps = field.thresholds?.steps ?? [];
  const step = steps.filter((candidate) => candidate.value === null || candidate.value <= value);
  const color = step.at(-1)?.color ?? NO_COLOR;
  const mapped = field.mappings?.map(({ options }) => options[String(value)]?.text).find(Boolean);
  return { text: mapped ?? textOf(value, field), color };
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

function textOf(value: number, { unit = 'none', decimals = 0 }: Field): string {
  if (unit.startsWith('time:')) return dateText(value, unit.slice('time:'.length));
  if (unit === 'dtdurations') return durationText(value, decimals);
  if (unit === 'percentunit') return `${Number((value * 100).toPrecision(3))}%`;
  if (unit === 'locale') return Math.round(value).toLocaleString('en-US');
  if (unit === 's') return secondsText(value);
  const suffix = { cps: ' c/s', reqps: ' req/s' }[unit] ?? '';
  const scaled = Math.abs(value) >= 1e6 ? [value / 1e6, ' M'] : [value, ''];
  return `${Number(Number(scaled[0]).toPrecision(4))}${scaled[1]}${suffix}`;
}

function secondsText(value: number): string {
  if (value >= 1) return `${Number(value.toPrecision(3))} s`;
  return value >= 1e-3
    ? `${Number((value * 1e3).toPrecision(3))} ms`
    : `${Number((value * 1e6).toPrecision(3))} µs`;
}

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
