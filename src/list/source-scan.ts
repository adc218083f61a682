/**
 * From the blocks of a source to its entries: line ends, the header, blank lines, the count of
 * malformed lines, and which of the two readers takes a line.
 */
import { TacetError } from '../errors.ts';
import { describeLayout, type Layout } from './layout.ts';
import { Entries } from './radix.ts';
import { type FastProgress, type FastShape, fastShapeOf, scanFast } from './source-fast.ts';
import { LineReader, shapeOfBytes } from './source-lines.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BOM_BYTES = 3;
/** So many line numbers an error shows. */
const SHOWN_LINES = 5;

/** A malformed line that was let pass. */
export interface BadLine {
  /** 1-based, the header counted. */
  readonly lineNumber: number;
  /** Why, in one clause; user data as a shape. */
  readonly reason: string;
}

/** How a source is to be read. */
export interface ReadingOptions {
  readonly layout: Layout;
  readonly badLinesMax: number;
  /** Epoch day; a later registration is malformed. */
  readonly dayMax: number;
}

/** What a scan is told besides. */
export interface ScanOptions extends ReadingOptions {
  readonly path: string;
  /** A line beyond it, its line end not counted, is malformed. */
  readonly lineBytesMax: number;
}

/** Takes the bytes of one source from beginning to end. */
export class SourceScan {
  readonly entries = new Entries();
  readonly badLines: BadLine[] = [];
  /** Lines of numbers: all but the header and blank lines at the end. */
  lines = 0;
  /** The newest registration, 0 = no known date, and the line of its first appearance. */
  newestDay = 0;
  newestLine = 0;
  readonly #options: ScanOptions;
  readonly #reader: LineReader;
  readonly #fast: FastShape | null;
  readonly #progress: FastProgress = { position: 0, newestDay: 0, newestAt: 0 };
  /** Line ends passed. */
  #lineNumber = 0;
  /** Blank lines passed since the last other line: only at the end of the file may there be any. */
  #blankLines = 0;
  #started = false;
  /** Inside of a line that was too long, up to its line end. */
  #skipping = false;

  constructor(options: ScanOptions) {
    this.#options = options;
    this.#reader = new LineReader(options.layout, options.dayMax);
    this.#fast = fastShapeOf(options.layout);
  }

  /**
   * Scans the whole lines of `bytes[0, length)` and returns how many bytes they take; what is left
   * comes again in front of the next block. The first block holds the BOM if there is one.
   *
   * @throws ERR_SOURCE_LINE at the first malformed line too many
   */
  scan(bytes: Uint8Array, length: number): number {
    let position = this.#begin();
    if (this.#skipping) {
      position = lineEndOf(bytes, position, length) + 1;
      if (position > length) return length;
      this.#skipping = false;
    }
    for (;;) {
      position = this.#scanFast(bytes, position, length);
      const end = lineEndOf(bytes, position, length);
      if (end === length) break;
      this.#line(bytes, position, end, true);
      position = end + 1;
    }
    if (length - position <= this.#options.lineBytesMax + 1) return position;
    this.#line(bytes, position, length, true);
    this.#skipping = true;
    return length;
  }

  /** Takes the last line, `bytes[0, length)`, if the file does not end in a line end. */
  finish(bytes: Uint8Array, length: number): void {
    const position = this.#begin();
    if (!this.#skipping && position < length) this.#line(bytes, position, length, false);
    this.#checkNotEmpty();
  }

  #begin(): number {
    const skip = !this.#started && this.#options.layout.bom ? BOM_BYTES : 0;
    this.#started = true;
    return skip;
  }

  #scanFast(bytes: Uint8Array, start: number, length: number): number {
    const { layout, dayMax } = this.#options;
    if (this.#fast === null || this.#blankLines > 0) return start;
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

  /** One line, `ended` by a line feed or by the end of the file. */
  #line(bytes: Uint8Array, start: number, end: number, ended: boolean): void {
    this.#lineNumber++;
    const { layout } = this.#options;
    const returned = end > start && bytes[end - 1] === CARRIAGE_RETURN;
    const textEnd = returned ? end - 1 : end;
    if (textEnd === start) {
      this.#blankLines++;
      return;
    }
    if (this.#blankLines > 0) this.#refuseBlankLines();
    const drift = this.#driftOf(textEnd - start, returned, ended);
    if (layout.header && this.#lineNumber === 1 && drift === null) {
      this.#checkHeader(bytes, start, textEnd);
      return;
    }
    this.lines++;
    if (drift === null) this.#entry(bytes, start, textEnd);
    else this.#malformed(this.#lineNumber, drift);
  }

  /** What is wrong with a line before it is looked into. The last may lack its line end. */
  #driftOf(textBytes: number, returned: boolean, ended: boolean): string | null {
    const { layout, lineBytesMax } = this.#options;
    if (textBytes > lineBytesMax) return `the line is longer than ${lineBytesMax} bytes`;
    if (returned === (layout.lineEnd === 'crlf') || !(ended || returned)) return null;
    const expected = layout.lineEnd.toUpperCase();
    const got = returned ? 'CRLF' : 'LF';
    return `drifts from the layout: expected the line end ${expected}, got ${got}`;
  }

  #entry(bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    const reason = reader.read(bytes, start, end);
    if (reason !== null) {
      this.#malformed(this.#lineNumber, reason);
      return;
    }
    this.entries.add(reader.key, reader.day);
    if (reader.day > this.newestDay) {
      this.newestDay = reader.day;
      this.newestLine = this.#lineNumber;
    }
  }

