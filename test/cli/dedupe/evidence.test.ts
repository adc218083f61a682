import { describe, expect, it } from 'vitest';
import { evidenceOf } from '#tacet/cli/dedupe/evidence.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import {
  REASON_EMPTY,
  REASON_FOREIGN,
  REASON_LISTED,
  REASON_NOT_LISTED,
  REASON_OPT_IN_LATER,
} from '#tacet/verdict/reason.js';
import { SHA_A, SHA_B } from '../../client/fixture.ts';

type Result = Parameters<typeof evidenceOf>[0];

const KINDS = ['callable', 'blocked', 'undecided'] as const;
const file = { sha256: null, bytes: 0 };

function reasonsOf(counts: readonly (readonly [reason: number, count: number])[]): number[] {
  const reasons = new Array<number>(64).fill(0);
  for (const [reason, count] of counts) reasons[reason] = count;
  return reasons;
}

function outputsOf(rows: readonly number[]): Result['outputs'] {
  return rows.map((count, index) => {
    const kind = KINDS[index] ?? 'undecided';
    return { ...file, kind, name: kind, rows: count };
  });
}

const phone = { number: 2, name: 'phone' };
const mobile = { number: 3, name: 'mobile' };

/** Ten rows: one in doubt, nine judged by one number each. */
const GOOD: Result = {
  rows: 10,
  reasons: reasonsOf([
    [REASON_NOT_LISTED, 3],
    [REASON_OPT_IN_LATER, 1],
    [REASON_LISTED, 2],
    [REASON_FOREIGN, 1],
    [REASON_EMPTY, 2],
  ]),
  lookedUpToo: 0,
  optInUnreadable: 0,
  unevenRows: 0,
  structureDoubts: [{ kind: 'more-cells', rows: 1, firstLine: 7 }],
  rowsInDoubt: 1,
  otherColumnListed: 0,
  // Not looked at: how a file was read is not evidence.
  dialect: {} as Result['dialect'],
  columns: { dialled: [phone], optIns: [], country: null, notDialled: [] },
  lookedUpColumns: [],
  input: { ...file, name: 'in', rows: 10 },
  outputs: outputsOf([4, 2, 4]),
  commit: async () => undefined,
  discard: async () => undefined,
};

function listOf(sha256: string, validUntil: number) {
  return {
    ...{ name: `list-${validUntil}`, sha256, snapshotDate: '2026-01-01', entries: 1 },
    ...{ validUntilUnix: validUntil, sourceSha256: SHA_A, override: null, revision: 0 },
  };
}

function evidence(
  change: Partial<Result>,
  versions = [{ firstNumber: 0, lists: [listOf(SHA_A, 2_000_000_000)] }],
) {
  const identity = { advertiser: 'A', jobId: 'j' };
  const told = { versions, registers: [], notices: [] };
  const run = { identity, approach: USUAL_APPROACH, ...told };
  return evidenceOf({ ...GOOD, ...change }, { ...run, startedMs: 1, finishedMs: 2 });
}

describe('the evidence', () => {
  it('counts rows by doubt, numbers by reason and by verdict', () => {
    expect(evidence({})).toMatchObject({
      rows: 10,
      rowsInDoubt: { 'row-structure': 1 },
      structureDoubts: [{ kind: 'more-cells', rows: 1, firstLine: 7 }],
      reasons: { 'not-listed': 3, 'opt-in-later': 1, listed: 2, foreign: 1, empty: 2 },
      ...{ numbers: 9, callable: 3, callableOptIn: 1, blocked: 2, notCovered: 1 },
      unreadable: 2,
    });
  });

  it('has of several lists the one that may be consulted for the shortest time', () => {
    const versions = [
      { firstNumber: 0, lists: [listOf(SHA_A, 2_000_000_000)] },
      { firstNumber: 4, lists: [listOf(SHA_B, 1_900_000_000)] },
    ];
    expect(evidence({}, versions)).toMatchObject({
      sha256: SHA_B,
      validUntilUnix: 1_900_000_000,
      versions: [
        { firstNumber: 1, numbers: 4, listSha256s: [SHA_A] },
        { firstNumber: 5, numbers: 5, listSha256s: [SHA_B] },
      ],
    });
  });

  const twoColumns = { ...GOOD.columns, dialled: [phone, mobile] };
  it.each<[string, Partial<Result>]>([
    ['as counted', {}],
    ['with numbers that were looked up too', { lookedUpToo: 5, reasons: plus(GOOD, 5) }],
    ['with several numbers a row', { columns: twoColumns, reasons: plus(GOOD, 8) }],
    ['with one output', { outputs: outputsOf([4]) }],
    ['with two outputs', { outputs: outputsOf([4, 2]) }],
    ['with no row that is sure', { rowsInDoubt: 10, reasons: reasonsOf([]) }],
  ])('adds up %s', (_, change) => {
    expect(evidence(change).rows).toBe(10);
  });

  it.each<[string, Partial<Result>]>([
    ['a row in no output', { outputs: outputsOf([4, 2, 3]) }],
    ['a row in two outputs', { outputs: outputsOf([5, 2, 4]) }],
    ['more rows in some outputs than there are', { outputs: outputsOf([9, 2]) }],
    ['a row that nobody judged', { rows: 11, outputs: outputsOf([5, 2, 4]) }],
    ['a number too many', { reasons: plus(GOOD, 1) }],
    ['a number less', { reasons: plus(GOOD, -1) }],
    ['a row in doubt that was judged', { rowsInDoubt: 0 }],
    ['a judged row that is in doubt', { rowsInDoubt: 2 }],
    ['a number that is not looked up too', { lookedUpToo: 1 }],
    ['fewer numbers than rows, with several columns', { columns: twoColumns, rowsInDoubt: 0 }],
  ])('is refused with %s', (_, change) => {
    expect(() => evidence(change)).toThrow(
      expect.objectContaining({
        code: 'ERR_RECONCILE',
        message: expect.stringContaining('do not add up'),
      }),
    );
  });

  it('is refused where the answers name no list', () => {
    expect(() => evidence({}, [])).toThrow(expect.objectContaining({ code: 'ERR_RECONCILE' }));
  });
});

/** Its reasons with so many numbers more that may be called. */
function plus({ reasons }: Result, count: number): number[] {
  return reasons.with(REASON_NOT_LISTED, (reasons[REASON_NOT_LISTED] ?? 0) + count);
}
