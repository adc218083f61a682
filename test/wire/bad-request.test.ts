import { describe, expect, it } from 'vitest';
import { decodeRequest, findOptions } from '#tacet/wire/request.js';
import { RequestBatch } from '#tacet/wire/request-batch.js';
import { decodeOptions, dedupeService } from '#tacet/wire/service.js';
import {
  CheckRequest,
  codeOf,
  DedupeOptions,
  DedupeRequest,
  day,
  decodeWithTacet,
  delimited,
  encode,
  key,
  tag,
  text,
  varint,
} from './messages.ts';

const decodeCode = (form: Iterable<number>): unknown =>
  codeOf(() => decodeWithTacet(Buffer.from([...form])));
const optionsCode = (form: Iterable<number>): unknown =>
  codeOf(() => findOptions(Buffer.from([...form])));

/** Groups of field 9 within each other. */
const nested = (depth: number): number[] => [
  ...Array.from({ length: depth }, () => tag(9, 3)).flat(),
  ...Array.from({ length: depth }, () => tag(9, 4)).flat(),
];

const NO_MESSAGE: Readonly<Record<string, readonly number[]>> = {
  'field number 0': [0x02, 0x00],
  'field number 0, varint': [0x00, 0x00],
  'wire type 6': [...tag(9, 6), 0],
  'wire type 7': [...tag(9, 7), 0],
  'a group that only ends': tag(9, 4),
  'a group that never ends': [...tag(9, 3), ...tag(1, 0), 1],
  'a group that ends under another number': [...tag(9, 3), ...tag(8, 4)],
  'a group that ends with field number 0': [...tag(9, 3), 0x04],
  'a group within a group, ends crossed': [...tag(9, 3), ...tag(8, 3), ...tag(9, 4), ...tag(8, 4)],
  'field number 0 inside a group': [...tag(9, 3), 0x00, 0x00, ...tag(9, 4)],
  'groups nested 101 deep': nested(101),
  'a length beyond the message': [...tag(9, 2), 3, 0, 0],
  'a length of 4 GiB': [...tag(9, 2), ...varint(2 ** 32 - 1), 0, 0],
  'a length beyond 32 bits': [...tag(9, 2), ...varint(2 ** 32), 0, 0],
  'a length of -1': [...tag(9, 2), ...varint(2n ** 64n - 1n), 0, 0],
  'a tag beyond 32 bits': [...varint(2n ** 32n + 8n), 0],
  'a tag of 11 bytes': [...tag(9, 0, 11), 0],
  'a length of 11 bytes': [...tag(9, 2), ...varint(0, 11)],
  'an unknown varint of 11 bytes': [...tag(9, 0), ...varint(0, 11)],
};

