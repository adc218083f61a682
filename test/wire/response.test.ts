import { describe, expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { varintBytes } from '#tacet/wire/fields.js';
import {
  closeRegisteredDays,
  columnPlace,
  FIELD_BATCH_REASONS,
  FIELD_REASONS,
  reasonsFieldBytes,
  responseBytesMax,
  writeReasonsHead,
  writeVerdictsHead,
} from '#tacet/wire/response.js';
import { decodeBatchResponse, decodeResponse } from '#tacet/wire/response-reader.js';
import { encodeResponseParts } from '#tacet/wire/service.js';
import {
  BatchCheckResponse,
  codeOf,
  DedupeResponse,
  day,
  delimited,
  encode,
  key,
  tag,
  varint,
} from './messages.ts';

const LIST = {
  name: 'dncm',
  sha256: 'a'.repeat(64),
  snapshotDate: '2026-11-22',
  entries: 1_492_109,
  validUntilUnix: 1_795_820_400,
  sourceSha256: 'b'.repeat(64),
  revision: 0,
  override: { by: 'An Officer', reason: 'why', atUnix: 1_795_900_000, untilUnix: 1_795_910_000 },
};

const SUMMARY = {
  numbers: 15,
  callable: 1,
  blocked: 2,
  callableOptIn: 3,
  notCovered: 4,
  unreadable: 5,
  notApplicable: 6,
  jobId: 'job-1',
  advertiser: 'Ets. \u00c9lan',
  startedUnixMs: 1_795_302_000_123,
  finishedUnixMs: 1_795_302_000_456,
};

/** A response put together as a worker does it, and the server in front of it. */
function compose(verdicts: readonly number[], days: readonly number[], shift: number): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(shift + responseBytesMax(verdicts.length)));
  const start = writeVerdictsHead(memory, shift, verdicts.length);
  expect(start - shift).toBe(verdicts.length === 0 ? 0 : 1 + varintBytes(verdicts.length));
  memory.set(verdicts, start);
  const behind = start + verdicts.length;
  const place = columnPlace(behind);
  new Uint32Array(memory.buffer, place, days.length).set(days);
  const end = closeRegisteredDays(memory, behind, place, days.length);
  return Buffer.from(memory.slice(shift, end));
}

const asProtobufjsReads = (bytes: Uint8Array): Record<string, unknown> =>
  DedupeResponse.toObject(DedupeResponse.decode(bytes), { longs: Number, arrays: true });

describe('a response as Tacet writes it', () => {
  it.each([0, 1, 2, 127, 128, 16_383, 16_384, 131_072])(
    'is read by protobufjs and by the client the same, %i numbers',
    (count) => {
      const random = new Random(count, 0);
      const verdicts = Array.from({ length: count }, () => random.between(1, 5));
      const listed = verdicts.filter((verdict) => verdict === 2 || verdict === 3);
      const days = listed.map(() => random.pick([0, 1, 255, 256, 20_779, 65_535, 4_294_967_295]));
      const bytes = compose(verdicts, days, count % 8);
      expect(asProtobufjsReads(bytes)).toEqual({
        lists: [],
        verdicts,
        registeredEpochDays: days,
        matchedLists: [],
        reasons: [],
        notices: [],
      });
      const decoded = decodeResponse(bytes);
      expect([...decoded.verdicts]).toEqual(verdicts);
      expect([...decoded.registeredDays]).toEqual(days);
      expect([...decoded.reasons]).toEqual([]);
      expect([decoded.lists, decoded.summary]).toEqual([[], null]);
    },
  );

  it('fits the bytes set aside for it, also where every number is on the list', () => {
    const verdicts = Array.from({ length: 131_072 }, () => 2);
    const bytes = compose(verdicts, verdicts, 0);
    expect(bytes.length).toBe(131_072 * 5 + 8);
    // Reasons and their head come on top.
    const reasonsBytes = reasonsFieldBytes(FIELD_REASONS, 131_072);
    expect(bytes.length + reasonsBytes).toBeLessThanOrEqual(responseBytesMax(131_072));
  });

  it.each([0, 1, 127, 128, 16_384])('has its reasons in between, %i numbers', (count) => {
    const reasons = Array.from({ length: count }, (_, i) => [1, 10, 2, 20, 41][i % 5] ?? 0);
    const verdicts = Array.from({ length: count }, (_, i) => [1, 2, 3, 4, 5][i % 5] ?? 0);
    const days = verdicts.flatMap((verdict) => (verdict === 2 || verdict === 3 ? [20_000] : []));
    for (const field of [FIELD_REASONS, FIELD_BATCH_REASONS] as const) {
      for (let shift = 0; shift < 4; shift++) {
        const memory = new Uint8Array(shift + responseBytesMax(count)).fill(0xee);
        const verdictsAt = writeVerdictsHead(memory, shift, count);
        memory.set(verdicts, verdictsAt);
        const reasonsAt = verdictsAt + count;
        const at = writeReasonsHead(memory, reasonsAt, { field, count });
        memory.set(reasons, at);
        expect(reasonsAt + reasonsFieldBytes(field, count)).toBe(at + count);
        const place = columnPlace(at + count);
        expect(place % 4).toBe(0);
        memory.set(new Uint8Array(Uint32Array.from(days).buffer), place);
        const end = closeRegisteredDays(memory, at + count, place, days.length);
        const bytes = Buffer.from(memory.subarray(shift, end));
        const isBatch = field === FIELD_BATCH_REASONS;
        const type = isBatch ? BatchCheckResponse : DedupeResponse;
        const theirs = type.toObject(type.decode(bytes), { arrays: true });
        expect(theirs).toMatchObject({ verdicts, reasons, registeredEpochDays: days });
        const ours = isBatch ? decodeBatchResponse(bytes) : decodeResponse(bytes);
        expect([...ours.reasons]).toEqual(reasons);
        expect([...ours.registeredDays]).toEqual(days);
      }
    }
    expect(writeReasonsHead(new Uint8Array(4), 1, { field: 0, count })).toBe(1);
    expect(reasonsFieldBytes(0, count)).toBe(0);
  });

  it('has lists in front and a summary at the end', () => {
    const head = encodeResponseParts({ lists: [LIST, { ...LIST, name: 'own' }] });
    const first = Buffer.concat([head, compose([1, 2, 5], [7], 0)]);
    expect(asProtobufjsReads(first)).toMatchObject({
      lists: [LIST, { ...LIST, name: 'own' }],
      verdicts: [1, 2, 5],
      registeredEpochDays: [7],
    });
    expect(decodeResponse(first)).toMatchObject({
      lists: [LIST, { ...LIST, name: 'own' }],
      summary: null,
    });
    const last = encodeResponseParts({ lists: [LIST], summary: SUMMARY });
    expect(asProtobufjsReads(last)).toMatchObject({ lists: [LIST], summary: SUMMARY });
    expect(decodeResponse(last)).toMatchObject({ lists: [LIST], summary: SUMMARY });
    expect(decodeResponse(last).verdicts).toHaveLength(0);
  });
});

