/** The committed dashboards, as far as the tests look at them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(ROOT, 'deploy/grafana/dashboards');

export interface Target {
  readonly expr: string;
  readonly instant?: boolean;
  readonly datasource: { readonly uid: string };
}

export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly query: string;
  readonly datasource?: { readonly uid: string };
  readonly multi: boolean;
  readonly allValue?: string;
  readonly refresh?: number;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; expr: string }[] };
}

/** Text of each file of the folder, by its name. */
export function committedFiles(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')]),
  );
}

export const dashboards: readonly Dashboard[] = Object.values(committedFiles()).map(
  // The tests check what of it they rely on.
  (text) => JSON.parse(text) as Dashboard,
);

/** What Grafana puts in place of its variables, with everything chosen. */
export function interpolated(expr: string, rateInterval: string): string {
  return expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/\$(job|instance)\b/g, '.+');
}

// Not what is part of the name of a recorded series, which has colons.
const METRIC = /(?<![\w:])(?:up|ALERTS|(?:tacet|grpc|process|nodejs)_[a-z0-9_]+)(?![\w:])/g;
const LABELS = /\{[^}]*\}|\b(?:by|on|without|group_left|group_right)\s*\([^)]*\)/g;

/** The metrics an expression asks for. */
export function metricsIn(expr: string): string[] {
  return [...new Set(expr.replaceAll(LABELS, '').match(METRIC) ?? [])];
}

/** `name{labels}` of every selector of an expression. */
export function selectorsIn(expr: string): { name: string; labels: string }[] {
  return [...expr.matchAll(/\b([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)].map((match) => ({
    name: match[1] ?? '',
    labels: match[2] ?? '',
  }));
}
