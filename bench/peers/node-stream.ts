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
    source.copy(this.#block, this.#bytes, from, to);
    this.#bytes += to - from;
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

function readKeys(path: string): Set<number> {
  const keys = new Set<number>();
  let key = 0;
  for (const byte of readFileSync(path)) {
    if (byte !== LINE_FEED) key = key * 10 + byte - 0x30;
    else {
      keys.add(key);
      key = 0;
    }
  }
  return keys;
}

/** The digits from `from` on, up to the next separator, as an E.164 key; 0 where they are none. */
function keyAt(bytes: Buffer, from: number): number {
  let value = 0;
  let digits = 0;
  let zeros = 0;
  for (let at = from; ; at++) {
    const byte = bytes[at]!; // In range: every line ends with a line feed.
    if (byte === SEMICOLON || byte === LINE_FEED) break;
    const digit = byte - 0x30;
    if (digit < 0 || digit > 9) continue;
    if (digits === 0 && digit === 0) zeros++;
    else {
      value = value * 10 + digit;
      digits++;
    }
  }
  if (zeros === 1 || digits < 10) return digits === 8 ? 3.2e9 + value : 3.2e10 + value;
  // 32 and the number, or 32, a zero and the number.
  const national = digits === 10 || (digits === 11 && value < 32_100_000_000) ? 8 : 9;
  return national === 8 ? 3.2e9 + (value % 1e8) : 3.2e10 + (value % 1e9);
}

function main(): void {
  const keys = readKeys(listPath);
  const callable = new Output(callablePath);
  const blocked = new Output(blockedPath);
  const file = openSync(inputPath, 'r');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let held = 0;
  let first = true;
  for (;;) {
    const bytes = held + readSync(file, block, held, BLOCK_BYTES - held, null);
    if (bytes === held) break;
    let line = 0;
    for (;;) {
      const end = block.indexOf(LINE_FEED, line);
      if (end < 0 || end >= bytes) break;
      let column = line;
      for (let skip = 0; skip < PHONE_COLUMN; skip++) column = block.indexOf(SEMICOLON, column) + 1;
      const out = !first && keys.has(keyAt(block, column)) ? blocked : callable;
      out.write(block, line, end + 1);
      if (first) blocked.write(block, line, end + 1);
      first = false;
      line = end + 1;
    }
    block.copyWithin(0, line, bytes);
    held = bytes - line;
  }
  closeSync(file);
  callable.close();
  blocked.close();
}

main();
