import { describe, expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import {
  closeMatchedLists,
  closeRegisteredDays,
  columnPlace,
  FIELD_BATCH_MATCHED,
  FIELD_MATCHED,
  responseBytesMax,
  writeVerdictsHead,
} from '#tacet/wire/response.js';
import { decodeBatchResponse, decodeResponse } from '#tacet/wire/response-reader.js';
import {
  BatchCheckResponse,
  codeOf,
  DedupeResponse,
  day,
  delimited,
  tag,
  varint,
} from './messages.ts';

describe('the matched lists of a response', () => {
  it.each([0, 1, 127, 128, 16_384])('come behind the days, %i numbers', (count) => {
    const random = new Random(count, 9);
    const sets = Array.from({ length: count }, () =>
      random.pick([0, 1, 3, 127, 128, 2 ** 16 - 1, 2 ** 27]),
    );
    const verdicts = sets.map((_, i) => 2 + (i % 2));
    const days = sets.map((_, i) => i);
    for (const field of [FIELD_MATCHED, FIELD_BATCH_MATCHED] as const) {
      for (const hasDays of [true, false]) {
        // At the end of all that may be before it, in the bytes set aside.
        const memory = new Uint8Array(new SharedArrayBuffer(responseBytesMax(count)));
        const start = writeVerdictsHead(memory, 0, count);
        memory.set(verdicts, start);
        const daysAt = columnPlace(start + count);
        const at = hasDays ? columnPlace(daysAt + count * 4) : daysAt;
        if (hasDays) new Uint32Array(memory.buffer, daysAt, count).set(days);
        const inPlace = new Uint32Array(memory.buffer, at, count);
        inPlace.set(sets);
        const offset = start + count;
        const from = hasDays ? closeRegisteredDays(memory, offset, daysAt, count) : offset;
        const end = closeMatchedLists(memory, from, { field, sets: inPlace });
        const bytes = Buffer.from(memory.slice(0, end));
        const isBatch = field === FIELD_BATCH_MATCHED;
        const type = isBatch ? BatchCheckResponse : DedupeResponse;
        const theirs = type.toObject(type.decode(bytes), { arrays: true });
        const registeredEpochDays = hasDays ? days : [];
        expect(theirs).toMatchObject({ verdicts, matchedLists: sets, registeredEpochDays });
        const ours = isBatch ? decodeBatchResponse(bytes) : decodeResponse(bytes);
        expect([...ours.matchedLists]).toEqual(sets);
        expect([...ours.registeredDays]).toEqual(registeredEpochDays);
      }
    }
    expect(closeMatchedLists(new Uint8Array(8), 1, { field: 0, sets: Uint32Array.of(1) })).toBe(1);
  });

  it('are no sets that would be written over others', () => {
    const sets = Uint32Array.of(2 ** 28);
    const close = () => closeMatchedLists(new Uint8Array(64), 0, { field: FIELD_MATCHED, sets });
    expect(close).toThrow('a set is not written over one that is still to be read');
  });

  it('are read in every legal form', () => {
    const form = [...tag(5, 0), ...varint(300), ...delimited(2, [2, 1, 3]), ...delimited(5, [7])];
    expect([...decodeResponse(Buffer.from(form)).matchedLists]).toEqual([300, 7]);
  });

  it.each([
    ['fewer sets than listed numbers', [...delimited(2, [2, 1, 3]), ...delimited(5, [1])]],
    ['more sets than listed numbers', [...delimited(2, [1]), ...delimited(5, [1])]],
    ['a set that ends inside', [...delimited(2, [2]), ...delimited(5, [0x81])]],
    ['a set beyond 32 bits', [...delimited(2, [2]), ...delimited(5, varint(2n ** 32n))]],
    ['sets as i32', [...delimited(2, [2]), ...tag(5, 5), ...day(1)]],
  ])('are refused: %s', (_, form) => {
    expect(codeOf(() => decodeResponse(Buffer.from(form)))).toBe('ERR_WIRE');
  });
});
