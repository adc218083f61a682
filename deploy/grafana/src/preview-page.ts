/** Draws a dashboard as a page without scripts, laid out and coloured like Grafana. */
import {
  contentOf,
  type PanelContent,
  type PreviewDashboard,
  type PreviewPanel,
  type Shown,
  type Source,
  shown,
} from './preview-values.ts';

const COLORS: Readonly<Record<string, string>> = {
  green: '#299c46',
  orange: '#e87722',
  red: '#d1243f',
  blue: '#5794f2',
  text: '#d8d9da',
};
const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9'];

const ROW_PX = 30;
const GAP_PX = 8;
const CHART = { width: 760, height: 180 } as const;

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
svg { flex: 1; min-height: 0 } .legend span { margin-right: 12px; white-space: nowrap }`;

interface Event {
  readonly seconds: number;
  readonly color: string;
  readonly name: string;
}

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

interface Frame {
  readonly start: number;
  readonly end: number;
  readonly events: readonly Event[];
}

function draw(panel: PreviewPanel, content: PanelContent, frame: Frame): string {
  if (content.kind === 'row') return '';
  if (content.kind === 'stat') {
    const [value] = content.values;
    const color = value?.text === 'No data' ? '' : `background: ${COLORS[value?.color ?? '']}`;
    const text = content.values.map((shownValue) => escaped(shownValue.text)).join('<br>');
    return `<div class="stat" style="${color}">${text}</div>`;
  }
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

function chart(
  panel: PreviewPanel,
  lines: Extract<PanelContent, { kind: 'series' }>['lines'],
  { start, end, events }: Frame,
): string {
  const { width, height } = CHART;
  const numbers = lines.flatMap(({ points }) => points.map(([, value]) => Number(value)));
  const top = Math.max(1e-9, ...numbers.filter(Number.isFinite)) * 1.1;
  const x = (seconds: number): string => (((seconds - start) / (end - start)) * width).toFixed(1);
  const y = (value: number): string => (height - (value / top) * height).toFixed(1);
  const marks = events.map(
    ({ seconds, color, name }) =>
      `<line x1="${x(seconds)}" x2="${x(seconds)}" y1="0" y2="${height}" stroke-dasharray="4"
  stroke="${COLORS[color] ?? color}"><title>${escaped(name)}</title></line>`,
  );
  const drawn = lines.map(({ points }, index) => {
    const known = points.filter(([, value]) => Number.isFinite(Number(value)));
    const path = known.map(([seconds, value]) => `${x(seconds)},${y(Number(value))}`).join(' ');
    return `<polyline fill="none" stroke-width="1.5" stroke="${color(index)}" points="${path}"/>`;
  });
  const legend = lines.map(
    ({ name }, index) => `<span style="color: ${color(index)}">&#9644; ${escaped(name)}</span>`,
  );
  const highest = shown(top / 1.1, panel.fieldConfig?.defaults ?? {}).text;
  return `<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${marks.join('')}
${drawn.join('')}</svg>\
<div class="legend"><span>up to ${escaped(highest)}</span>${legend.join('')}</div>`;
}

function color(index: number): string {
  // The remainder is an index of the palette.
  return PALETTE[index % PALETTE.length]!;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
