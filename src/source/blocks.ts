import { textTooLarge } from '../disk/unpack.ts';
import { TacetError } from '../errors.ts';
import type { SourceFile } from './file.ts';

/** Bytes read at once. */
const BLOCK_BYTES = 1_048_576;

/** An open source and the limits for reading it. */
export interface SourceText {
  readonly file: SourceFile;
  /** The longest line, without its line end: at most this much of a block may be left over. */
  readonly lineBytesMax: number;
  /** The most bytes of text, decompressed. */
  readonly sourceBytesMax: number;
}

/**
 * Reads a source from its beginning, block by block. `take` gets the leftover and the new bytes,
 * and returns how many it consumed, or null to stop; `meet` gets each new byte once. Returns the
 * length of the whole text in bytes.
 */
export async function forEachBlock(
  text: SourceText,
  take: (bytes: Uint8Array, length: number, isLast: boolean) => number | null,
  meet: (fresh: Uint8Array, isFirst: boolean) => void = () => {},
): Promise<number> {
  const { file, lineBytesMax, sourceBytesMax } = text;
  const reading = file.startReading();
  const buffer = new Uint8Array(BLOCK_BYTES + lineBytesMax + 1);
  let left = 0;
  let total = 0;
  try {
    for (;;) {
      const read = await reading.read(buffer, left, BLOCK_BYTES);
      const fresh = buffer.subarray(left, left + read);
      checkText(fresh, file.path, total === 0);
      meet(fresh, total === 0);
      total += read;
      if (total > sourceBytesMax) throw textTooLarge(sourceBytesMax, file.path);
      const isLast = read < BLOCK_BYTES;
      const used = take(buffer, left + read, isLast);
      if (used === null || isLast) return total;
      buffer.copyWithin(0, used, left + read);
      left += read - used;
    }
  } finally {
    await reading.close();
  }
}

/** Refuses bytes that no text with one byte per digit contains. */
export function checkText(bytes: Uint8Array, path: string, isFirst: boolean): void {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const nulAt = bytes.indexOf(0);
  if (!(isFirst && isUtf16) && nulAt === -1) return;
  const every = nulAt !== -1 && bytes[nulAt + 2] === 0 && bytes[nulAt + 1] !== 0;
  const isWide = isFirst && (isUtf16 || (nulAt <= 1 && every));
  throw new TacetError('ERR_SOURCE_FILE', {
    what: isWide ? 'the file is UTF-16' : 'the file holds NUL bytes: it is binary, not text',
    expected: 'UTF-8 or windows-1252 text',
    where: path,
    fix: isWide ? 'Convert it to UTF-8' : 'Name the txt file itself',
  });
}
