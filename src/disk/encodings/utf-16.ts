import { TextDecoder } from 'node:util';
import { TacetError } from '../../errors.ts';

/** The two UTF-16 encodings of contact files, always with a byte order mark. */
export type Utf16 = 'utf-16le' | 'utf-16be';

/** Bytes of the mark. */
const MARK_BYTES = 2;

/** Which UTF-16 a file is in, if any, by its first bytes. */
export function utf16Of(head: Uint8Array): Utf16 | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : undefined;
}

/**
 * UTF-16 as UTF-8, without the mark. Writing it back gives the same bytes.
 * Errors: those of `chunks`, and ERR_CSV for invalid UTF-16: half a character.
 */
export async function* utf8Of(
  chunks: AsyncIterable<Buffer>,
  encoding: Utf16,
  name: string,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  let mark = MARK_BYTES;
  const decode = (bytes: Uint8Array, stream: boolean) => {
    try {
      return Buffer.from(decoder.decode(bytes, { stream }));
    } catch (cause) {
      throw new TacetError('ERR_CSV', {
        what: 'invalid UTF-16 despite its byte order mark: half a character',
        where: name,
        fix: 'Save the file again, as CSV UTF-8',
        cause,
      });
    }
  };
  for await (const chunk of chunks) {
    const cut = Math.min(mark, chunk.length);
    mark -= cut;
    yield decode(chunk.subarray(cut), true);
  }
  yield decode(new Uint8Array(0), false);
}

/** UTF-8 text as UTF-16, a whole number of characters at a time. */
export function utf16From(bytes: Uint8Array, encoding: Utf16): Buffer {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const written = Buffer.from(text, 'utf16le');
  return encoding === 'utf-16le' ? written : written.swap16();
}

/** The byte order mark of this encoding. */
export function markOf(encoding: Utf16): Buffer {
  return Buffer.from(encoding === 'utf-16le' ? [0xff, 0xfe] : [0xfe, 0xff]);
}
