/**
 * Turns the blocks of a source into entries: handles line ends, the header and blank lines, counts
 * malformed lines, and decides which of the two readers takes a line.
 */
import { TacetError } from '../errors.ts';
import { layoutAdvice } from './advice.ts';
import { type BadLine, emptySource, noTrailer, tooManyMalformed, wrongCount } from './errors.ts';
import { type FastProgress, type FastShape, fastShapeOf, scanFast } from './fast-scan.ts';
import type { Layout, LineEnd } from './layout/layout.ts';
import { lineEndOf, metLineEnd, textEndOf } from './line-ends.ts';
import { LineReader, shapeOfBytes } from './lines.ts';
import { Entries } from './radix.ts';
import { findTrailer, readTrailer, type Trailer } from './trailer.ts';

const CARRIAGE_RETURN = 0x0d;
const BOM_BYTES = 3;

/** How to read a source. */
export interface ReadingOptions {
  readonly layout: Layout;
  /** Whether the layout was detected: if so, the last line may be a trailer. */
  readonly isDetected: boolean;
  readonly badLinesMax: number;
  /** Epoch day; a later registration is malformed. */
  readonly dayMax: number;
}

/** Further options of a scan. */
interface ScanOptions extends ReadingOptions {
  readonly path: string;
  /** A longer line, not counting its line end, is malformed. */
  readonly lineBytesMax: number;
}

/** Why a line is malformed, whatever its content. */
interface Drift {
  readonly reason: string;
  /** The line's own line end, if that is the reason. */
  readonly lineEnd: LineEnd | null;
}

/** A line that is the trailer, or malformed if another line follows. */
interface Held {
  readonly trailer: Trailer;
  readonly lineNumber: number;
  /** Blank lines before it. */
  readonly blankLines: number;
  readonly reason: string;
}

