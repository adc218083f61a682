import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as client from '#tacet/client/index.js';
import { REASON_NAMES, VERDICT_OF_REASON } from '#tacet/verdict/reason.js';
import { VERDICT_NAMES } from '#tacet/verdict/verdict.js';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** What the code says: value, printed name, printed verdict. */
const REASONS = REASON_NAMES.flatMap((name, reason) =>
  name === '' ? [] : [[reason, name, VERDICT_NAMES[VERDICT_OF_REASON[reason] ?? 0]]],
);

it('the page of reasons has each of them once, in order, with its verdict and what to do', () => {
  const rows = [
    ...read('docs/VERDICTS.md').matchAll(/^\| (\d+) \| `(.*?)` \| (.*?) \| (.+) \| (.+) \|$/gm),
  ];
  expect(rows.map(([, value, name, verdict]) => [Number(value), name, verdict])).toEqual(REASONS);
  expect(REASONS).toHaveLength(24);
});

it('the proto has the same values and names', () => {
  const [, body = ''] = /^enum Reason \{(.*?)^\}/ms.exec(read('proto/tacet/v1/dedupe.proto')) ?? [];
  const values = [...body.matchAll(/^ {2}REASON_(\w+) = (\d+);\s+\/\/ \S/gm)].map(
    ([, name = '', value]) => [Number(value), name.toLowerCase().replaceAll('_', '-')],
  );
  const own = REASONS.map(([value, name]) => [value, name]);
  expect(values).toEqual([[0, 'unspecified'], ...own]);
});

it('the package exports a constant for every reason that can be given today', () => {
  const exported = Object.entries(client)
    .filter(([name, value]) => name.startsWith('REASON_') && typeof value === 'number')
    .map(([name, value]) => [
      value,
      name.slice('REASON_'.length).toLowerCase().replaceAll('_', '-'),
    ])
    .sort(([a], [b]) => Number(a) - Number(b));
  const given = REASONS.filter(([, name]) => name !== 'objection');
  expect(exported).toEqual(given.map(([value, name]) => [value, name]));
});
