import { describe, expect, it } from 'vitest';
import { Random } from '#tacet/sample/random.js';
import { readScalars } from '#tacet/wire/scalars.js';
import { decodeOptions } from '#tacet/wire/service.js';
import { codeOf, DedupeOptions, delimited, encode, tag, varint } from './messages.ts';

const read = (form: Iterable<number>) => readBytes(Uint8Array.from(form));

const readBytes = (bytes: Uint8Array) =>
  readScalars<{ text: string; flag: boolean; word: number }>(bytes, [
    undefined,
    { name: 'text', kind: 'text' },
    { name: 'flag', kind: 'bool' },
    { name: 'word', kind: 'enum' },
  ]);

describe('the fields of a small message', () => {
  it.each([
    [[0], false],
    [[1], true],
    [varint(0, 10), false],
    [varint(1, 10), true],
    [varint(2n ** 32n), true],
    [varint(2n ** 63n), true],
  ])('hold a bool in any varint: %j is %j', (value, expected) => {
    expect(read([...tag(2, 0), ...value]).flag).toBe(expected);
  });

  it.each([
    [[0], 0],
    [[2], 2],
    [varint(2, 10), 2],
    [varint(300), 300],
    [varint(2n ** 31n), -(2 ** 31)],
    [varint(2n ** 32n + 5n), 5],
    [varint(2n ** 64n - 1n), -1],
  ])('hold an enum in any varint, as protobuf cuts it: %j is %i', (value, expected) => {
    expect(read([...tag(3, 0), ...value]).word).toBe(expected);
  });

  it('are empty where they are unset, and the last where they occur again', () => {
    expect(read([])).toEqual({ text: '', flag: false, word: 0 });
    const twice = read([
      ...[...delimited(1, Buffer.from('first')), ...tag(2, 0), 1],
      ...[...delimited(1, Buffer.from('last')), ...tag(2, 0), 0],
    ]);
    expect(twice).toEqual({ text: 'last', flag: false, word: 0 });
  });

  it('hold a text again and again where it is repeated, 64 times at most', () => {
    const one = delimited(12, Buffer.from('dncm'));
    const { lists } = decodeOptions(
      Buffer.from([...one, ...delimited(1, []), ...delimited(12, []), ...one]),
    );
    expect(lists).toEqual(['dncm', '', 'dncm']);
    const many = Array.from({ length: 64 }, () => one).flat();
    expect(decodeOptions(Buffer.from(many)).lists).toHaveLength(64);
    expect(codeOf(() => decodeOptions(Buffer.from([...many, ...one])))).toBe('ERR_WIRE');
  });

  it('keep what is no UTF-8 as U+FFFD, and stay in their place of a larger memory', () => {
    for (const memory of [new ArrayBuffer(64), new SharedArrayBuffer(64)]) {
      const field = delimited(1, [0x41, 0xff, 0x42]);
      const bytes = new Uint8Array(memory, 5).fill(0x43);
      bytes.set(field, 7);
      const { text } = readBytes(bytes.subarray(7, 7 + field.length));
      expect(text).toBe('A\ufffdB');
    }
  });

  it('are read as protobufjs reads them or refused, 50,000 times mutated (seed 11)', () => {
    const random = new Random(11, 0);
    const whole = encode(DedupeOptions, {
      region: 'BE',
      registrationDates: true,
      jobId: 'job-1',
      advertiser: 'Example',
      listSha256: 'abcdef',
      reasons: true,
      ...{ purpose: 2, channel: 3, matchedLists: true, lists: ['dncm', 'own'] },
    });
    let accepted = 0;
    for (let i = 0; i < 50_000; i++) {
      const bytes = [...whole];
      const at = random.below(bytes.length);
      const kind = random.below(3);
      if (kind === 0) bytes.splice(at, 1 + random.below(4));
      else if (kind === 1) bytes.splice(at, 0, random.below(256));
      else bytes[at] = random.pick([random.below(256), 0x0a, 0x12, 0x10, 0x22, 0x4b, 0x4c]);
      const content = Buffer.from(bytes);
      let ours: unknown;
      const code = codeOf(() => {
        ours = decodeOptions(content);
      });
      if (code === 'ERR_WIRE') continue;
      const theirs = DedupeOptions.toObject(DedupeOptions.decode(content), { defaults: true });
      expect({ code, ours }, content.toString('hex')).toEqual({ code: 'none', ours: theirs });
      accepted++;
    }
    expect(accepted).toBeGreaterThan(10_000);
  });
});