/** Takes the bytes of one source from beginning to end. */
export class SourceScan {
  readonly entries = new Entries();
  readonly badLines: BadLine[] = [];
  /** Lines of numbers: all but the header, the trailer and blank lines at the end. */
  lines = 0;
  /** The newest registration, 0 = no known date, and the line where it first appears. */
  newestDay = 0;
  newestLine = 0;
  readonly #options: ScanOptions;
  readonly #reader: LineReader;
  readonly #fast: FastShape | null;
  readonly #progress: FastProgress = { position: 0, newestDay: 0, newestAt: 0 };
  /** Line ends passed. */
  #lineNumber = 0;
  /** Blank lines since the last other line: they are allowed only at the end of the file. */
  #blankLines = 0;
  /** Malformed lines that were blank: trailers do not count them. */
  #blankRefused = 0;
  #held: Held | null = null;
  /** How the first malformed line could be read. */
  #advice: string | null = null;
  #started = false;
  /** Within a line that is too long, up to its line end. */
  #skipping = false;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#reader = new LineReader(options.layout, options.dayMax);
    this.#fast = fastShapeOf(options.layout);
  }

  /**
   * Scans the whole lines of `bytes[0, length)` and returns their length in bytes; the rest comes
   * again before the next block. The first block holds the BOM if there is one.
   * Errors: ERR_SOURCE_LINE at the first malformed line too many.
   */
  scan(bytes: Uint8Array, length: number): number {
    let position = this.#begin();
    if (this.#skipping) {
      position = lineEndOf(bytes, position, length, this.#options.layout.lineEnd) + 1;
      if (position > length) return length;
      this.#skipping = false;
    }
    for (;;) {
      position = this.#scanFast(bytes, position, length);
      const end = lineEndOf(bytes, position, length, this.#options.layout.lineEnd);
      if (end === length) break;
      this.#line(bytes, position, end, true);
      position = end + 1;
    }
    if (length - position <= this.#options.lineBytesMax + 1) return position;
    this.#line(bytes, position, length, true);
    this.#skipping = true;
    return length;
  }

  /**
   * Takes the last line, `bytes[0, length)`, if the file does not end in a line end. Returns the
   * form of the trailer, or null if there is none.
   * Errors: ERR_SOURCE_LINE; ERR_SOURCE_FILE if no number was read, or the trailer is missing or
   * its count is wrong.
   */
  finish(bytes: Uint8Array, length: number): string | null {
    const position = this.#begin();
    if (!this.#skipping && position < length) this.#line(bytes, position, length, false);
    const { path, layout } = this.#options;
    if (this.lines === 0) throw emptySource(path, this.#lineNumber > this.#blankLines);
    const held = this.#held;
    if (held === null) {
      if (layout.trailer === undefined) return null;
      throw noTrailer(path, layout.trailer);
    }
    const { trailer, lineNumber } = held;
    const records = this.lines - this.#blankRefused;
    if (trailer.count === records) return trailer.form;
    throw wrongCount(`${path}:${lineNumber}`, trailer, records);
  }

  #begin(): number {
    const skip = !this.#started && this.#options.layout.bom ? BOM_BYTES : 0;
    this.#started = true;
    return skip;
  }

  #scanFast(bytes: Uint8Array, start: number, length: number): number {
    const { layout, dayMax } = this.#options;
    if (this.#fast === null || this.#blankLines > 0 || this.#held !== null) return start;
    if (layout.header && this.#lineNumber === 0) return start;
    const progress = this.#progress;
    progress.position = start;
    progress.newestDay = this.newestDay;
    for (;;) {
      progress.newestAt = 0;
      const read = scanFast(bytes, length, this.#fast, this.entries, dayMax, progress);
      if (progress.newestAt > 0) this.newestLine = this.#lineNumber + progress.newestAt;
      this.newestDay = progress.newestDay;
      this.#lineNumber += read;
      this.lines += read;
      if (this.entries.blockCount < this.entries.blockEntries) return progress.position;
      this.entries.nextBlock();
    }
  }

  /** Takes one line. `ended` is false only if the end of the file ends it. */
  #line(bytes: Uint8Array, start: number, end: number, ended: boolean): void {
    this.#lineNumber++;
    const { layout } = this.#options;
    const textEnd = textEndOf(bytes, start, end, layout.lineEnd);
    const met = metLineEnd(bytes, { start, textEnd, end }, ended);
    // If lines end with CR, a line feed by itself is drift, not a blank line.
    if (textEnd === start && (met === layout.lineEnd || layout.lineEnd !== 'cr')) {
      this.#blankLines++;
      return;
    }
    if (this.#held !== null) this.#refuseHeld(this.#held);
    const drift = this.#driftOf(bytes, start, textEnd, met);
    if (layout.header && this.#lineNumber === 1 && drift === null) {
      this.#checkHeader(bytes, start, textEnd);
      return;
    }
    const reason = drift === null ? this.#reader.read(bytes, start, textEnd) : drift.reason;
    if (reason !== null && drift === null && this.#hold(bytes, start, textEnd, reason)) return;
    this.#refuseBlankLines(this.#lineNumber);
    this.lines++;
    if (reason === null) this.#entry();
    else this.#malformed(this.#lineNumber, reason, this.#adviceFor(bytes, start, textEnd, drift));
  }

  /** What is wrong with a line before its content is read. The last may lack its line end. */
  #driftOf(bytes: Uint8Array, start: number, end: number, met: LineEnd | null): Drift | null {
    const { layout, lineBytesMax } = this.#options;
    const expected = layout.lineEnd;
    const isLong = end - start > lineBytesMax;
    // A file with CR line ends is one long line if only line feeds count.
    const mayBeCr = expected !== 'cr' && (isLong || this.lines === 0);
    const isCr = mayBeCr && bytes.subarray(start, end).includes(CARRIAGE_RETURN);
    const got = isCr ? 'cr' : met;
    if (got !== null && got !== expected && (isCr || !isLong)) {
      const names = `expected the line end ${expected.toUpperCase()}, got ${got.toUpperCase()}`;
      return { reason: `drifts from the layout: ${names}`, lineEnd: got };
    }
    const reason = `the line is longer than ${lineBytesMax} bytes`;
    return isLong ? { reason, lineEnd: null } : null;
  }

  #entry(): void {
    const { key, day } = this.#reader;
    this.entries.add(key, day);
    if (day > this.newestDay) {
      this.newestDay = day;
      this.newestLine = this.#lineNumber;
    }
  }

  /**
   * Keeps a malformed line that may be the trailer. Lines that read as a registration never get
   * here, so no number is taken for a trailer.
   */
  #hold(bytes: Uint8Array, start: number, end: number, reason: string): boolean {
    const { layout, isDetected } = this.#options;
    const { encoding, trailer: form } = layout;
    let trailer: Trailer | null = null;
    if (form !== undefined) trailer = readTrailer(bytes, { start, end }, { form, encoding });
    else if (isDetected && this.lines > 0) trailer = findTrailer(bytes, { start, end }, encoding);
    if (trailer === null) return false;
    this.#held = { trailer, reason, lineNumber: this.#lineNumber, blankLines: this.#blankLines };
    this.#blankLines = 0;
    return true;
  }

  /** Another line follows, so the possible trailer is malformed. */
  #refuseHeld({ lineNumber, blankLines, reason }: Held): void {
    const behind = this.#blankLines;
    this.#held = null;
    this.#blankLines = blankLines;
    this.#refuseBlankLines(lineNumber);
    this.lines++;
    this.#malformed(lineNumber, reason, null);
    this.#blankLines = behind;
  }

  /** Refuses a header that reads as a registration: its number would be lost. */
  #checkHeader(bytes: Uint8Array, start: number, end: number): void {
    if (this.#reader.read(bytes, start, end) !== null) return;
    throw new TacetError('ERR_SOURCE_LAYOUT', {
      what: 'the layout has a header, but this line reads as a number of the list',
      got: shapeOfBytes(bytes, start, end),
      where: `${this.#options.path}:1`,
      fix: 'Set "header" to false in the layout',
    });
  }

  /** Refuses the blank lines before the line `lineNumber`, which is not blank. */
  #refuseBlankLines(lineNumber: number): void {
    const first = lineNumber - this.#blankLines;
    for (let index = 0; index < this.#blankLines; index++) {
      this.lines++;
      this.#blankRefused++;
      this.#malformed(first + index, 'the line is blank', null);
    }
    this.#blankLines = 0;
  }

  /** Only the first malformed line gets advice: trying is slow, and only its advice is shown. */
  #adviceFor(bytes: Uint8Array, start: number, end: number, drift: Drift | null): string | null {
    const { layout, isDetected } = this.#options;
    if (this.badLines.length > 0) return null;
    if (drift === null) {
      return layoutAdvice({ bytes, start, end, lineNumber: this.#lineNumber }, layout, isDetected);
    }
    // If the layout was detected, other lines have its line end.
    return drift.lineEnd === null || isDetected ? null : `"lineEnd": "${drift.lineEnd}"`;
  }

  #malformed(lineNumber: number, reason: string, advice: string | null): void {
    if (this.badLines.length === 0) this.#advice = advice;
    this.badLines.push({ lineNumber, reason });
    if (this.badLines.length <= this.#options.badLinesMax) return;
    throw tooManyMalformed(this.#options, this.badLines, this.#advice);
  }
}
