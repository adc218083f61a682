/** What the tests of syncing share: sources made by code, and a store for them. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { formatIsoDay } from '#tacet/calendar/day.js';
import { SYNC_DEFAULTS, type SyncOptions } from '#tacet/sync/options.js';
import type { SyncOutcome } from '#tacet/sync/outcome.js';
import { syncOnce } from '#tacet/sync/sync.js';
import type { SyncDeps } from '#tacet/sync/sync-run.js';

/** 10:00 in Brussels of 23 November 2026. */
export const MORNING_MS = Date.UTC(2026, 10, 23, 9);
export const NOVEMBER_22 = 20_779;

/** A list as its keeper has it: registration day by national number. */
export type Numbers = Map<number, number>;

/** `count` mobile numbers from 0470000000 on, registered on the days up to `lastDay`. */
export function numbersUpTo(lastDay: number, count: number): Numbers {
  return new Map(
    Array.from({ length: count }, (_, index) => [470_000_000 + index, lastDay - (index % 1000)]),
  );
}

/** The source: `0470000000;2026-11-22` a line. */
export function textOf(numbers: Numbers): string {
  let text = '';
  for (const [number, day] of numbers) text += `0${number};${formatIsoDay(day)}\n`;
  return text;
}

/** A store, and a source beside it; `remove` both in afterAll. */
export class Place {
  readonly path = mkdtempSync(join(tmpdir(), 'tacet-sync-'));
  readonly store = join(this.path, 'store');
  readonly source = join(this.path, 'list.txt');

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file; `modifiedMs` sets its time of change. */
  write(name: string, content: string | Uint8Array, modifiedMs?: number): string {
    writeFileSync(this.file(name), content);
    if (modifiedMs !== undefined) {
      utimesSync(this.file(name), modifiedMs / 1000, modifiedMs / 1000);
    }
    return this.file(name);
  }

  options(changes: Partial<SyncOptions> = {}): SyncOptions {
    const from = `file://${this.source}`;
    return { ...SYNC_DEFAULTS, store: this.store, from, confirmLayout: true, ...changes };
  }

  /** Syncs `text` in the morning of 23 November 2026. */
  async sync(
    text: string | Uint8Array,
    changes: Partial<SyncOptions> = {},
    deps: SyncDeps = {},
  ): Promise<SyncOutcome> {
    this.write('list.txt', text);
    return await syncOnce(this.options(changes), { nowMs: () => MORNING_MS, seed: 1, ...deps });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const places: Place[] = [];
afterEach(() => {
  for (const place of places.splice(0)) place.remove();
});

/** A place that is gone after the test. */
export function newPlace(): Place {
  const place = new Place();
  places.push(place);
  return place;
}

/** A store whose version of 22 November has 3,000 numbers. */
export async function placeWithVersion(): Promise<{ place: Place; version: string }> {
  const place = newPlace();
  const { result, version } = await place.sync(textOf(numbersUpTo(NOVEMBER_22, 3_000)));
  expect(result).toBe('switched');
  return { place, version: version ?? '' };
}

/** The rules broken, in the order of the guard. */
export const rulesOf = (outcome: { refusals: readonly { rule: string }[] }): string[] =>
  outcome.refusals.map(({ rule }) => rule);

/** Half of the list is gone, which a person may let through. */
export const HALF = textOf(numbersUpTo(NOVEMBER_22, 1_500));
