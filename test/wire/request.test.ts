import { describe, expect, it } from 'vitest';
import { findOptions } from '#tacet/wire/request.js';
import { decodeOptions } from '#tacet/wire/service.js';
import {
  DedupeOptions,
  DedupeRequest,
  day,
  decodeWithProtobufjs,
  decodeWithTacet,
  delimited,
  encode,
  key,
  tag,
  text,
  varint,
} from './messages.ts';

const MOBILE = 32_475_123_456n;
const FIXED = 3_221_234_567n;
const WIDEST = 0xfedc_ba98_7654_3210n;

/** Fields that no version of the contract has, of every wire type. */
const UNKNOWN = {
  varint: [...tag(900, 0), ...varint(2n ** 64n - 1n)],
  i64: [...tag(900, 1), ...key(WIDEST)],
  delimited: delimited(900, [0x10, 0xff, 0x80]),
  i32: [...tag(900, 5), ...day(0xffff_ffff)],
  group: [
    ...tag(900, 3),
    ...tag(2, 1),
    ...key(1n),
    ...tag(3, 3),
    ...delimited(4, day(7)),
    ...tag(3, 4),
    ...tag(900, 4),
  ],
  greatest: [...tag(2 ** 29 - 1, 0), 0],
};

const packedKeys = delimited(2, [...key(MOBILE), ...key(FIXED), ...key(WIDEST)]);
const packedDays = delimited(4, [...day(20_000), ...day(0), ...day(0xffff_ffff)]);
const OPTIONS = delimited(1, encode(DedupeOptions, { region: 'BE', jobId: 'a' }));

/** Every one asks for the same three numbers with the same three opt-ins. */
const LEGAL_FORMS: Readonly<Record<string, readonly number[]>> = {
  packed: [...packedKeys, ...packedDays],
  'opt-ins first': [...packedDays, ...packedKeys],
  'options first': [...OPTIONS, ...packedKeys, ...packedDays],
  'options last': [...packedKeys, ...packedDays, ...OPTIONS],
  'options several times': [...OPTIONS, ...packedKeys, ...OPTIONS, ...packedDays, ...OPTIONS],
  'split into packed chunks': [
    ...delimited(2, key(MOBILE)),
    ...delimited(2, [...key(FIXED), ...key(WIDEST)]),
    ...delimited(4, [...day(20_000), ...day(0)]),
    ...delimited(4, day(0xffff_ffff)),
  ],
  'chunks of the two fields in turn': [
    ...delimited(2, key(MOBILE)),
    ...delimited(4, [...day(20_000), ...day(0)]),
    ...delimited(2, [...key(FIXED), ...key(WIDEST)]),
    ...delimited(4, day(0xffff_ffff)),
  ],
  'empty chunks between': [
    ...delimited(2, []),
    ...packedKeys,
    ...delimited(2, []),
    ...delimited(4, []),
    ...packedDays,
    ...delimited(4, []),
  ],
  unpacked: [
    ...[...tag(2, 1), ...key(MOBILE), ...tag(2, 1), ...key(FIXED), ...tag(2, 1), ...key(WIDEST)],
    ...[...tag(4, 5), ...day(20_000), ...tag(4, 5), ...day(0), ...tag(4, 5), ...day(0xffff_ffff)],
  ],
  'packed and unpacked': [
    ...[...tag(2, 1), ...key(MOBILE), ...delimited(2, [...key(FIXED), ...key(WIDEST)])],
    ...[...delimited(4, [...day(20_000), ...day(0)]), ...tag(4, 5), ...day(0xffff_ffff)],
  ],
  'tags and lengths of more bytes than they need': [
    ...[...tag(2, 2, 3), ...varint(24, 5), ...key(MOBILE), ...key(FIXED), ...key(WIDEST)],
    ...[...tag(4, 2, 5), ...varint(12, 4), ...day(20_000), ...day(0), ...day(0xffff_ffff)],
  ],
  ...Object.fromEntries(
    Object.entries(UNKNOWN).map(([name, bytes]) => [
      `unknown fields around, ${name}`,
      [...bytes, ...packedKeys, ...bytes, ...packedDays, ...bytes],
    ]),
  ),
};

