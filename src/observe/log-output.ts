import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** How often lines that could not be written are tried again. */
const RETRY_MS = 250;
const LINE_END = Buffer.from('\n');

/**
 * Where a log goes. A line is written at once, but never waits for a reader: what a full pipe does
 * not take is kept, up to a limit. Beyond that, and while the disk is full or the reader gone,
 * lines are dropped and counted.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #bytesMax: number;
  readonly #onDropped: (lines: number) => void;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** The first that waits is the rest of a line. */
  #isRest = false;
  /** The last line that was written lacks its end, and will not get it. */
  #isTorn = false;
  #dropped = 0;
  /** Dropped since `onDropped` was called last. */
  #untold = 0;
  #isTelling = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param fd such as 2
   * @param bytesMax of lines that wait
   * @param onDropped logs how many lines are missing; called once lines can be written again
   */
  constructor(fd: number, bytesMax: number, onDropped: (lines: number) => void) {
    this.#fd = withoutWaiting(fd);
    this.#bytesMax = bytesMax;
    this.#onDropped = onDropped;
  }

  /** Lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a line with its end. Never throws. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > this.#bytesMax) {
      this.#drop(1);
    } else {
      this.#waiting.push(bytes);
      this.#waitingBytes += bytes.length;
    }
    this.#flush();
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#writeFirst());
    const isDone = this.#waiting.length === 0;
    if (isDone && this.#untold > 0 && !this.#isTelling) this.#tell();
    if (isDone && this.#untold === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, RETRY_MS).unref();
  }

  /** Returns false if the rest has to wait. */
  #writeFirst(): boolean {
    const [first = LINE_END] = this.#waiting;
    const bytes = this.#isTorn ? Buffer.concat([LINE_END, first]) : first;
    let written: number;
    try {
      written = writeSync(this.#fd, bytes);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return false;
      this.#giveUp();
      return true;
    }
    if (written > 0) this.#isTorn = false;
    this.#waitingBytes -= first.length;
    if (written === bytes.length) {
      this.#waiting.shift();
      this.#isRest = false;
      return true;
    }
    this.#waiting[0] = bytes.subarray(written);
    this.#waitingBytes += bytes.length - written;
    this.#isRest ||= written > 0;
    return false;
  }

  /** Drops all that waits: neither a reader nor room on a disk is in sight. */
  #giveUp(): void {
    this.#drop(this.#waiting.length);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#isTorn ||= this.#isRest;
    this.#isRest = false;
  }

  #drop(lines: number): void {
    this.#untold += lines;
    // The line that tells of them is none of them.
    if (!this.#isTelling) this.#dropped += lines;
  }

  #tell(): void {
    const lines = this.#untold;
    this.#untold = 0;
    this.#isTelling = true;
    this.#onDropped(lines);
    this.#isTelling = false;
    if (this.#untold > 0) this.#untold = lines;
  }
}

/**
 * A descriptor of the same file or pipe, written to without waiting. Descriptors that others share
 * stay as they are: only a socket cannot be opened again, and a log's has no other user.
 */
function withoutWaiting(fd: number): number {
  const stats = fstatSync(fd);
  if (stats.isSocket()) new Socket({ fd, readable: false, writable: true }).unref();
  if (!stats.isFIFO() && !stats.isCharacterDevice()) return fd;
  const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  } catch {
    // Without /proc, or a pipe that nobody reads.
    return fd;
  }
}
