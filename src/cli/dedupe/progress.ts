import { withCommas } from '../print.ts';

const REDRAW_MS = 200;
const BAR_CELLS = 24;

/**
 * A line on a terminal that shows rows, rate and time left; silent without a terminal.
 * `dedupeFiles` calls `update` with rows, bytes read, and bytes in all (0 = unknown).
 */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #isShown: boolean;
  readonly #startMs = performance.now();
  #drawnMs = 0;

  constructor(stream: NodeJS.WriteStream, isQuiet: boolean) {
    this.#stream = stream;
    this.#isShown = stream.isTTY && !isQuiet;
  }

  readonly update = (rows: number, bytes: number, inputBytes: number): void => {
    if (!this.#isShown) return;
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#stream.write(`\r\x1b[K${progressLine(rows, bytes, inputBytes, nowMs - this.#startMs)}`);
  };

  /** Clears the line. */
  end(): void {
    if (this.#isShown) this.#stream.write('\r\x1b[K');
  }
}

function progressLine(rows: number, bytes: number, inputBytes: number, elapsedMs: number): string {
  const rate = Math.round(rows / Math.max(elapsedMs / 1000, 0.001));
  const counted = `${withCommas(rows)} rows  ${withCommas(rate)} rows/s`;
  if (inputBytes === 0) return counted;
  const share = Math.min(1, bytes / inputBytes);
  const filled = Math.round(share * BAR_CELLS);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_CELLS - filled);
  const leftMs = share > 0 ? (elapsedMs / share) * (1 - share) : 0;
  return `[${bar}] ${Math.floor(share * 100)} %  ${counted}  ${timeLeft(leftMs)} left`;
}

function timeLeft(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