describe('a request with integers', () => {
  const asked = { keys: [MOBILE, FIXED, WIDEST], optIns: [20_000, 0, 0xffff_ffff] };

  it.each(Object.entries(LEGAL_FORMS))('is read the same: %s', (_, form) => {
    const bytes = Buffer.from(form);
    expect(decodeWithTacet(bytes)).toEqual(asked);
    expect(decodeWithProtobufjs(bytes)).toEqual({ ...asked, texts: [] });
  });

  it('is read with tags and lengths of up to ten bytes, which protobufjs cannot', () => {
    for (let bytes = 6; bytes <= 10; bytes++) {
      const form = [...tag(2, 2, bytes), ...varint(8, bytes), ...key(MOBILE)];
      const skipped = [...tag(900, 2, bytes), ...varint(1, bytes), 0xff];
      const message = Buffer.from([...skipped, ...form, ...skipped]);
      expect(decodeWithTacet(message)).toEqual({ keys: [MOBILE], optIns: [] });
    }
  });

  it('is read as protobufjs wrote it', () => {
    const numbers = ['32475123456', '1', '0', '18446744073709551615', '4294967296', '4294967295'];
    const bytes = encode(DedupeRequest, {
      options: { region: 'BE' },
      numbers,
      optInEpochDays: [1, 2, 3, 4, 5, 4_294_967_295],
    });
    expect(decodeWithTacet(bytes)).toEqual({
      keys: numbers.map(BigInt),
      optIns: [1, 2, 3, 4, 5, 4_294_967_295],
    });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('is read at any place of memory, %i modulo 8', (shift) => {
    const numbers = Array.from({ length: 1000 }, (_, i) => (BigInt(i) << 40n) + BigInt(i) + 7n);
    const optIns = numbers.map((_, i) => i * 65_537);
    const request = encode(DedupeRequest, {
      numbers: numbers.map(String),
      optInEpochDays: optIns,
    });
    for (const memory of [new ArrayBuffer(16_384), new SharedArrayBuffer(16_384)]) {
      const bytes = new Uint8Array(memory, shift).fill(0x12);
      const range = { start: 8, end: 8 + request.length };
      bytes.set(request, range.start);
      const asked = decodeWithTacet(bytes, { range, numbersMax: 1000 });
      expect(asked).toEqual({ keys: numbers, optIns });
    }
  });
});

describe('a request with texts', () => {
  it.each([
    ['0475/12.34.56', MOBILE],
    ['+32 475 12 34 56', MOBILE],
    ['\u0660\u0664\u0667\u0665\u0661\u0662\u0663\u0664\u0665\u0666', MOBILE],
    ['02 123 45 67', FIXED],
    ['', 0n],
    ['no number', 0n],
    ['4.75E+08', 0n],
    [`0475123456${' '.repeat(54)}`, MOBILE],
    [`0475123456${' '.repeat(55)}`, 0n],
    [' '.repeat(1000), 0n],
  ])('has key 0 for what is no phone number: %j', (written, expected) => {
    const bytes = encode(DedupeRequest, { phoneNumbers: [written] });
    expect(decodeWithTacet(bytes)).toEqual({ keys: [expected], optIns: [] });
  });

  it('is read the same in one run and in several', () => {
    const asked = { keys: [MOBILE, 0n, FIXED], optIns: [1, 2, 3] };
    const optIns = delimited(4, [...day(1), ...day(2), ...day(3)]);
    const [mobile, none, fixed] = [text('0475123456'), text('?'), text('021234567')];
    const forms = [
      [...mobile, ...none, ...fixed, ...optIns],
      [...optIns, ...mobile, ...none, ...fixed],
      [...mobile, ...optIns, ...none, ...UNKNOWN.group, ...fixed],
      [...mobile, ...none, ...delimited(2, []), ...tag(3, 2, 4), ...fixed.slice(1), ...optIns],
      [...tag(3, 2), ...varint(10, 3), ...mobile.slice(2), ...none, ...fixed, ...optIns],
    ];
    for (const form of forms) {
      expect(decodeWithTacet(Buffer.from(form))).toEqual(asked);
      expect(decodeWithProtobufjs(Buffer.from(form)).texts).toEqual([
        '0475123456',
        '?',
        '021234567',
      ]);
    }
  });

  it('reads national writing as Belgian only where the region is', () => {
    const bytes = Buffer.from([...text('0475123456'), ...text('+32475123456')]);
    expect(decodeWithTacet(bytes, { belgian: false }).keys).toEqual([0n, MOBILE]);
  });

  it.each([
    ['a continuation byte alone', [0x80]],
    ['an overlong zero', [0xc0, 0xb0]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a sequence cut off', [0x30, 0xe2, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['0xff', [0xff]],
  ])('takes invalid UTF-8 for an unreadable number, no error: %s', (_, bad) => {
    const digits = Buffer.from('0475123456');
    const bytes = Buffer.from([
      ...delimited(3, [...digits, ...bad]),
      ...delimited(3, bad),
      ...delimited(3, [...bad, ...digits]),
      ...text('0475123456'),
    ]);
    expect(decodeWithTacet(bytes)).toEqual({ keys: [0n, 0n, 0n, MOBILE], optIns: [] });
  });

  it('does not finish a character with the bytes of the next field', () => {
    // The text ends inside U+0660; what follows it would complete it.
    const bytes = Buffer.from([...delimited(3, [0x30, 0xd9]), 0xa0, 0x10, 0x00]);
    expect(decodeWithTacet(bytes)).toEqual({ keys: [0n], optIns: [] });
  });
});

describe('a request without numbers', () => {
  it.each([
    ['empty', []],
    ['options only', OPTIONS],
    ['empty options', delimited(1, [])],
    ['empty packed fields', [...delimited(2, []), ...delimited(4, [])]],
    ['unknown fields', Object.values(UNKNOWN).flat()],
  ])('asks nothing: %s', (_, form) => {
    const bytes = Buffer.from(form);
    expect(decodeWithTacet(bytes)).toEqual({ keys: [], optIns: [] });
    expect(decodeWithProtobufjs(bytes)).toEqual({ keys: [], optIns: [], texts: [] });
  });
});

describe('the options of a request', () => {
  const none = {
    region: '',
    registrationDates: false,
    jobId: '',
    advertiser: '',
    listSha256: '',
    reasons: false,
    ...{ purpose: 0, channel: 0, lists: [], matchedLists: false },
  };
  const optionsOf = (form: readonly number[]) => {
    const content = findOptions(Buffer.from(form));
    return content === undefined ? undefined : decodeOptions(content);
  };

  it('are none where there are none', () => {
    expect(optionsOf([...packedKeys, ...text('1'), ...UNKNOWN.group])).toBeUndefined();
    expect(decodeOptions(new Uint8Array(0))).toEqual(none);
  });

  it('are found wherever they stand', () => {
    for (const form of [
      [...OPTIONS, ...packedKeys],
      [...packedKeys, ...OPTIONS],
      [...text('0475'), ...UNKNOWN.varint, ...OPTIONS, ...UNKNOWN.group, ...text('0475')],
    ]) {
      expect(optionsOf(form)).toEqual({ ...none, region: 'BE', jobId: 'a' });
    }
  });

  it('are merged where they occur several times: the last value of each counts', () => {
    const first = { region: 'FR', registrationDates: true, reasons: true, purpose: 1, channel: 4 };
    const second = { region: 'BE', advertiser: 'Ets. \u00c9lan', purpose: 2 };
    const form = [
      ...delimited(1, encode(DedupeOptions, first)),
      ...packedKeys,
      ...delimited(1, encode(DedupeOptions, second)),
      ...delimited(1, []),
    ];
    expect(optionsOf(form)).toEqual({ ...none, ...first, ...second });
  });

  it('are the same with unknown fields and more bytes than needed inside', () => {
    const content = [
      ...[...tag(1, 2, 7), ...varint(2, 9), ...Buffer.from('BE')],
      ...Object.values(UNKNOWN).flat(),
      ...[...tag(900, 3), ...tag(1, 2, 8), ...varint(1, 6), 0x41, ...tag(900, 4, 7)],
      ...[...tag(2, 0, 6), ...varint(1, 10), ...delimited(3, Buffer.from('a'))],
    ];
    expect(optionsOf(delimited(1, content))).toEqual({
      ...none,
      region: 'BE',
      registrationDates: true,
      jobId: 'a',
    });
  });
});
