import { describe, expect, it } from 'vitest';
import {
  encodeKeys,
  encodeOptInDays,
  encodePhoneNumbers,
  type Keys,
} from '#tacet/wire/request-writer.js';
import { decodeOptions, encodeOptions } from '#tacet/wire/service.js';
import {
  codeOf,
  DedupeOptions,
  DedupeRequest,
  decodeWithProtobufjs,
  decodeWithTacet,
  encode,
} from './messages.ts';

describe('numbers as a client writes them', () => {
  const values = [0n, 1n, 4_294_967_295n, 4_294_967_296n, 32_475_123_456n, 999_999_999_999_999n];
  const all: [string, Keys][] = [
    ['BigUint64Array', BigUint64Array.from(values)],
    ['bigint[]', values],
    ['number[]', values.map(Number)],
    ['Float64Array', Float64Array.from(values, Number)],
    ['BigUint64Array within a larger one', new BigUint64Array([9n, ...values, 9n]).subarray(1, 7)],
  ];

  it.each(all)('are the bytes protobufjs writes and reads: %s', (_, keys) => {
    const bytes = encodeKeys(keys);
    expect(bytes).toEqual(encode(DedupeRequest, { numbers: values.map(String) }));
    expect(decodeWithProtobufjs(bytes).keys).toEqual(values);
    expect(decodeWithTacet(bytes).keys).toEqual(values);
  });

  it('are little-endian, after tag and length', () => {
    expect(encodeKeys([0x0102_0304_0506_07]).toString('hex')).toBe('12080706050403020100');
    expect(encodeKeys([]).toString('hex')).toBe('1200');
    expect(encodeKeys(new BigUint64Array(16)).subarray(0, 3).toString('hex')).toBe('128001');
    expect(encodeKeys(new BigUint64Array(131_072)).subarray(0, 4).toString('hex')).toBe('12808040');
  });

  it('may be any 64-bit integer: the server answers for it', () => {
    expect(decodeWithTacet(encodeKeys([2n ** 64n - 1n])).keys).toEqual([2n ** 64n - 1n]);
  });

  it.each([
    ['a fraction', [1.5]],
    ['a negative number', [-1]],
    ['NaN', [Number.NaN]],
    ['beyond 15 digits', [1e15]],
    ['a negative bigint', [-1n]],
    ['beyond 64 bits', [2n ** 64n]],
    ['a hole', new Array<number>(1)],
    ['infinite, typed', Float64Array.of(Number.POSITIVE_INFINITY)],
  ])('are refused where they are no key: %s', (_, keys) => {
    expect(codeOf(() => encodeKeys(keys))).toBe('ERR_REQUEST');
  });

  it('are not told in the error', () => {
    expect(() => encodeKeys([1, 32_475_123_456.5])).toThrow(
      'keys[1]: not a phone number as an integer, expected 0 to 999999999999999',
    );
  });
});

describe('texts as a client writes them', () => {
  it('are the bytes protobufjs writes and reads', () => {
    const texts = ['0475/12.34.56', '', '\u0660\uff0b\u{1d7ce}\u00e9', 'x'.repeat(200), '\u0000'];
    const bytes = encodePhoneNumbers(texts);
    expect(bytes).toEqual(encode(DedupeRequest, { phoneNumbers: texts }));
    expect(decodeWithProtobufjs(bytes).texts).toEqual(texts);
    expect(encodePhoneNumbers([])).toHaveLength(0);
  });

  it('are unreadable, not an error, with half a surrogate pair', () => {
    const bytes = encodePhoneNumbers(['0475123456\ud800', '\udc00', '0475123456']);
    expect(decodeWithTacet(bytes).keys).toEqual([0n, 0n, 32_475_123_456n]);
    expect(decodeWithProtobufjs(bytes).texts).toEqual(['0475123456\ufffd', '\ufffd', '0475123456']);
  });
});

describe('opt-ins as a client writes them', () => {
  it('are the bytes protobufjs writes and reads', () => {
    const days = [0, 1, 20_779, 4_294_967_295];
    expect(encodeOptInDays(days)).toEqual(encode(DedupeRequest, { optInEpochDays: days }));
    expect(encodeOptInDays(Uint32Array.from(days))).toEqual(encodeOptInDays(days));
    expect(decodeWithProtobufjs(encodeOptInDays(days)).optIns).toEqual(days);
    expect(encodeOptInDays([]).toString('hex')).toBe('2200');
  });

  it.each([
    ['before 1970', [-1]],
    ['a fraction', [20_000.5]],
    ['no number', [Number.NaN]],
    ['beyond 32 bits', [4_294_967_296]],
  ])('are refused where they are no day: %s', (_, days) => {
    expect(codeOf(() => encodeOptInDays(days))).toBe('ERR_REQUEST');
  });

  it('are refused with a hole, never filled with what was in memory', () => {
    const days: number[] = [20_000];
    days[2] = 20_001;
    expect(() => encodeOptInDays(days)).toThrow(
      'optInDays[1]: not the day of an opt-in, expected whole days since 1970-01-01, ' +
        '0 for no opt-in',
    );
  });
});

describe('options as a client writes them', () => {
  it('are read by the server and by protobufjs the same', () => {
    const options = {
      region: 'BE',
      registrationDates: true,
      jobId: 'job-1',
      advertiser: 'Ets. \u00c9lan',
      listSha256: 'c'.repeat(64),
      reasons: true,
      ...{ purpose: 2, channel: 3, lists: ['dncm', 'own'], matchedLists: true },
    };
    const bytes = encodeOptions(options);
    expect(bytes).toEqual(encode(DedupeRequest, { options }));
    // Tag and a length of one byte in front of the content.
    expect(decodeOptions(bytes.subarray(2))).toEqual(options);
    expect(decodeOptions(encode(DedupeOptions, {}))).toEqual({
      region: '',
      registrationDates: false,
      jobId: '',
      advertiser: '',
      listSha256: '',
      reasons: false,
      ...{ purpose: 0, channel: 0, lists: [], matchedLists: false },
    });
  });
});
