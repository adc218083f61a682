/** Draws series as Grafana does: axes with their units, in the colours of the panel. */
import { COLORS } from './preview-colors.ts';
import { type Line, type PreviewPanel, shown } from './preview-values.ts';

/** When an annotation was, and how it is drawn. */
export interface Event {
  readonly seconds: number;
  readonly color: string;
  readonly name: string;
}

/** The time shown, in seconds, and what happened in it. */
export interface Frame {
  readonly start: number;
  readonly end: number;
  readonly events: readonly Event[];
}

const PALETTE = ['#73bf69', '#f2cc0c', '#8ab8ff', '#ff780a', '#f2495c', '#5794f2', '#b877d9'];

/** Pixels of one column and one row of the page, and what is not the plot. */
const COLUMN_PX = 62;
const ROW_PX = 38;
const AROUND = { left: 84, right: 8, top: 6, bottom: 20, legend: 62 };
const TICKS = 5;

/** The plot of a panel in pixels, and where values and times are in it. */
interface Plot {
  readonly width: number;
  readonly height: number;
  readonly top: number;
  x(seconds: number): string;
  y(value: number): string;
}

export function chart(panel: PreviewPanel, lines: readonly Line[], frame: Frame): string {
  const { custom, thresholds } = panel.fieldConfig?.defaults ?? {};
  const isStacked = custom?.stacking?.mode === 'normal';
  const stacked = isStacked ? stack(lines) : lines.map((line) => ({ line, below: [] }));
  const plot = plotOf(
    panel,
    stacked.map(({ line }) => line),
    frame,
  );
  const colored = stacked.map(({ line, below }, index) => {
    const color = colorOf(line, index);
    const area = isStacked ? [...line.points, ...below.toReversed()] : [];
    return (
      `<polygon fill="${color}" fill-opacity="0.4" points="${path(area, plot)}"/>` +
      `<polyline fill="none" stroke-width="1.5" stroke="${color}" ` +
      `points="${path(line.points, plot)}"/>`
    );
  });
  const isDashed = custom?.thresholdsStyle?.mode === 'dashed';
  const drawn = [
    ...axes(panel, plot, frame),
    ...(isDashed ? (thresholds?.steps ?? []) : []).flatMap(({ value, color }) =>
      value === null || value > plot.top
        ? []
        : [across(plot.y(value), plot, COLORS[color] ?? '', 6)],
    ),
    ...frame.events.map(
      ({ seconds, color, name }) =>
        `<line x1="${plot.x(seconds)}" x2="${plot.x(seconds)}" y1="${AROUND.top}" ` +
        `y2="${AROUND.top + plot.height}" stroke-dasharray="4" ` +
        `stroke="${COLORS[color] ?? color}">` +
        `<title>${escaped(name)}</title></line>`,
    ),
    ...colored,
  ];
  const { left, right, top: above, bottom } = AROUND;
  const size = `0 0 ${left + plot.width + right} ${above + plot.height + bottom}`;
  const legend = lines.map(
    (line, index) =>
      `<span><b style="color: ${colorOf(line, index)}">&#9644;</b> ${escaped(line.name)}</span>`,
  );
  const svg = `<svg viewBox="${size}">${drawn.join('\n')}</svg>`;
  return `${svg}<div class="legend">${legend.join(' ')}</div>`;
}

function colorOf({ color }: Line, index: number): string {
  // The remainder is an index of the palette.
  return COLORS[color ?? ''] ?? PALETTE[index % PALETTE.length]!;
}

function plotOf(
  { gridPos, fieldConfig }: PreviewPanel,
  lines: readonly Line[],
  frame: Frame,
): Plot {
  const { left, right, top: above, bottom, legend } = AROUND;
  const width = gridPos.w * COLUMN_PX - left - right;
  const height = gridPos.h * ROW_PX - above - bottom - legend;
  const numbers = lines.flatMap(({ points }) => points.map(([, value]) => Number(value)));
  const highest = Math.max(0, ...numbers.filter(Number.isFinite)) * 1.05;
  const top = fieldConfig?.defaults.max ?? (highest > 0 ? highest : 1);
  const { start, end } = frame;
  return {
    ...{ width, height, top },
    x: (seconds) => (left + ((seconds - start) / (end - start)) * width).toFixed(1),
    y: (value) => (above + height - (value / top) * height).toFixed(1),
  };
}

/** Each line on top of those before it, with the points it stands on. */
function stack(lines: readonly Line[]): { line: Line; below: Line['points'] }[] {
  const sums = new Map<number, number>();
  return lines.map((line) => {
    const below = line.points.map(([at]) => [at, String(sums.get(at) ?? 0)] as const);
    const points = line.points.map(([at, value]) => {
      sums.set(at, (sums.get(at) ?? 0) + (Number(value) || 0));
      return [at, String(sums.get(at))] as const;
    });
    return { line: { ...line, points }, below };
  });
}

function path(points: Line['points'], { x, y }: Plot): string {
  return points
    .filter(([, value]) => Number.isFinite(Number(value)))
    .map(([seconds, value]) => `${x(seconds)},${y(Number(value))}`)
    .join(' ');
}

function across(y: string, { width }: Plot, color: string, dash: number): string {
  const { left } = AROUND;
  return (
    `<line x1="${left}" x2="${left + width}" y1="${y}" y2="${y}" stroke="${color}" ` +
    `stroke-dasharray="${dash}"/>`
  );
}

/** Values with their unit on the left, the time of Brussels below, and what is counted. */
function axes({ fieldConfig }: PreviewPanel, plot: Plot, { start, end }: Frame): string[] {
  const { left, top: above } = AROUND;
  const { unit, custom } = fieldConfig?.defaults ?? {};
  const drawn: string[] = [];
  const scale = unit === 'bytes' ? 1024 ** Math.floor(Math.log2(plot.top) / 10) : 1;
  for (const value of roundValues(plot.top / scale).map((each) => each * scale)) {
    // As on Grafana's axes, without the words for single values.
    const text = shown(value, unit === undefined ? {} : { unit }).text;
    drawn.push(
      across(plot.y(value), plot, '#2c3235', 0),
      `<text x="${left - 6}" y="${plot.y(value)}" dy="4" text-anchor="end">${escaped(text)}</text>`,
    );
  }
  for (let tick = 0; tick < TICKS; tick++) {
    const seconds = start + ((end - start) * (tick + 0.5)) / TICKS;
    const time = new Date(seconds * 1000).toLocaleTimeString('sv-SE', {
      timeZone: 'Europe/Brussels',
      ...(end - start > 1800 ? { timeStyle: 'short' } : {}),
    });
    drawn.push(
      `<text x="${plot.x(seconds)}" y="${above + plot.height + 15}" text-anchor="middle">` +
        `${time}</text>`,
    );
  }
  const middle = above + plot.height / 2;
  drawn.push(
    `<text transform="translate(12 ${middle}) rotate(-90)" text-anchor="middle">` +
      `${escaped(custom?.axisLabel ?? '')}</text>`,
  );
  return drawn;
}

/** From 0 up, in steps of 1, 2 or 5 times a power of ten. */
function roundValues(top: number): number[] {
  const least = top / TICKS;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= least) ?? top;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
