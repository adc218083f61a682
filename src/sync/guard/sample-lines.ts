/** Random lines of a text, read again from disk with the general line reader. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ioError } from '../../errors.ts';
import type { Layout } from '../../source/layout/layout.ts';
import { lineEndOf, type Span, textEndOf } from '../../source/line-ends.ts';
import { LineReader } from '../../source/lines.ts';
import { readTrailer } from '../../source/trailer.ts';

const BOM_BYTES = 3;
/** Twice the longest line that packing accepts, so that a whole line begins in the first half. */
const WINDOW_BYTES = 2 * 1_024 + 4;

/** A line of the source, as a number and its registration. */
interface SampledLine {
  /** Its first byte. */
  readonly place: number;
  readonly key: number;
  /** Epoch day; 0 = unknown. */
  readonly day: number;
}

interface SampleOptions {
  readonly bytes: number;
  readonly layout: Layout;
  /** A later registration makes a line malformed. */
  readonly snapshotDay: number;
  readonly count: number;
  /** Whether packing tolerated malformed lines; if not, an unreadable line gets key 0. */
  readonly mayBeMalformed: boolean;
  readonly seed: number;
}

/**
 * Reads up to `count` random lines of a text; the same seed picks the same lines. Skips tolerated
 * malformed lines, the header, the trailer and blank lines. Memory: the sample only.
 * Errors: ERR_IO.
 */
export async function sampleLines(path: string, options: SampleOptions): Promise<SampledLine[]> {
  const { bytes, layout, snapshotDay, count } = options;
  const reader = new LineReader(layout, snapshotDay);
  const window = Buffer.alloc(WINDOW_BYTES);
  const lines: SampledLine[] = [];
  try {
    const handle = await open(path, 'r');
    try {
      for (let taken = 0; taken < count; taken++) {
        const from = placeOf(options.seed, taken, bytes);
        const { bytesRead } = await handle.read(window, 0, WINDOW_BYTES, from);
        const at = lineIn(window.subarray(0, bytesRead), from, layout);
        if (at === null) continue;
        const isRead = reader.read(window, at.start, at.end) === null;
        if (!isRead && isTrailer(window, at, layout)) continue;
        if (!isRead && options.mayBeMalformed) continue;
        // 0 is on no list: a line that packing could read but this cannot counts as not found.
        const line = isRead ? { key: reader.key, day: reader.day } : { key: 0, day: 0 };
        lines.push({ place: from + at.start, ...line });
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw ioError(path, 'read the source again', cause);
  }
  return lines;
}

/** The first whole line that begins in a window; at the start of the text, its first line. */
function lineIn(window: Buffer, from: number, layout: Layout): Span | null {
  const isFirst = from === 0 && !layout.header;
  const { lineEnd } = layout;
  const before = isFirst ? 0 : lineEndOf(window, 0, window.length, lineEnd) + 1;
  const start = isFirst && layout.bom ? BOM_BYTES : before;
  if (start >= window.length) return null;
  const feed = lineEndOf(window, start, window.length, lineEnd);
  if (feed === window.length) return null;
  const end = textEndOf(window, start, feed, lineEnd);
  return end > start ? { start, end } : null;
}

function isTrailer(window: Buffer, line: Span, { trailer: form, encoding }: Layout): boolean {
  return form !== undefined && readTrailer(window, line, { form, encoding }) !== null;
}

/** A whole number below `limit`, up to 2^48, the same for the same seed and index. */
function placeOf(seed: number, index: number, limit: number): number {
  const digest = createHash('sha256').update(`${seed} ${index}`).digest();
  return digest.readUIntBE(0, 6) % limit;
}
