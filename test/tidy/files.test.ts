import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sources, tests, text, tracked } from './tree.ts';

/** The house rules for files, folders and lines. Biome holds functions to 70 lines. */

const FILE_LINES_MAX = 300;
const FOLDER_FILES_MAX = 15;
const COLUMNS_MAX = 100;

describe('the files', () => {
  it('stay within 300 lines', () => {
    const long = tracked
      .filter((path) => /^(src|test|bench)\/.*\.(ts|cts|mjs|py)$/.test(path))
      .map((path) => ({ path, lines: text(path).split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > FILE_LINES_MAX && !path.includes('/gen/'));
    expect(long).toEqual([]);
  });

  it('stay within 100 columns, but for what has no space to break it at', () => {
    const long: string[] = [];
    for (const path of tracked.filter((name) => /\.(ts|cts|mjs|js|py|sh|cc|h)$/.test(name))) {
      text(path)
        .split('\n')
        .forEach((line, index) => {
          const isLong = [...line].length > COLUMNS_MAX && line.trim().includes(' ');
          if (isLong) long.push(`${path}:${index + 1}`);
        });
    }
    expect(long).toEqual([]);
  });

  it('lie at most 15 side by side', () => {
    const counts = new Map<string, number>();
    for (const path of tracked.filter((name) =>
      /^(src|test|bench)\/.*\.(ts|cts|mjs|py|cc|h)$/.test(name),
    )) {
      counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count > FOLDER_FILES_MAX)).toEqual([]);
  });

  it('are named in kebab-case', () => {
    const odd = sources.filter(
      (path) => !/^[a-z0-9-]+(\.d)?\.ts$/.test(path.split('/').at(-1) ?? ''),
    );
    expect(odd).toEqual([]);
  });

  it('use no any, no ts-ignore, and no enum', () => {
    const wrong = sources.filter((path) =>
      /\bas any\b|: any\b|@ts-(ignore|nocheck|expect-error)|^\s*(export )?(const )?enum /m.test(
        text(path),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('leave process.argv and exit to the commands', () => {
    const wrong = sources.filter(
      (path) => !path.startsWith('src/cli/') && /process\.(argv|exit\b|exitCode)/.test(text(path)),
    );
    expect(wrong).toEqual([]);
  });

  it('skip no test', () => {
    const marker = new RegExp(`\\b(it|test|describe)\\.(${['skip', 'only', 'todo'].join('|')})\\b`);
    expect(tests.filter((path) => marker.test(text(path)))).toEqual([]);
  });

  it('name no download address in the lock file', () => {
    expect(text('package-lock.json')).not.toMatch(/"resolved"/);
  });

  it('keep lists and binaries out of the repository', () => {
    expect(tracked.filter((path) => /\.(tacet|node|gz|csv)$/.test(path))).toEqual([]);
  });
});
