import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOMS, roomOf, text } from './tree.ts';

/** docs/ARCHITECTURE.md says what is so. */

const page = text('docs/ARCHITECTURE.md');
const [, walked = ''] = /^## Four walks\n(.*?)^## /ms.exec(page) ?? [];
const walks = walked.split(/^### /m).slice(1);
const fileOfStep = (step: string): string => /`(src\/[^`]+)`/.exec(step)?.[1] ?? '';

describe('the picture', () => {
  it('has every room, in the order in which they may import each other', () => {
    const [, picture = ''] = /^```\n(.*?)^```/ms.exec(page) ?? [];
    expect([...picture.matchAll(/ (\w+) \.{3,} /g)].map((match) => match[1])).toEqual(ROOMS);
  });
});

describe('the walks', () => {
  it('are four, each on one screen', () => {
    expect(walks).toHaveLength(4);
    for (const walk of walks) expect(walk.split('\n').length).toBeLessThan(24);
  });

  it.each(walks.map((walk) => [walk.split('\n')[0], walk]))(
    '%s: goes back up once at most',
    (_, walk) => {
      const steps = walk.match(/^\d+\. .*$/gm) ?? [];
      const rooms = steps.map((step) => ROOMS.indexOf(roomOf(fileOfStep(step))));
      expect(rooms).not.toContain(-1);
      const up = rooms.filter((room, index) => index > 0 && room < (rooms[index - 1] ?? 0));
      expect(up.length).toBeLessThanOrEqual(1);
    },
  );
});

it('the page names only files that there are', () => {
  const named = [...page.matchAll(/`((?:src|test)\/[^` ]+\.\w+)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});
