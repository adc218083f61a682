import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as SeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source chosen at the top of the dashboard. */
export const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` };

/** Selects the servers chosen at the top of the dashboard. */
export const CHOSEN = 'job=~"$job", instance=~"$instance"';

/** From which value on what colour; the first value is null: whatever is below the others. */
export type Steps = readonly [Threshold & { value: null }, ...Threshold[]];

export const GREEN = { value: null, color: 'green' } as const;
export const RED = { value: null, color: 'red' } as const;
export const NEUTRAL = { value: null, color: 'text' } as const;
export const orangeFrom = (value: number): Threshold => ({ value, color: 'orange' });
export const redFrom = (value: number): Threshold => ({ value, color: 'red' });
export const greenFrom = (value: number): Threshold => ({ value, color: 'green' });

interface Query {
  readonly expr: string;
  /** What the series is called; `{{label}}` stands for a label. */
  readonly legend?: string;
}

interface Panel {
  readonly title: string;
  /** What is shown, and what to make of it. */
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly Query[];
  /** In 24ths of the width of the dashboard. */
  readonly span: number;
  /** In rows of 30 pixels. Default 8, of a single value 4. */
  readonly height?: number;
  readonly steps?: Steps;
  /** What stands there while there is nothing to show. Default: No data. */
  readonly noValue?: string;
  /** Names of the alerts this panel is looked at for; their pages are linked. */
  readonly runbooks?: readonly string[];
}

const REF_IDS = 'ABCDEFGH';

function targets(queries: readonly Query[], shape: 'range' | 'instant' | 'table') {
  return queries.map(({ expr, legend = '' }, index) => {
    const target = new DataqueryBuilder()
      .datasource(DATASOURCE)
      .expr(expr)
      .legendFormat(legend)
      .refId(REF_IDS.charAt(index));
    if (shape === 'table') return target.format(PromQueryFormat.Table).instant();
    return shape === 'instant' ? target.instant() : target.range();
  });
}

function thresholds(steps: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps]);
}

function runbookLinks(runbooks: readonly string[] = []): DashboardLinkBuilder[] {
  return runbooks.map((alert) =>
    new DashboardLinkBuilder(`Runbook: ${alert}`)
      .type(DashboardLinkType.Link)
      .url(`\${runbooks}/${alert}.md`)
      .targetBlank(true),
  );
}

/** What every kind of panel has. */
interface Described {
  title(text: string): this;
  description(text: string): this;
  datasource(source: typeof DATASOURCE): this;
  unit(unit: string): this;
  span(width: number): this;
  height(height: number): this;
  links(links: DashboardLinkBuilder[]): this;
  noValue(text: string): this;
}

function described<Built extends Described>(built: Built, panel: Panel, height: number): Built {
  if (panel.noValue !== undefined) built.noValue(panel.noValue);
  return built
    .title(panel.title)
    .description(panel.description)
    .datasource(DATASOURCE)
    .unit(panel.unit)
    .span(panel.span)
    .height(panel.height ?? height)
    .links(runbookLinks(panel.runbooks));
}

/** Shows values as words: `{ 0: 'all serve' }`. */
export function words(texts: Readonly<Record<string, string>>): ValueMapping {
  const options = Object.entries(texts).map(([value, text]) => [value, { text }] as const);
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** Shows what is not above zero as a word: time that is over. */
export function overIs(text: string): ValueMapping {
  return { type: MappingType.RangeToText, options: { from: null, to: 0, result: { text } } };
}

/** Puts words on a ground: `{ critical: 'red' }`. */
export function grounds(colors: Readonly<Record<string, string>>): ValueMapping {
  const options = Object.entries(colors).map(
    ([word, color]) => [word, { text: word, color }] as const,
  );
  return { type: MappingType.ValueToText, options: Object.fromEntries(options) };
}

/** One value, large, on a ground of the colour that says how it is. */
export function stat(
  panel: Panel & { steps: Steps; mapping?: ValueMapping; decimals?: number },
): StatBuilder {
  const built = described(new StatBuilder(), panel, 4);
  const isNamed = panel.queries.some(({ legend }) => legend !== undefined);
  if (panel.decimals !== undefined) built.decimals(panel.decimals);
  return built
    .targets(targets(panel.queries, 'instant'))
    .thresholds(thresholds(panel.steps))
    .mappings(panel.mapping === undefined ? [] : [panel.mapping])
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
    .colorMode(BigValueColorMode.Background)
    .textMode(isNamed ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .graphMode(BigValueGraphMode.None);
}

interface SeriesPanel extends Panel {
  readonly stacked?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** What is counted, beside the axis, where the unit does not say it. */
  readonly axis?: string;
  /** The colours of series, by the last word of what they are called; others are drawn in turn. */
  readonly colors?: Readonly<Record<string, string>>;
}

/** Values over time. Thresholds, if any, are drawn as dashed lines. */
export function series(panel: SeriesPanel): SeriesBuilder {
  const { steps } = panel;
  const built = described(new SeriesBuilder(), panel, 8)
    .min(panel.min ?? 0)
    .targets(targets(panel.queries, 'range'))
    .fillOpacity(panel.stacked ? 40 : 8)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
  if (panel.max !== undefined) built.max(panel.max);
  if (panel.axis !== undefined) built.axisLabel(panel.axis);
  for (const [word, fixedColor] of Object.entries(panel.colors ?? {})) {
    const color = { id: 'color', value: { mode: 'fixed', fixedColor } };
    built.overrideByRegexp(`/(^| )${word}$/`, [color]);
  }
  if (panel.stacked) built.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (steps === undefined) return built;
  return built
    .thresholds(thresholds(steps))
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}

/** A column of a table: the field it comes from, and how it looks. */
export interface Column {
  readonly field: string;
  readonly title: string;
  readonly unit?: string;
  readonly width?: number;
  readonly steps?: Steps;
  readonly decimals?: number;
  readonly mapping?: ValueMapping;
  /** Whether the ground has the colour of the mapping, as it has that of the steps. */
  readonly isGround?: boolean;
  /** What a click on the cell opens. */
  readonly url?: string;
}

/** The present values of several queries side by side; columns not named are not shown. */
export function table(panel: Panel & { columns: readonly Column[] }): TableBuilder {
  const { columns } = panel;
  const built = described(new TableBuilder(), panel, 6)
    .targets(targets(panel.queries, 'table'))
    .transformations([
      { id: 'merge', options: {} },
      {
        id: 'filterFieldsByName',
        options: { include: { names: columns.map(({ field }) => field) } },
      },
      {
        id: 'organize',
        options: {
          indexByName: Object.fromEntries(columns.map(({ field }, index) => [field, index])),
          renameByName: Object.fromEntries(columns.map(({ field, title }) => [field, title])),
        },
      },
    ]);
  for (const column of columns) built.overrideByName(column.title, overridesOf(column));
  return built;
}

function overridesOf({ title, unit, width, decimals, steps, mapping, isGround, url }: Column) {
  return [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(mapping === undefined ? [] : [{ id: 'mappings', value: [mapping] }]),
    ...(url === undefined ? [] : [{ id: 'links', value: [{ title, url, targetBlank: true }] }]),
    ...(steps === undefined
      ? []
      : [{ id: 'thresholds', value: { mode: ThresholdsMode.Absolute, steps } }]),
    ...(steps === undefined && isGround !== true
      ? []
      : [{ id: 'custom.cellOptions', value: { type: 'color-background', mode: 'basic' } }]),
  ];
}
