import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { text } from './tree.ts';

/** Every fault of the page is played by a test that is there, with a promise and a date. */

const PAGE = text('docs/RELIABILITY.md');
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault |'))
  .map((line) => line.slice(2, -2).split(' | '));

it('docs/RELIABILITY.md names the test, the promise and the date of every fault', () => {
  expect(ROWS.length).toBeGreaterThan(40);
  for (const row of ROWS) {
    const [fault, played = '', promise = ''] = row;
    expect(row, fault).toHaveLength(5);
    expect(promise, fault).not.toBe('');
    expect(row.at(-1)?.trim(), fault).toMatch(/^20\d\d-\d\d-\d\d$/);
    const files = [...played.matchAll(/`((?:test|bench)\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(files.length, fault).toBeGreaterThan(0);
    expect(
      files.filter((path) => !existsSync(path)),
      fault,
    ).toEqual([]);
  }
});
