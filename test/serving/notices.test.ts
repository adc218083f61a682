import { describe, expect, it } from 'vitest';
import { TacetError } from '#tacet/errors.js';
import type { Sighting } from '#tacet/serving/follower.js';
import { Notices } from '#tacet/serving/notices.js';
import { NO_SYNCS, type RefusedFile } from '#tacet/sync/sync-log.js';

const AGES = { warningMs: 1, criticalMs: 2 };
const OVERRIDE = { by: 'An Officer', reason: 'a test', atUnix: 1, untilUnix: 2 };

/** What is said, and the lines of its log as `level message`. */
function noticed() {
  const lines: string[] = [];
  const level = (name: string) => (_: object, message: string) => lines.push(`${name} ${message}`);
  const log = { info: level('info'), warn: level('warn'), error: level('error') };
  return { lines, notices: new Notices(log, AGES) };
}

const sighting = (more: Partial<Sighting>): Sighting => ({
  place: 'a store',
  ...{ override: undefined, refusal: undefined, trouble: undefined, syncs: NO_SYNCS },
  ...more,
});
const refused = (file: RefusedFile | undefined): Sighting =>
  sighting({ syncs: { ...NO_SYNCS, refused: file } });

describe('the notices of the lists', () => {
  it('say when an override comes and when it ends, and nothing in between', () => {
    const { lines, notices } = noticed();
    for (const override of [undefined, OVERRIDE, { ...OVERRIDE }, undefined, undefined]) {
      notices.overrides([sighting({ override })]);
    }
    expect(lines).toEqual([
      'warn a freshness override is in force',
      'warn the freshness override has ended',
    ]);
  });

  it('say once why an override is ignored, and again when it comes back', () => {
    const { lines, notices } = noticed();
    const refusal = new TacetError('ERR_STORE', { what: 'not an override' });
    for (const seen of [refusal, refusal, undefined, refusal]) {
      notices.overrides([sighting({ refusal: seen })]);
    }
    expect(lines).toEqual(new Array(2).fill('error a freshness override is ignored'));
  });

  it('say once that the pointers cannot be read, whatever came between', () => {
    const { lines, notices } = noticed();
    const [gone, damaged] = ['gone', 'damaged'].map(
      (what) => new TacetError('ERR_STORE', { what }),
    );
    for (const error of [gone, gone, damaged, undefined, damaged]) notices.pointers(error);
    expect(lines).toEqual(new Array(3).fill('error the store cannot be read, its list goes on'));
  });

  it('tell of the same refused file again where a good one came between', () => {
    const { lines, notices } = noticed();
    const file = { quarantined: 'cut', sinceUnix: 1 };
    for (const seen of [file, file, undefined, { ...file, sinceUnix: 2 }]) {
      notices.syncs([refused(seen)]);
    }
    expect(lines).toEqual(new Array(2).fill('error a new list was refused, the old one goes on'));
  });

  it('say that a log cannot be read, and go on with what was seen before', () => {
    const { lines, notices } = noticed();
    const trouble = new TacetError('ERR_IO', { what: 'cannot read' });
    for (let look = 0; look < 3; look++) notices.syncs([sighting({ trouble })]);
    expect(lines).toEqual(['warn the log of the store cannot be read']);
  });
});
