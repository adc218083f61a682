import { beforeAll, describe, expect, it } from 'vitest';
import { checkPhoneNumber } from '#tacet/engine/check.js';
import { type KernelChoice, prepareJudge } from '#tacet/engine/judge.js';
import { KeyJudge } from '#tacet/engine/key-judge.js';
import { USUAL_APPROACH } from '#tacet/verdict/approach.js';
import { useLists } from './lists.ts';

const TODAY = 20_779;
const USUAL = { todayDay: TODAY, approach: USUAL_APPROACH, registers: undefined, listCount: 1 };
const LIST = new Map([
  [32_475_123_456, 20_000],
  [3_222_345_678, 0],
  // Digits outside the plan, a special number and a foreign one, all on the list.
  [321, 20_001],
  [3_280_012_345, 20_002],
  [4_930_123_456, 20_003],
]);

describe.each<KernelChoice>(['wasm', 'directory', 'binary-search'])('one number, %s', (kernel) => {
  let keys: KeyJudge;

  beforeAll(async () => {
    keys = await useLists([LIST], 'shared', async (handles) => {
      const source = await prepareJudge({ handles, kernel }, KeyJudge.bytesOf(1));
      return KeyJudge.open(source, 1);
    });
  });

  it.each([
    ['0475/12.34.56', 2, 10, '+32475123456', 20_000],
    ['+32 475 12 34 56', 2, 10, '+32475123456', 20_000],
    ['0475 12 34 57', 1, 1, '+32475123457', 0],
    ['(02) 234 56 78', 2, 10, '+3222345678', 0],
    ['02 234 56 79', 1, 1, '+3222345679', 0],
    ['0800 12 345', 2, 10, '+3280012345', 20_002],
    ['0800 12 346', 4, 21, '+3280012346', 0],
    ['0049 30 123456', 2, 10, '+4930123456', 20_003],
    ['+49 30 123457', 4, 20, '+4930123457', 0],
    ['+321', 2, 10, '+321', 20_001],
    ['+322', 5, 32, '', 0],
    ['', 5, 30, '', 0],
    ['0475 12 34 56 or 57', 5, 34, '', 0],
    ['4.75E+08', 5, 37, '', 0],
    ['+999 123 456 789', 5, 39, '', 0],
    ['\ud800', 5, 31, '', 0],
    [`0475123456${' '.repeat(54)}`, 2, 10, '+32475123456', 20_000],
    [`0475123456${' '.repeat(55)}`, 5, 33, '', 0],
    ['9'.repeat(10_000), 5, 33, '', 0],
  ])(
    '%j: verdict %i for reason %i, %s, registered on day %i',
    (phoneNumber, verdict, reason, e164, registeredDay) => {
      const check = { phoneNumber, belgian: true, optInDay: 0, ...USUAL };
      expect(checkPhoneNumber(keys, check)).toEqual({
        ...{ verdict, reason, e164, registeredDay },
        matchedLists: Number(verdict === 2),
      });
    },
  );

  it.each([
    ['0475123456', 0, 2, 10],
    ['0475123456', 20_000, 2, 11],
    ['0475123456', 20_001, 3, 2],
    ['0475123456', TODAY, 3, 2],
    ['0475123456', TODAY + 1, 2, 12],
    // 9 January 1969: no day of an opt-in, and none that the far future would be taken for.
    ['0475123456', -357, 2, 12],
    ['0475123456', Number.NaN, 2, 10],
    ['022345678', 20_001, 2, 13],
    ['0475123457', 20_001, 1, 1],
    ['080012346', 20_001, 4, 21],
    ['?', 20_001, 5, 31],
  ])(
    '%s with an opt-in on day %i: verdict %i for reason %i',
    (phoneNumber, optInDay, verdict, reason) => {
      const check = { phoneNumber, belgian: true, optInDay, ...USUAL };
      expect(checkPhoneNumber(keys, check)).toMatchObject({ verdict, reason });
    },
  );

  it('written nationally is unreadable where the region is not Belgium', () => {
    const check = { phoneNumber: '0475123456', belgian: false, optInDay: 0, ...USUAL };
    expect(checkPhoneNumber(keys, check)).toEqual({
      ...{ verdict: 5, reason: 40, e164: '', registeredDay: 0, matchedLists: 0 },
    });
    const written = { ...check, phoneNumber: '+32475123456' };
    expect(checkPhoneNumber(keys, written).verdict).toBe(2);
  });
});
