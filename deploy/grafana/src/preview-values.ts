/** What the panels of a dashboard show: their queries, answered and put as Grafana does. */
import { unitText } from './preview-units.ts';

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
      readonly matcher: { readonly id: string; readonly options: string };
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
  readonly mappings?: readonly Mapping[];
  readonly noValue?: string;
  readonly min?: number;
  readonly max?: number;
  readonly color?: { readonly fixedColor?: string };
  readonly custom?: {
    readonly axisLabel?: string;
    readonly stacking?: { readonly mode: string };
    readonly thresholdsStyle?: { readonly mode: string };
  };
}

interface Word {
  readonly text: string;
  readonly color?: string;
}

/** Words for values, or for all values up to one. */
type Mapping =
  | { readonly type: 'value'; readonly options: Readonly<Record<string, Word>> }
  | { readonly type: 'range'; readonly options: { readonly to: number; readonly result: Word } };

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
  /** What it is the value of, where that is shown beside it. */
  readonly name?: string;
}

export type PanelContent =
  | { readonly kind: 'row' }
  | { readonly kind: 'stat'; readonly values: readonly Shown[] }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Shown[])[];
      /** What stands there instead, if there is no row. */
      readonly noValue: string;
    }
  | {
      readonly kind: 'series';
      readonly lines: readonly Line[];
      /** What stands there instead, if there is no line. */
      readonly noValue: string;
    };

export interface Line {
  readonly name: string;
  /** Undefined = the next of the palette. */
  readonly color: string | undefined;
  readonly points: Series['values'];
}

const NO_COLOR = 'text';

/** Asks what one panel asks. */
export async function contentOf(panel: PreviewPanel, source: Source): Promise<PanelContent> {
  const { type, targets = [], fieldConfig } = panel;
  const field = fieldConfig?.defaults ?? {};
  if (type === 'row') return { kind: 'row' };
  if (type === 'table') return tableOf(panel, source);
  if (type === 'stat') {
    const answers = await Promise.all(
      targets.map(async ({ expr, legendFormat }) =>
        (await source.now(expr)).map(({ metric, values }) => {
          const value = shown(Number(values.at(-1)?.[1]), field);
          const name = legendOf(legendFormat, metric);
          return name === '' ? value : { ...value, name };
        }),
      ),
    );
    const values = answers.flat();
    return { kind: 'stat', values: values.length > 0 ? values : [noData(field)] };
  }
  const lines = await Promise.all(
    targets.map(async ({ expr, legendFormat }) =>
      (await source.range(expr)).map(({ metric, values }): Line => {
        const name = legendOf(legendFormat, metric);
        return { name, color: fieldOf(panel, name).color?.fixedColor, points: values };
      }),
    ),
  );
  return { kind: 'series', lines: lines.flat(), noValue: noData(field).text };
}

function legendOf(format: string, labels: Series['metric']): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}

function noData({ noValue = 'No data' }: Field): Shown {
  return { text: noValue, color: NO_COLOR };
}

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
  const noValue = noData(panel.fieldConfig?.defaults ?? {}).text;
  return { kind: 'table', columns, rows, noValue };
}

function worded(text: string, field: Field): Shown {
  const mapped = mappedOf(text, field);
  return { text: mapped?.text ?? text, color: mapped?.color ?? NO_COLOR };
}

/** The word for a value, if the field has one. */
function mappedOf(value: string, { mappings = [] }: Field): Word | undefined {
  for (const { type, options } of mappings) {
    if (type === 'range' && Number(value) <= options.to) return options.result;
    const word = type === 'value' ? options[value] : undefined;
    if (word !== undefined) return word;
  }
  return undefined;
}

function fieldOf(panel: PreviewPanel, name: string): Field {
  const { defaults, overrides } = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  const isOf = ({ id, options }: (typeof overrides)[number]['matcher']): boolean =>
    id === 'byRegexp' ? new RegExp(options.slice(1, -1)).test(name) : options === name;
  const own = overrides.find(({ matcher }) => isOf(matcher))?.properties ?? [];
  return { ...defaults, ...Object.fromEntries(own.map(({ id, value }) => [id, value])) };
}

/** A number as the field says it is to be put. */
export function shown(value: number, field: Field): Shown {
  const steps = field.thresholds?.steps ?? [];
  const step = steps.filter((candidate) => candidate.value === null || candidate.value <= value);
  const color = step.at(-1)?.color ?? NO_COLOR;
  const mapped = mappedOf(String(value), field);
  return { text: mapped?.text ?? unitText(value, field), color: mapped?.color ?? color };
}
