import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import type { ContestResult, Metric, Ratio, Sample } from './contest.ts';
import { PEERS_PACKAGE } from './processes.ts';
import { type Estimate, estimate } from './statistics.ts';

export const BEGIN = '<!-- peers: begin, written by make bench-peers -->';
export const END = '<!-- peers: end -->';

/** The part of README.md between the markers. */
export function table(results: readonly ContestResult[], command: string): string {
  const rows = results.flatMap(({ title, ratios }) =>
    ratios.map((ratio) => ratioRow(title, ratio)),
  );
  return [
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}`,
    '',
    ...versions().map((line) => `- ${line}`),
    '',
    '| contest | figure | median (95 % interval) | bar | |',
    '|---|---|---|---|---|',
    ...rows,
    ...results.flatMap(figures),
    '',
  ].join('\n');
}

/** A row of a table of ratios: contest, figure, median with its interval, bar, whether met. */
export function ratioRow(title: string, ratio: Ratio & { readonly estimate: Estimate }): string {
  const { what, estimate: value, atMost, atLeast } = ratio;
  let bar = '';
  let met = '';
  if (atMost !== undefined) {
    bar = `at most ${atMost}`;
    met = value.low <= atMost ? 'met' : 'missed';
  } else if (atLeast !== undefined) {
    bar = `at least ${atLeast}`;
    met = value.high >= atLeast ? 'met' : 'missed';
  }
  if (!Number.isFinite(value.median)) met = '';
  return `| ${[title, what, ranged(value), bar, met].join(' | ')} |`;
}

const COLUMNS: readonly (readonly [Metric, string])[] = [
  ['millionsPerSecond', 'M/s'],
  ['seconds', 'wall s'],
  ['serverCpu', 'server CPU s / 100 M'],
  ['clientCpu', 'client CPU s / 100 M'],
  ['memoryMib', 'memory MiB'],
  ['p50Us', 'p50 us'],
  ['p99Us', 'p99 us'],
  ['p999Us', 'p99.9 us'],
];

function figures({ title, rows }: ContestResult): string[] {
  const columns = COLUMNS.filter(([metric]) =>
    rows.some(({ samples }) => samples.some((sample) => sample[metric] !== undefined)),
  );
  const cell = (samples: readonly Sample[], metric: Metric): string => {
    const values = samples.map((sample) => sample[metric] ?? Number.NaN);
    return values.some(Number.isNaN) ? '' : ranged(estimate(values));
  };
  return [
    '',
    `**${title}**`,
    '',
    `| | ${columns.map(([, name]) => name).join(' | ')} |`,
    `|---${'|---'.repeat(columns.length)}|`,
    ...rows.map(
      ({ name, samples }) =>
        `| ${name} | ${columns.map(([metric]) => cell(samples, metric)).join(' | ')} |`,
    ),
  ];
}

/** A median and its interval in three significant digits. */
export function ranged({ median, low, high }: Estimate): string {
  // The CPU of a server is counted in hundredths of a second: none, in too short a run.
  if (!Number.isFinite(median)) return 'too short to tell';
  return `${digits(median)} (${digits(low)}-${digits(high)})`;
}

/** Three significant digits, never in exponents. */
function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : value >= 0.1 ? 2 : 4);
}

function versions(): string[] {
  const first = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { encoding: 'utf8' }).split('\n')[0] ?? '';
  const peers = createRequire(PEERS_PACKAGE);
  const npm = (name: string): string => {
    // A package.json has a version.
    const { version } = peers(`./node_modules/${name}/package.json`) as { version: string };
    return version;
  };
  return [
    `${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    `Node ${process.versions.node}; ${first('g++', '--version')}; ` +
      `gRPC C++ ${first('pkg-config', '--modversion', 'grpc++')}`,
    first('redis-server', '--version').replace(/ sha=.*/, ''),
    `DuckDB ${npm('@duckdb/node-api')}, roaring ${npm('roaring')}; ` +
      `${first('psql', '--version')}; ${first('sort', '--version')}`,
  ];
}
