import { describe, expect, it } from 'vitest';
import { decodeErrorInfo, encodeErrorInfo } from '#tacet/wire/error-info.js';

const INFO = { reason: 'ERR_LIMIT', domain: 'tacet', metadata: { limit: 'numbers', max: '10' } };

/** A field of bytes: its tag and one byte of length. */
function field(number: number, ...parts: (string | Buffer)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.of((number << 3) | 2, content.length), content]);
}

describe('the details of a status', () => {
  it('are a google.rpc.Status with an ErrorInfo, byte for byte', () => {
    const info = Buffer.concat([
      field(1, 'ERR_LIMIT'),
      field(2, 'tacet'),
      field(3, field(1, 'limit'), field(2, 'numbers')),
      field(3, field(1, 'max'), field(2, '10')),
    ]);
    const any = field(3, field(1, 'type.googleapis.com/google.rpc.ErrorInfo'), field(2, info));
    const expected = Buffer.concat([Buffer.of(0x08, 8), field(2, 'too many'), any]);
    expect(encodeErrorInfo(8, 'too many', INFO)).toEqual(expected);
  });

  it('are read as they were written, with nothing beside the reason too', () => {
    expect(decodeErrorInfo(encodeErrorInfo(8, 'too many', INFO))).toEqual(INFO);
    const bare = { ...INFO, metadata: {} };
    expect(decodeErrorInfo(encodeErrorInfo(9, '', bare))).toEqual(bare);
  });

  it('of somebody else are none of ours', () => {
    const theirs = { ...INFO, domain: 'googleapis.com' };
    expect(decodeErrorInfo(encodeErrorInfo(8, 'x', theirs))).toBeUndefined();
    const other = field(3, field(1, 'type.googleapis.com/google.rpc.Help'), field(2, 'x'));
    expect(decodeErrorInfo(other)).toBeUndefined();
    expect(decodeErrorInfo(new Uint8Array(0))).toBeUndefined();
  });

  it('that are damaged are none, and never throw', () => {
    const whole = encodeErrorInfo(8, 'too many', INFO);
    for (let end = 0; end < whole.length; end++) {
      expect(decodeErrorInfo(whole.subarray(0, end)), `${end}`).toBeUndefined();
    }
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      expect(() => decodeErrorInfo(damaged), `${at}`).not.toThrow();
    }
  });
});
