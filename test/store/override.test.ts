import { describe, expect, it } from 'vitest';
import { isInForce, makeOverride, parseOverride } from '#tacet/store/override.js';
import { withWriter } from '#tacet/store/writer.js';
import { newStore } from './fixture.ts';

const NOW_MS = Date.UTC(2026, 10, 28, 1);
const HOUR_MS = 3_600_000;
const given = {
  by: 'An Peeters',
  reason: 'sFTP down, ticket 4711',
  forMs: 8 * HOUR_MS,
  nowMs: NOW_MS,
};
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('an override', () => {
  it('is in force from when it was given until it ends', () => {
    const override = makeOverride(given);
    expect(isInForce(override, NOW_MS)).toBe(true);
    expect(isInForce(override, NOW_MS + 8 * HOUR_MS - 1)).toBe(true);
    expect(isInForce(override, NOW_MS + 8 * HOUR_MS)).toBe(false);
    expect(isInForce(override, NOW_MS - 1000)).toBe(false);
    expect(isInForce(undefined, NOW_MS)).toBe(false);
  });

  it.each([
    ['no name', { ...given, by: ' ' }],
    ['no reason', { ...given, reason: '' }],
    ['a reason that is too long', { ...given, reason: 'x'.repeat(201) }],
    ['a name with control characters', { ...given, by: 'An\nroot' }],
    ['more than 24 hours', { ...given, forMs: 24 * HOUR_MS + 1 }],
    ['no time', { ...given, forMs: 0 }],
  ])('is refused with %s', (_, wrong) => {
    expect(() => makeOverride(wrong)).toThrowError(code('ERR_USAGE'));
  });

  it('is kept by the store until it is cleared', async () => {
    const store = await newStore();
    expect(await store.override()).toBeUndefined();
    const override = makeOverride(given);
    await withWriter(store, 'override', (writer) => writer.setOverride(override));
    expect(await store.override()).toEqual(override);
    await withWriter(store, 'override', (writer) => writer.setOverride(null));
    expect(await store.override()).toBeUndefined();
  });

  it.each([
    ['no JSON', '{'],
    ['no times', '{"by":"a","reason":"b"}'],
    ['a longer time than allowed', '{"by":"a","reason":"b","atUnix":1,"untilUnix":86402}'],
    ['no reason', '{"by":"a","reason":"","atUnix":1,"untilUnix":2}'],
  ])('written by hand with %s is none', (_, text) => {
    expect(() => parseOverride(text, 'override.json')).toThrowError(code('ERR_STORE'));
  });
});
