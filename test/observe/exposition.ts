/** The Prometheus text format, read strictly, and how it is fetched. */
import { expect } from 'vitest';

/** One GET of a server on this machine. */
export async function get(port: number, path: string) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return {
    code: response.status,
    type: response.headers.get('content-type') ?? '',
    body: await response.text(),
  };
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the Prometheus text format line by line; anything that is none of it fails the test. */
export function parseMetrics(text: string): { samples: Sample[]; types: Map<string, string> } {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const helps = new Set<string>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-z_:][a-z0-9_:]*) \S/i.exec(line);
    const type = /^# TYPE ([a-z_:][a-z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/i.exec(
      line,
    );
    if (help?.[1] !== undefined) helps.add(help[1]);
    else if (type?.[1] !== undefined) types.set(type[1], type[2] ?? '');
    else samples.push(parseSample(line));
  }
  expect([...types.keys()]).toEqual([...helps]);
  for (const { name } of samples) {
    const family = name.replace(/_(bucket|sum|count)$/, '');
    expect([
      name,
      types.has(name) || types.get(family) === 'histogram' || types.has(family),
    ]).toEqual([name, true]);
  }
  return { samples, types };
}

function parseSample(line: string): Sample {
  const match = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/i.exec(line);
  expect(match, line).not.toBeNull();
  const labels: Record<string, string> = {};
  const rest = (match?.[2] ?? '').replaceAll(
    /([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/gi,
    (_, name: string, value: string) => {
      labels[name] = value;
      return '';
    },
  );
  expect(rest, line).toBe('');
  const value = match?.[3] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match?.[3]);
  expect(Number.isNaN(value), line).toBe(match?.[3] === 'NaN');
  return { name: match?.[1] ?? '', labels, value };
}

/** The value of the one sample of this name and these labels; undefined = there is none. */
export function sampleValue(samples: Sample[], name: string, labels: Record<string, string> = {}) {
  const wanted = Object.entries(labels);
  const found = samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
  );
  expect(found.length, `${name} ${JSON.stringify(labels)}`).toBeLessThanOrEqual(1);
  return found[0]?.value;
}

/** One scrape. */
export async function metricsOf(port: number) {
  const { code, type, body } = await get(port, '/metrics');
  expect([code, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  return { ...parseMetrics(body), body };
}