describe('bytes that are not the message', () => {
  it.each(Object.entries(NO_MESSAGE))('are refused: %s', (_, form) => {
    expect(decodeCode(form)).toBe('ERR_WIRE');
    expect(optionsCode(form)).toBe('ERR_WIRE');
    // Also behind something good.
    expect(decodeCode([...text('0475123456'), ...form])).toBe('ERR_WIRE');
    expect(decodeCode([...delimited(2, key(1)), ...form])).toBe('ERR_WIRE');
  });

  it('are told from groups nested 100 deep, which are read', () => {
    expect(decodeCode(nested(100))).toBe('none');
    expect(optionsCode(nested(100))).toBe('none');
  });

  it.each([
    ['numbers, packed, 7 bytes', delimited(2, key(1).slice(1))],
    ['numbers, packed, 9 bytes', delimited(2, [...key(1), 0])],
    ['opt-ins, packed, 3 bytes', delimited(4, day(1).slice(1))],
    ['opt-ins, packed, 5 bytes', delimited(4, [...day(1), 0])],
  ])('are refused where elements are not whole: %s', (_, form) => {
    expect(decodeCode(form)).toBe('ERR_WIRE');
    expect(decodeCode([...delimited(2, [...key(1), ...key(2)]), ...form])).toBe('ERR_WIRE');
  });

  it.each([
    ['numbers as varint', [...tag(2, 0), 1]],
    ['numbers as i32', [...tag(2, 5), ...day(1)]],
    ['numbers as group', [...tag(2, 3), ...tag(2, 4)]],
    ['texts as varint', [...tag(3, 0), 1]],
    ['texts as i64', [...tag(3, 1), ...key(1)]],
    ['texts as i32', [...tag(3, 5), ...day(1)]],
    ['texts as group', [...tag(3, 3), ...tag(3, 4)]],
    ['opt-ins as varint', [...tag(4, 0), 1]],
    ['opt-ins as i64', [...tag(4, 1), ...key(1)]],
    ['opt-ins as group', [...tag(4, 3), ...tag(4, 4)]],
    ['options as varint', [...tag(1, 0), 1]],
    ['options as i64', [...tag(1, 1), ...key(1)]],
    ['options as group', [...tag(1, 3), ...tag(1, 4)]],
  ])('are refused where a known field has another wire type: %s', (_, form) => {
    expect(decodeCode(form)).toBe('ERR_WIRE');
  });

  it('are found by every truncation that does not end between two fields', () => {
    // Each field, and what the message is that ends behind it.
    const fields: [number[], string][] = [
      [delimited(1, encode(DedupeOptions, { region: 'BE' })), 'none'],
      [delimited(2, [...key(32_475_123_456), ...key(3_221_234_567)]), 'none'],
      [[...tag(2, 1), ...key(1)], 'none'],
      [delimited(4, [...day(1), ...day(2)]), 'ERR_REQUEST'],
      [[...tag(4, 5, 3), ...day(3)], 'none'],
      [[...tag(900, 0), ...varint(2n ** 60n)], 'none'],
      [[...tag(900, 3), ...delimited(1, [1, 2, 3]), ...tag(900, 4)], 'none'],
    ];
    const whole = fields.flatMap(([field]) => field);
    const codes = new Map([[0, 'none']]);
    let bytes = 0;
    for (const [field, code] of fields) {
      bytes += field.length;
      codes.set(bytes, code);
    }
    for (let end = 0; end <= whole.length; end++) {
      const cut = whole.slice(0, end);
      expect(decodeCode(cut), `${end} bytes`).toBe(codes.get(end) ?? 'ERR_WIRE');
      expect(optionsCode(cut), `${end} bytes`).toBe(codes.has(end) ? 'none' : 'ERR_WIRE');
    }
    const texts = encode(DedupeRequest, { phoneNumbers: ['0475123456', '', '02 123 45 67'] });
    const between = [0, 12, 14, texts.length];
    for (let end = 0; end <= texts.length; end++) {
      const code = decodeCode(texts.subarray(0, end));
      expect(code, `${end} bytes`).toBe(between.includes(end) ? 'none' : 'ERR_WIRE');
    }
  });

  it('say so without a byte of the message', () => {
    expect(() => decodeWithTacet(Buffer.from([...tag(3, 2), 10, 0x30, 0x34]))).toThrow(
      /^malformed message: a field is longer than its message\. Build the client from tacet/,
    );
  });
});

describe('small messages that are not what they claim', () => {
  it.each([
    ['a string beyond the options', [...tag(1, 2), 9, 0x42, 0x45]],
    ['a string as varint', [...tag(5, 0), 1]],
    ['a bool as string', delimited(2, [1])],
    ['a varint cut off', [...tag(2, 0), 0x80]],
    ['field number 0', [0, 0]],
    ['a group that never ends', tag(9, 3)],
  ])('options are refused: %s', (_, content) => {
    expect(codeOf(() => decodeOptions(Buffer.from(content)))).toBe('ERR_WIRE');
  });

  it.each([
    ['a number cut off', [...tag(1, 2), 13, ...Buffer.from('+32475')]],
    ['a number as varint', [...tag(1, 0), 1]],
    ['field number 0', [0, 0]],
    ['a group that never ends', tag(9, 3)],
  ])('a check is refused, never answered for another number: %s', (_, content) => {
    const { requestDeserialize } = dedupeService.Check;
    expect(codeOf(() => requestDeserialize(Buffer.from(content)))).toBe('ERR_WIRE');
  });

  it('a check is read in every legal form', () => {
    const { requestDeserialize } = dedupeService.Check;
    const text = { phoneNumber: '0475123456', optInDate: '2026-01-31', region: 'BE' };
    const check = { ...text, purpose: 2, channel: 3 };
    const plain = encode(CheckRequest, check);
    const odd = [...tag(1, 2, 8), ...varint(10, 7), ...Buffer.from('0475123456')];
    const unknown = [...tag(900, 3), ...tag(1, 0, 9), 1, ...tag(900, 4, 6)];
    const expected = { ...check, advertiser: '' };
    expect(requestDeserialize(plain)).toEqual(expected);
    expect(requestDeserialize(Buffer.from([...unknown, ...odd, ...plain.subarray(12)]))).toEqual(
      expected,
    );
    expect(requestDeserialize(Buffer.alloc(0))).toEqual({
      phoneNumber: '',
      optInDate: '',
      region: '',
      advertiser: '',
      ...{ purpose: 0, channel: 0 },
    });
  });
});

