import { describe, expect, it } from 'vitest';
import { EDIT_NUMBERS_MAX, isActDay, readEdit } from '#tacet/state/desk/read-edit.js';
import type { EditRequestMessage } from '#tacet/wire/gen/messages.js';
import { editMessage } from '#tacet/wire/registers/edit.js';

/** 10 July 2026, 23:30 in Brussels: another day in UTC it is not, but 40 minutes later it is. */
const NOW_MS = Date.parse('2026-07-10T21:30:00Z');
const TODAY = 20_644;

const usual = editMessage({
  ...{ register: 'objections', advertiser: 'alpha', operation: 'add', requestId: 'r-1' },
  phoneNumbers: ['0475 12 34 56'],
});
const read = (change: Partial<EditRequestMessage> = {}, belgian = true) =>
  readEdit({ ...usual, ...change }, { belgian, nowMs: NOW_MS });
const optIn = { register: 'opt-ins', day: '2026-07-01' };

describe('a request to edit a register', () => {
  it('is the act on the numbers that can be read, each once, and says which cannot', () => {
    const phoneNumbers = ['0475123456', '12', '+32 475 12 34 56', '0033 1 23 45 67 89', 'Ann', ''];
    const { edit, indexes, refused } = read({ phoneNumbers, by: 'Ann', reference: 'call 7' });
    expect(edit).toMatchObject({
      ...{ requestId: 'r-1', register: 'objections', advertiser: 'alpha', operation: 'add' },
      ...{ numbers: [32475123456, 33123456789], days: [TODAY, TODAY], isDayGiven: false },
      ...{ by: 'Ann', reference: 'call 7', source: '', reason: '', atMs: NOW_MS },
    });
    expect(indexes).toEqual([[0, 2], [3]]);
    expect(refused.map(({ index, reason }) => [index, reason])).toEqual([
      [1, 'too-short'],
      [4, 'no-digits'],
      [5, 'empty'],
    ]);
  });

  it('has national writing read as Belgian only where that is said', () => {
    expect(read({}, false).refused).toEqual([{ index: 0, reason: 'national-writing' }]);
    expect(read({ phoneNumbers: ['+32475123456'] }, false).edit.numbers).toEqual([32475123456]);
  });

  it.each([
    ['an objection', {}, TODAY],
    ['a lifted objection', { op: 2 }, TODAY],
    ['a withdrawal', { ...optIn, op: 2, day: '' }, TODAY],
    ['a mistaken opt-in', { ...optIn, op: 3, day: '' }, 0],
    ['a day that is given', { day: '2026-07-09' }, TODAY - 1],
    ['an opt-in', optIn, 20_635],
  ])('is of today unless it says so: %s', (_, change, day) => {
    expect(read(change).edit.days).toEqual([day]);
  });

  it('may have a day for each number; of several for one number the latest counts', () => {
    const phoneNumbers = ['0475123456', '0475123457', '+32475123456'];
    const { edit } = read({ ...optIn, day: '', phoneNumbers, epochDays: [10, 20, 30] });
    expect(edit.days).toEqual([30, 20]);
  });

  it.each([
    ['request_id', { requestId: '' }],
    ['request_id', { requestId: 'a b' }],
    ['request_id', { requestId: 'x'.repeat(65) }],
    ['unknown register', { register: 'objection' }],
    ['unknown op', { op: 0 }],
    ['unknown op', { op: 4 }],
    ['malformed advertiser', { advertiser: '' }],
    ['malformed advertiser', { advertiser: 'a b' }],
    ['malformed advertiser', { advertiser: '**' }],
    ['opt-ins of everybody', { ...optIn, advertiser: '*' }],
    ['malformed by', { by: 'x'.repeat(201) }],
    ['malformed reason', { reason: 'two\nlines' }],
    ['malformed source', { source: '\u001b[31m' }],
    ['no phone_numbers', { phoneNumbers: [] }],
    ['day', { day: '2026-07-11' }],
    ['day', { day: '2026-02-30' }],
    ['day', { day: '1970-01-01' }],
    ['day', { day: '1969-12-31' }],
    ['no day', { ...optIn, day: '' }],
    ['day and epoch_days', { day: '2026-07-01', epochDays: [1] }],
    ['epoch_days that do not match', { epochDays: [1, 2] }],
    ['epoch_days', { epochDays: [TODAY + 1] }],
    ['epoch_days', { epochDays: [0] }],
  ])('is refused whole for its %s: %j', (what, change) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ code: 'ERR_REQUEST' }));
    expect(() => read(change)).toThrow(what);
  });

  it('takes texts of 200 characters, however many bytes they have', () => {
    expect(read({ by: 'é'.repeat(200), reason: '🙂'.repeat(200) }).edit.by).toHaveLength(200);
  });

  it('has 10,000 numbers at most', () => {
    const phoneNumbers = Array.from({ length: EDIT_NUMBERS_MAX }, () => '0475123456');
    expect(read({ phoneNumbers }).indexes[0]).toHaveLength(EDIT_NUMBERS_MAX);
    expect(() => read({ phoneNumbers: [...phoneNumbers, ''] })).toThrow(
      expect.objectContaining({ code: 'ERR_LIMIT' }),
    );
  });
});

it('an act is of a day that was, in whole days from 1970-01-02 on', () => {
  expect([0, 1, TODAY, TODAY + 1, 1.5, Number.NaN].map((day) => isActDay(day, TODAY))).toEqual([
    ...[false, true, true, false, false, false],
  ]);
});