  /** A header that reads as a registration would be a number that is lost. */
  #checkHeader(bytes: Uint8Array, start: number, end: number): void {
    if (this.#reader.read(bytes, start, end) !== null) return;
    throw new TacetError('ERR_SOURCE_LAYOUT', {
      what: 'the layout has a header, but this line reads as a number of the list',
      got: shapeOfBytes(bytes, start, end),
      where: `${this.#options.path}:1`,
      fix: 'Set "header" to false in the layout',
    });
  }

  #refuseBlankLines(): void {
    const first = this.#lineNumber - this.#blankLines;
    for (let index = 0; index < this.#blankLines; index++) {
      this.lines++;
      this.#malformed(first + index, 'the line is blank');
    }
    this.#blankLines = 0;
  }

  #malformed(lineNumber: number, reason: string): void {
    const { path, badLinesMax, layout } = this.#options;
    this.badLines.push({ lineNumber, reason });
    if (this.badLines.length <= badLinesMax) return;
    if (badLinesMax === 0) {
      throw new TacetError('ERR_SOURCE_LINE', {
        what: `malformed line: ${reason}`,
        where: `${path}:${lineNumber}`,
        fix:
          `The layout is: ${describeLayout(layout)}. Fetch the file again, give its layout with ` +
          '--layout, or let malformed lines pass with --bad-lines-max',
      });
    }
    const [first] = this.badLines;
    const shown = this.badLines.slice(0, SHOWN_LINES).map((line) => line.lineNumber);
    throw new TacetError('ERR_SOURCE_LINE', {
      what:
        `${this.badLines.length} malformed lines up to line ${lineNumber}, more than the ` +
        `${badLinesMax} allowed: lines ${shown.join(', ')}` +
        `${this.badLines.length > SHOWN_LINES ? ', ...' : ''}; the first: ${first?.reason}`,
      where: `${path}:${first?.lineNumber}`,
      fix: `The layout is: ${describeLayout(layout)}. Fetch the file again or give its layout`,
    });
  }

  #checkNotEmpty(): void {
    if (this.lines > 0) return;
    throw emptySource(this.#options.path, this.#lineNumber > this.#blankLines);
  }
}

/** The error of a source without a number: packed, it would let every number be called. */
export function emptySource(path: string, hasHeader: boolean): TacetError {
  return new TacetError('ERR_SOURCE_FILE', {
    what: hasHeader ? 'the file holds a header and no number' : 'the file is empty',
    where: path,
    fix: 'Fetch the file again',
  });
}

/** Where the line that begins at `start` ends: its line feed, or `length` if there is none. */
export function lineEndOf(bytes: Uint8Array, start: number, length: number): number {
  let at = start;
  while (at < length && bytes[at] !== LINE_FEED) at++;
  return at;
}
