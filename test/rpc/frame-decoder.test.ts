import { StreamDecoder } from '@grpc/grpc-js/build/src/stream-decoder.js';
import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '#tacet/rpc/frame-decoder.js';
import { MessageBuffers } from '#tacet/rpc/message-buffers.js';
import { Random } from '#tacet/sample/random.js';

/** A message of `bytes` that differs by `seed`, with its head. */
function message(bytes: number, seed: number): Buffer {
  const random = new Random(seed, 3);
  const framed = Buffer.alloc(5 + bytes);
  framed.writeUInt32BE(bytes, 1);
  for (let i = 5; i < framed.length; i++) framed[i] = random.below(256);
  return framed;
}

function framesOf(stream: Buffer, size: () => number): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const bytes = size();
    // Copies: a frame may only be read until write returns.
    frames.push(Buffer.from(stream.subarray(at, at + bytes)));
    at += bytes;
  }
  return frames;
}

describe('the decoder of frames', () => {
  const sizes = [0, 1, 4091, 4092, 20_475, 20_476, 65_550, 0, 200_000, 300_000, 12, 1_000_000];

  it.each([1, 5, 4096, 16_384, 3_000_000])(
    'puts messages together from frames of %i bytes',
    (size) => {
      const messages = sizes.map((bytes, index) => message(bytes, index));
      const decoder = new FrameDecoder(1_000_000, new MessageBuffers());
      const got: Buffer[] = [];
      for (const frame of framesOf(Buffer.concat(messages), () => size)) {
        got.push(...decoder.write(frame));
      }
      expect(got.map((bytes) => bytes.length)).toEqual(messages.map(({ length }) => length));
      expect(Buffer.concat(got).equals(Buffer.concat(messages))).toBe(true);
    },
  );

  it('gives the messages of grpc-js, however they are cut, in buffers that are used again', () => {
    const buffers = new MessageBuffers(1 << 20);
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed, 4);
      const stream = Buffer.concat(
        Array.from({ length: 20 }, (_, index) =>
          message(random.below(random.chance(0.3) ? 300_000 : 6000), seed * 100 + index),
        ),
      );
      const ours = new FrameDecoder(1 << 20, buffers);
      const theirs = new StreamDecoder(1 << 20);
      for (const frame of framesOf(stream, () => 1 + random.below(40_000))) {
        const expected = theirs.write(frame);
        const got = ours.write(Buffer.from(frame));
        expect(got.length, `seed ${seed}`).toBe(expected.length);
        got.forEach((bytes, index) => {
          expect(bytes.equals(expected[index] ?? Buffer.alloc(0)), `seed ${seed}`).toBe(true);
          buffers.give(bytes);
        });
      }
    }
  });

  it('refuses a message over the limit, and all that follows', () => {
    const decoder = new FrameDecoder(10, new MessageBuffers());
    expect(decoder.write(message(10, 1))).toHaveLength(1);
    const refusal = expect.objectContaining({
      code: 'ERR_LIMIT',
      message: expect.stringContaining('expected at most 10 bytes, got 11'),
    });
    expect(() => decoder.write(message(11, 1))).toThrowError(refusal);
    expect(() => decoder.write(message(1, 1))).toThrowError(refusal);
  });

  it('gives no room for what was only announced', () => {
    const buffers = new MessageBuffers();
    const taken: number[] = [];
    const take = buffers.take.bind(buffers);
    buffers.take = (bytes) => {
      taken.push(bytes);
      return take(bytes);
    };
    const decoder = new FrameDecoder(1 << 30, buffers);
    decoder.write(Buffer.of(0, 0x40, 0, 0, 0));
    decoder.write(Buffer.alloc(16_384));
    expect(Math.max(...taken)).toBeLessThan(100_000);
  });
});

describe('the buffers of messages', () => {
  it('hands a buffer that came back out again, and no other', () => {
    const buffers = new MessageBuffers();
    const first = buffers.take(60_000);
    expect(first.length).toBeGreaterThanOrEqual(60_000);
    const second = buffers.take(60_000);
    expect(second.buffer).not.toBe(first.buffer);
    buffers.give(first.subarray(5, 100));
    expect(buffers.owns(first)).toBe(false);
    expect(buffers.take(70_000).buffer).toBe(first.buffer);
    expect(buffers.owns(second)).toBe(true);
  });

  it('takes a buffer back once, and none of others', () => {
    const buffers = new MessageBuffers();
    const mine = buffers.take(30_000);
    buffers.give(Buffer.alloc(40_960));
    buffers.give(mine);
    buffers.give(mine);
    expect(buffers.take(30_000).buffer).toBe(mine.buffer);
    expect(buffers.take(30_000).buffer).not.toBe(mine.buffer);
  });

  it('keeps no more than it may', () => {
    const buffers = new MessageBuffers(50_000);
    const [first, second, third] = [1, 2, 3].map(() => buffers.take(20_000));
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    for (const buffer of [first, second, third]) buffers.give(buffer);
    const again = [1, 2, 3].map(() => buffers.take(20_000).buffer);
    expect(again).toContain(first.buffer);
    expect(again).toContain(second.buffer);
    expect(again).not.toContain(third.buffer);
  });
});
