/** Draws a dashboard as a page without scripts, laid out and coloured like Grafana. */
import { chart, type Event, escaped, type Frame } from './preview-chart.ts';
import { COLORS } from './preview-colors.ts';
import {
  contentOf,
  type PanelContent,
  type PreviewDashboard,
  type PreviewPanel,
  type Shown,
  type Source,
} from './preview-values.ts';

const ROW_PX = 30;
const GAP_PX = 8;

const STYLE = `body { background: #111217; color: #d8d9da; font: 13px sans-serif; margin: 12px }
main { display: grid; grid-template-columns: repeat(24, 1fr); gap: ${GAP_PX}px;
  grid-auto-rows: ${ROW_PX}px }
section { background: #181b1f; border: 1px solid #2c3235; overflow: hidden; padding: 6px;
  display: flex; flex-direction: column }
section.row { background: none; border: none; font-size: 15px }
h2 { font-size: 13px; margin: 0 0 4px }
.stat { flex: 1; display: flex; align-items: center; justify-content: center; font-size: 26px;
  color: #fff; text-align: center }
table { border-collapse: collapse; width: 100% } th { color: #8ab8ff }
td, th { text-align: left; padding: 3px 6px; white-space: nowrap }
svg { flex: 1; min-height: 0 } text { fill: #9fa3a8; font: 11px sans-serif }
.legend { max-height: 34px; overflow: hidden }
.legend span { margin-right: 12px; white-space: nowrap }
.none { flex: 1; display: flex; align-items: center; justify-content: center; font-size: 16px }`;

/** The page of `dashboard` as `source` answers, from `start` to `end` in seconds. */
export async function pageOf(
  dashboard: PreviewDashboard,
  source: Source,
  time: { readonly start: number; readonly end: number },
): Promise<string> {
  const events = await eventsOf(dashboard, source);
  const sections: string[] = [];
  for (const panel of dashboard.panels) {
    const { x, y, w, h } = panel.gridPos;
    const content = await contentOf(panel, source);
    const place = `grid-column: ${x + 1} / span ${w}; grid-row: ${y + 1} / span ${h}`;
    const row = content.kind === 'row' ? ' class="row"' : '';
    const drawn = draw(panel, content, { ...time, events });
    sections.push(
      `<section${row} style="${place}"><h2>${escaped(panel.title)}</h2>${drawn}</section>`,
    );
  }
  return `<!doctype html><meta charset="utf-8"><title>${escaped(dashboard.title)}</title>
<style>${STYLE}</style><h1 style="font-size: 17px">${escaped(dashboard.title)}</h1>
<main>${sections.join('\n')}</main>\n`;
}

/** When each annotation began, by name. */
async function eventsOf(dashboard: PreviewDashboard, source: Source): Promise<Event[]> {
  const events: Event[] = [];
  for (const { name, expr, iconColor } of dashboard.annotations.list) {
    for (const { values } of await source.range(expr)) {
      const [first] = values;
      if (first !== undefined) events.push({ seconds: first[0], color: iconColor, name });
    }
  }
  return events;
}

function draw(panel: PreviewPanel, content: PanelContent, frame: Frame): string {
  if (content.kind === 'row') return '';
  if (content.kind === 'stat') {
    const [value] = content.values;
    const color = value?.color === 'text' ? '' : `background: ${COLORS[value?.color ?? '']}`;
    const named = ({ name, text }: Shown): string =>
      name === undefined ? text : `${name}: ${text}`;
    const text = content.values.map((value) => escaped(named(value))).join('<br>');
    return `<div class="stat" style="${color}">${text}</div>`;
  }
  const isEmpty = content.kind === 'table' ? content.rows.length === 0 : content.lines.length === 0;
  if (isEmpty) return `<div class="none">${escaped(content.noValue)}</div>`;
  if (content.kind === 'table') {
    const head = content.columns.map((column) => `<th>${escaped(column)}</th>`).join('');
    const rows = content.rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`);
    return `<table><tr>${head}</tr>${rows.join('')}</table>`;
  }
  return chart(panel, content.lines, frame);
}

function cell({ text, color }: Shown): string {
  const ground = color === 'text' ? '' : ` style="background: ${COLORS[color]}"`;
  return `<td${ground}>${escaped(text)}</td>`;
}