describe('a request that is not valid as it stands', () => {
  it.each([
    ['integers, then text', [...delimited(2, key(1)), ...text('1')]],
    ['text, then integers', [...text('1'), ...delimited(2, key(1))]],
    ['text, then an integer unpacked', [...text(''), ...tag(2, 1), ...key(1)]],
    ['one opt-in for two', [...delimited(2, [...key(1), ...key(2)]), ...delimited(4, day(1))]],
    ['two opt-ins for one', [...text('1'), ...delimited(4, [...day(1), ...day(2)])]],
    ['opt-ins without numbers', delimited(4, day(0))],
  ])('is refused: %s', (_, form) => {
    expect(decodeCode(form)).toBe('ERR_REQUEST');
  });

  it('is refused with options where they are too late, even empty ones', () => {
    for (const content of [[], encode(DedupeOptions, { region: 'BE' })]) {
      const bytes = Buffer.from([...text('1'), ...delimited(1, content)]);
      expect(codeOf(() => decodeWithTacet(bytes, { optionsAllowed: true }))).toBe('none');
      expect(codeOf(() => decodeWithTacet(bytes, { optionsAllowed: false }))).toBe('ERR_REQUEST');
    }
  });
});

describe('the limit of numbers in a message', () => {
  const many = (count: number, one: readonly number[]): number[] =>
    Array.from({ length: count }, () => one).flat();
  const forms: Readonly<Record<string, (count: number) => number[]>> = {
    packed: (count) => delimited(2, many(count, key(7))),
    unpacked: (count) => many(count, [...tag(2, 1), ...key(7)]),
    'packed chunks': (count) => many(count, delimited(2, key(7))),
    texts: (count) => many(count, text('02 123 45 67')),
    'texts apart': (count) => many(count, [...text('1'), ...tag(9, 0), 0]),
  };

  it.each(Object.entries(forms))('is exact: %s', (_, form) => {
    const decode = (count: number, numbersMax: number) => () =>
      decodeWithTacet(Buffer.from(form(count)), { numbersMax });
    expect(decode(100, 100)().keys).toHaveLength(100);
    expect(codeOf(decode(101, 100))).toBe('ERR_LIMIT');
    expect(codeOf(decode(1, 0))).toBe('ERR_LIMIT');
    expect(codeOf(decode(0, 0))).toBe('none');
  });

  it('holds for opt-ins too', () => {
    const form = (count: number): number[] => [
      ...many(count - 1, [...tag(4, 5), ...day(1)]),
      ...delimited(4, day(1)),
      ...delimited(2, many(4, key(7))),
    ];
    expect(codeOf(() => decodeWithTacet(Buffer.from(form(4)), { numbersMax: 4 }))).toBe('none');
    expect(codeOf(() => decodeWithTacet(Buffer.from(form(5)), { numbersMax: 4 }))).toBe(
      'ERR_LIMIT',
    );
  });

  it('may be less than the memory holds, not more', () => {
    const bytes = Buffer.from(forms['texts']?.(3) ?? []);
    const range = { start: 0, end: bytes.length };
    const reading = { belgian: true, optionsAllowed: false };
    const decode = (numbersMax: number) => () =>
      decodeRequest(bytes, range, new RequestBatch(3), { ...reading, numbersMax });
    expect(codeOf(decode(3))).toBe('none');
    expect(codeOf(decode(2))).toBe('ERR_LIMIT');
    expect(codeOf(decode(4))).toBe('ERR_ASSERTION');
  });

  it('leaves nothing behind for the next message', () => {
    const batch = new RequestBatch(2);
    const reading = { belgian: true, optionsAllowed: false, numbersMax: 2 };
    const decode = (form: readonly number[]): void =>
      decodeRequest(Buffer.from(form), { start: 0, end: form.length }, batch, reading);
    decode([...delimited(2, [...key(7), ...key(8)]), ...delimited(4, [...day(1), ...day(2)])]);
    expect([batch.keys.count, batch.optIns.count]).toEqual([2, 2]);
    expect(codeOf(() => decode([...text('021234567'), ...text('1'), ...text('2')]))).toBe(
      'ERR_LIMIT',
    );
    decode(delimited(2, key(9)));
    expect([batch.keys.count, batch.optIns.count, batch.keys.words[0]]).toEqual([1, 0, 9]);
  });
});