describe('a response as others write it', () => {
  const message = {
    lists: [LIST],
    verdicts: [1, 2, 3, 4, 5],
    registeredEpochDays: [20_000, 0],
    summary: SUMMARY,
    matchedLists: [1, 1],
  };

  it('is read as protobufjs encodes it', () => {
    const decoded = decodeResponse(encode(DedupeResponse, message));
    expect([...decoded.verdicts]).toEqual([1, 2, 3, 4, 5]);
    expect([...decoded.registeredDays]).toEqual([20_000, 0]);
    expect([...decoded.matchedLists]).toEqual([1, 1]);
    expect(decoded.lists).toEqual([LIST]);
    expect(decoded.summary).toEqual(SUMMARY);
  });

  it.each([
    [
      'unpacked',
      [
        ...[1, 2, 3, 4, 5].flatMap((verdict) => [...tag(2, 0), verdict]),
        ...[20_000, 0].flatMap((epochDay) => [...tag(3, 5), ...day(epochDay)]),
      ],
    ],
    [
      'split and mixed',
      [
        ...[...delimited(3, day(20_000)), ...delimited(2, [1, 2]), ...tag(2, 0), 3],
        ...[...tag(3, 5, 3), ...day(0), ...delimited(2, []), ...delimited(2, [4, 5])],
      ],
    ],
    [
      'unknown fields between',
      [
        ...[...tag(900, 3), ...delimited(2, [9]), ...tag(900, 4), ...delimited(5, [1, 1])],
        ...delimited(2, [1, 2, 3, 4, 5]),
        ...[...tag(900, 1), ...key(1), ...delimited(3, [...day(20_000), ...day(0)])],
      ],
    ],
  ])('is read in every legal form: %s', (_, form) => {
    const decoded = decodeResponse(Buffer.from(form));
    expect([...decoded.verdicts]).toEqual([1, 2, 3, 4, 5]);
    expect([...decoded.registeredDays]).toEqual([20_000, 0]);
  });

  it.each([
    ['verdict 0', delimited(2, [1, 0])],
    ['verdict 7', delimited(2, [1, 7])],
    ['verdict 200', delimited(2, [1, ...varint(200)])],
    ['verdict 200 as protobufjs encodes it', [...encode(DedupeResponse, { verdicts: [1, 200] })]],
    ['verdict -1', delimited(2, varint(2n ** 64n - 1n))],
    ['verdict 0 unpacked', [...tag(2, 0), 0]],
    ['verdict 200 unpacked', [...tag(2, 0), ...varint(200)]],
    ['verdict 129 unpacked, its second byte as a field', [...tag(2, 0), 0x81, 0x12, 0x00]],
    ['verdicts as i32', [...tag(2, 5), ...day(1)]],
    ['verdicts as group', [...tag(2, 3), ...tag(2, 4)]],
    ['days as varint', [...delimited(2, [2]), ...tag(3, 0), 1, 0x12, 0x01, 0x01]],
    ['days as i64', [...delimited(2, [2, 2]), ...tag(3, 1), ...key(1)]],
    ['days as group', [...tag(3, 3), ...tag(3, 4)]],
    ['three bytes of a day', [...delimited(2, [2]), ...delimited(3, [1, 2, 3])]],
    ['lists as varint', [...tag(1, 0), 1]],
    ['lists as varint, what would be an empty one', [...tag(1, 0), 0]],
    ['summary as i32', [...tag(4, 5), ...day(1)]],
    ['a list that ends inside', delimited(1, [...tag(4, 0), 0x80])],
    ['a reason of another verdict', [...delimited(2, [1, 2]), ...delimited(6, [1, 1])]],
    ['a listed number whose reason is callable', [...delimited(2, [2]), ...delimited(6, [2])]],
    ['reason 0', [...delimited(2, [1]), ...delimited(6, [0])]],
    ['reason 3, of verdict 6', [...delimited(2, [1]), ...delimited(6, [3])]],
    ['a day with verdict 6', [...delimited(2, [6]), ...delimited(3, day(1))]],
    ['purpose as text', delimited(9, [1])],
    ['channel as i32', [...tag(10, 5), ...day(1)]],
    ['notices as varint', [...tag(8, 0), 1]],
    ['reason 99', [...delimited(2, [5]), ...delimited(6, [99])]],
    ['reason 200', [...delimited(2, [5]), ...delimited(6, varint(200))]],
    ['fewer reasons than verdicts', [...delimited(2, [1, 1]), ...delimited(6, [1])]],
    ['more reasons than verdicts', [...delimited(2, [1]), ...delimited(6, [1, 1])]],
    ['reasons without verdicts', delimited(6, [1])],
    ['reasons as i32', [...delimited(2, [1]), ...tag(6, 5), ...day(1)]],
    ['fewer days than listed numbers', [...delimited(2, [2, 1, 3]), ...delimited(3, day(1))]],
    ['more days than listed numbers', [...delimited(2, [1]), ...delimited(3, day(1))]],
  ])('is refused: %s', (_, form) => {
    expect(codeOf(() => decodeResponse(Buffer.from(form)))).toBe('ERR_WIRE');
  });

  it('has its reasons read in every legal form', () => {
    const decoded = decodeResponse(
      Buffer.from([...tag(6, 0), 1, ...delimited(2, [1, 2, 5]), ...delimited(6, [14, 35])]),
    );
    expect([...decoded.reasons]).toEqual([1, 14, 35]);
    // Field 4 is the summary of a stream, and the reasons of a batch.
    const bytes = Buffer.from([...delimited(2, [1, 2, 5]), ...delimited(4, [1, 13, 41])]);
    const batch = decodeBatchResponse(bytes);
    expect([[...batch.reasons], batch.summary]).toEqual([[1, 13, 41], null]);
    expect(codeOf(() => decodeBatchResponse(Buffer.from(delimited(4, [1]))))).toBe('ERR_WIRE');
  });

  it('is refused at every truncation that does not end between two fields', () => {
    const fields = [
      encode(DedupeResponse, { lists: [LIST] }),
      Buffer.from(delimited(2, [1, 1, 4])),
      Buffer.from(delimited(2, [2])),
      Buffer.from(delimited(3, day(20_000))),
      encode(DedupeResponse, { summary: SUMMARY }),
    ];
    const whole = Buffer.concat(fields);
    let bytes = 0;
    const ends = new Set([0, ...fields.map((field) => (bytes += field.length))]);
    for (let end = 0; end <= whole.length; end++) {
      const code = codeOf(() => decodeResponse(whole.subarray(0, end)));
      expect(code, `${end} bytes`).toBe(ends.has(end) ? 'none' : 'ERR_WIRE');
    }
  });

  it('never gives a verdict outside 1 to 6 or another kind of error, mutated (seed 7)', () => {
    const random = new Random(7, 0);
    const whole = Buffer.concat([
      encode(DedupeResponse, { ...message, lists: [], summary: null }),
      encodeResponseParts({ lists: [LIST], summary: SUMMARY }),
    ]);
    let read = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 2; change++) {
        // Half of the changes hit the verdicts and days at the front.
        const place = random.below(random.chance(0.5) ? 20 : bytes.length);
        bytes[place] = random.below(256);
      }
      const code = codeOf(() => {
        for (const verdict of decodeResponse(bytes).verdicts) {
          if (!(verdict >= 1 && verdict <= 6)) throw new Error(`verdict ${verdict}`);
        }
      });
      if (code !== 'ERR_WIRE') expect(code, bytes.toString('hex')).toBe('none');
      if (code === 'none') read++;
    }
    expect(read).toBeGreaterThan(1000);
  });
});
