/**
 * Draws a dashboard without Grafana, from what a Prometheus has recorded: npx tsc -p deploy/grafana
 * && node build/grafana/preview.js --prometheus http://127.0.0.1:9090 --out overview.html
 * [--dashboard overview] [--instance HOST:PORT] [--minutes 60] [--end UNIX-SECONDS], in the root of
 * the repository.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { pageOf } from './preview-page.ts';
import type { PreviewDashboard, Series, Source } from './preview-values.ts';

/** What is asked, of whom, about when. */
export interface Recorded {
  /** `http://host:port` of a Prometheus. */
  readonly url: string;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** What takes the place of `$__rate_interval`. */
  readonly rateInterval: string;
  /** The server that is chosen. Default: every one. */
  readonly instance?: string;
}

const POINTS = 300;

/** Answers from a Prometheus, with every job chosen. */
export function recordedSource(recorded: Recorded): Source {
  const { url, start, end, rateInterval, instance = '.+' } = recorded;
  const ask = async (path: string, parameters: Record<string, string>): Promise<Series[]> => {
    const query = new URLSearchParams({
      ...parameters,
      query: (parameters['query'] ?? '')
        .replaceAll('$__rate_interval', rateInterval)
        .replaceAll('$job', '.+')
        .replaceAll('$instance', instance),
    });
    const response = await fetch(`${url}/api/v1/${path}?${query}`);
    // The shape is that of the HTTP API.
    const { data, error } = (await response.json()) as {
      data?: { result: (Series & { value?: [number, string] })[] };
      error?: string;
    };
    if (data === undefined) throw new Error(error ?? `${url} answered ${response.status}`);
    return data.result.map(({ metric, value, values }) => ({
      metric,
      values: value === undefined ? values : [value],
    }));
  };
  const step = String(Math.max(1, Math.ceil((end - start) / POINTS)));
  return {
    now: (query) => ask('query', { query, time: String(end) }),
    range: (query) => ask('query_range', { query, start: String(start), end: String(end), step }),
  };
}

/** The page of a committed dashboard: `overview`, `engine`, `list` or `access`. */
export function previewPage(name: string, recorded: Recorded): Promise<string> {
  const text = readFileSync(join('deploy/grafana/dashboards', `${name}.json`), 'utf8');
  // As generated, which a test holds it against.
  const dashboard = JSON.parse(text) as PreviewDashboard;
  return pageOf(dashboard, recordedSource(recorded), recorded);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      prometheus: { type: 'string', default: 'http://127.0.0.1:9090' },
      dashboard: { type: 'string', default: 'overview' },
      instance: { type: 'string', default: '.+' },
      minutes: { type: 'string', default: '60' },
      end: { type: 'string', default: String(Date.now() / 1000) },
      out: { type: 'string', default: 'preview.html' },
    },
  });
  const end = Number(values.end);
  const page = await previewPage(values.dashboard, {
    url: values.prometheus,
    start: end - Number(values.minutes) * 60,
    end,
    rateInterval: '1m',
    instance: values.instance,
  });
  writeFileSync(values.out, page);
}
