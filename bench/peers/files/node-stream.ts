/**
 * A tuned script, as a good Node programmer would write it: one thread, blocks of bytes, a `Set`.
 *
 *     node build/bench/peers/node-stream.js LIST_KEYS.csv CONTACTS.csv CALLABLE BLOCKED
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

const BLOCK_BYTES = 1 << 20;
const LINE_FEED = 0x0a;
const SEMICOLON = 0x3b;
const PHONE_COLUMN = 2;

const [listPath = '', inputPath = '', callablePath = '', blockedPath = ''] = process.argv.slice(2);

/** Output gathered into blocks. */
class Output {
  readonly #file: number;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(source: Buffer, from: number, to: number): void {
    if (this.#bytes + to - from > BLOCK_BYTES) this.#flush();
    const block = this.#block;
    // Lines are short: a loop costs less than a call of copy(). In range, by the test above.
    let at = this.#bytes;
    for (let index = from; index < to; index++) block[at++] = source[index]!;
    this.#bytes = at;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#block, 0, this.#bytes);
    this.#bytes = 0;
  }
}

/** National numbers: small integers, which a `Set` finds twice as fast as doubles. */
function readNationals(path: string): Set<number> {
  const nationals = new Set<number>();
  const bytes = readFileSync(path);
  let key = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!; // In range: the loop ends at the length.
    if (byte !== LINE_FEED) key = key * 10 + byte - 0x30;
    else {
      nationals.add(key < 32_000_000_000 ? key - 3_200_000_000 : key - 32_000_000_000);
      key = 0;
    }
  }
  return nationals;
}

/** The national number in the digits from `from` on, up to the next separator. */
function nationalAt(bytes: Buffer, from: number): number {
  let value = 0;
  let digits = 0;
  let zeros = 0;
  for (let at = from; ; at++) {
    const byte = bytes[at]!; // In range: every line ends with a line feed.
    if (byte === SEMICOLON || byte === LINE_FEED) break;
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) continue;
    if (digits === 0 && digit === 0) {
      zeros++;
      continue;
    }
    value = value * 10 + digit;
    digits++;
  }
  if (zeros === 1 || digits < 10) return value;
  // 32 and the number, or 32, a zero and the number.
  const eight = digits === 10 || (digits === 11 && value < 32_100_000_000);
  return value % (eight ? 100_000_000 : 1_000_000_000);
}

/** Where the line that begins at `line` ends, or -1 if not before `end`. */
function lineEnd(bytes: Buffer, line: number, end: number): number {
  // In range: the loop ends at `end`. A loop costs less than a call out of JavaScript per line.
  for (let at = line; at < end; at++) if (bytes[at]! === LINE_FEED) return at;
  return -1;
}

function columnAt(bytes: Buffer, line: number): number {
  let at = line;
  // In range: every line has more columns than are skipped.
  for (let skip = PHONE_COLUMN; skip > 0; at++) if (bytes[at]! === SEMICOLON) skip--;
  return at;
}

/** Divides the whole lines of the first `bytes` of a block; returns where the rest begins. */
function divide(
  block: Buffer,
  bytes: number,
  nationals: ReadonlySet<number>,
  { callable, blocked }: { callable: Output; blocked: Output },
): number {
  let line = 0;
  for (let end = lineEnd(block, 0, bytes); end >= 0; end = lineEnd(block, line, bytes)) {
    const listed = nationals.has(nationalAt(block, columnAt(block, line)));
    (listed ? blocked : callable).write(block, line, end + 1);
    line = end + 1;
  }
  return line;
}

function main(): void {
  const nationals = readNationals(listPath);
  const callable = new Output(callablePath);
  const blocked = new Output(blockedPath);
  const file = openSync(inputPath, 'r');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let held = readSync(file, block, 0, BLOCK_BYTES, null);
  // The header goes to both.
  const header = block.indexOf(LINE_FEED) + 1;
  callable.write(block, 0, header);
  blocked.write(block, 0, header);
  block.copyWithin(0, header, held);
  held -= header;
  for (let got = 1; got > 0; ) {
    const rest = divide(block, held, nationals, { callable, blocked });
    block.copyWithin(0, rest, held);
    held -= rest;
    got = readSync(file, block, held, BLOCK_BYTES - held, null);
    held += got;
  }
  closeSync(file);
  callable.close();
  blocked.close();
}

main();
