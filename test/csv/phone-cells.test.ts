import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { BlockKernel } from '#tacet/csv/block-kernel.js';
import { allocateBlocks, blockAt } from '#tacet/csv/block-memory.js';
import { CHARSET_ASCII, CHARSET_UTF8, CHARSET_WINDOWS_1252 } from '#tacet/csv/cells.js';
import { parseDayFormat } from '#tacet/csv/day-format.js';
import { BlockScanner } from '#tacet/csv/scan.js';
import { readPhoneNumber } from '#tacet/phone/read.js';
import { writeWindows1252 } from '#tacet/text/windows-1252.js';
import {
  CHARACTERS,
  ELSEWHERE,
  FOREIGN,
  MOBILE,
  NO_NUMBERS,
  SHORT,
  WRITINGS,
} from '../phone/expectations.ts';
import { writing } from '../phone/generate.ts';
import { randomFrom } from './scenario.ts';

/**
 * Phone cells as a run reads them, in WebAssembly where they are written in a usual way, against
 * `readPhoneNumber` in JavaScript.
 */

type Random = (below: number) => number;

const CELLS_MAX = 4096;
const sizes = {
  ...{ threads: 1, rowsMax: 1000, partRowsMax: 1, headBytes: 100, blocksMax: 2 },
  blockBytes: CELLS_MAX * 400,
};
const memory = allocateBlocks(sizes);
const kernel = new BlockKernel(memory, 0);
const address = blockAt(sizes, 0);
const block = Buffer.from(memory.memory.buffer, address, sizes.blockBytes);

interface Reading {
  readonly charset: number;
  readonly belgian: boolean;
}

/** The keys of cells as a run reads them, 0 for what is no number. */
function readByScanner(cells: readonly Buffer[], { charset, belgian }: Reading): number[] {
  const keys: number[] = [];
  const words = new Uint32Array(sizes.rowsMax * 2);
  const match = (count: number) => {
    for (let i = 0; i < count; i++)
      keys.push((words[i * 2 + 1] ?? 0) * 2 ** 32 + (words[i * 2] ?? 0));
    return new Uint8Array(count).fill(1);
  };
  const plan = {
    shape: { separator: 0x3b, phoneColumn: 1, optInColumn: -1, rowBytesMax: 1000 },
    ...{ charset, belgian, dayFormat: parseDayFormat('YYYY-MM-DD'), hasOptIns: false },
    ...{ columnCount: 3, partition: { wanted: [], cells: [] } },
  };
  const scanner = new BlockScanner(plan, memory, kernel, {
    ...{ words, match, optInDays: new Uint32Array(sizes.rowsMax) },
  });
  let end = 0;
  for (const cell of cells) {
    end += block.write('x;', end);
    end += cell.copy(block, end);
    end += block.write(';x\n', end);
  }
  const found = scanner.scan(address, { start: 0, end, final: false });
  expect([found.rowEnds.length, found.unevenCount, found.problem]).toEqual([cells.length, 0, 0]);
  return keys;
}

const into = Buffer.alloc(2048);

/** What the text of a cell is read as by the reader for texts, 0 for what is no number. */
function readByReader(text: Buffer, { charset, belgian }: Reading): number {
  const asItIs = charset === CHARSET_UTF8 || (charset === CHARSET_ASCII && isUtf8(text));
  if (asItIs) return Math.max(0, readPhoneNumber(text, 0, text.length, belgian));
  let end = 0;
  for (const byte of text) end = writeWindows1252(into, end, byte);
  return Math.max(0, readPhoneNumber(into, 0, end, belgian));
}

function quoted(text: Buffer): Buffer {
  return Buffer.from(`"${text.toString('latin1').replaceAll('"', '""')}"`, 'latin1');
}

/** Lengths at which a loop over 16 or 64 bytes, or a limit, may go wrong. */
const BORDERS = [15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 66, 67, 68, 79, 80, 127, 128, 129];
const FILLINGS = [' ', '.', '/', '-', '0', '9', '\t', '(', '\u00a0', '\u200e', '\u0663', '"'];
const BEGINNINGS = ['32', '32 ', '320', '+32', '+32 (0)', '+32(0)', '0032', '0032 (0)', '00', '+'];

function drawText(random: Random): Buffer {
  let text = writing(random);
  const kind = random(16);
  if (kind === 0) {
    const length = BORDERS[random(BORDERS.length)] ?? 0;
    const filling = FILLINGS[random(FILLINGS.length)] ?? '';
    const missing = Math.max(0, length - Buffer.byteLength(text));
    const filled = filling.repeat(Math.ceil(missing / Buffer.byteLength(filling)));
    text = random(2) === 0 ? text + filled : filled + text;
  } else if (kind < 3) {
    text = BEGINNINGS[random(BEGINNINGS.length)] ?? '';
    for (let digits = random(12); digits > 0; digits--) text += random(10);
  } else if (kind === 3) text = `tel:${text}`;
  // One byte a character, or several.
  const bytes = Buffer.from(text, random(5) === 0 ? 'latin1' : 'utf8');
  const damage = random(12);
  if (damage === 0 && bytes.length > 0) bytes[random(bytes.length)] = 0x80 + random(128);
  if (damage === 1 && bytes.length > 0) bytes[random(bytes.length)] = random(256);
  return damage === 2 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
}

/** As it stands in a file; in quotes where it has to be, and sometimes where not. */
function cellOf(random: Random, text: Buffer): Buffer {
  const needsQuotes = text[0] === 0x22 || text.includes(';') || text.includes('\n');
  return needsQuotes || random(8) === 0 ? quoted(text) : text;
}

const READINGS: Reading[] = [CHARSET_UTF8, CHARSET_ASCII, CHARSET_WINDOWS_1252].flatMap((charset) =>
  [true, false].map((belgian) => ({ charset, belgian })),
);

describe('phone cells are read as readPhoneNumber reads their text', () => {
  it('in over a million writings, whatever the encoding and the region', {
    timeout: 120_000,
  }, () => {
    let cells = 0;
    let numbers = 0;
    let beyond = 0;
    for (let seed = 1; cells < 1_000_000; seed++) {
      const random = randomFrom(seed);
      const texts = Array.from({ length: CELLS_MAX }, () => drawText(random));
      // National writing is the harder one: two thirds of all.
      const reading = READINGS[[0, 2, 4, 0, 1, 3, 5, 4, 2][seed % 9] ?? 0] as Reading; // one of six
      const keys = readByScanner(
        texts.map((text) => cellOf(random, text)),
        reading,
      );
      texts.forEach((text, index) => {
        const expected = readByReader(text, reading);
        if (keys[index] !== expected) {
          const told = { seed, reading, bytes: text.toString('latin1') };
          expect({ ...told, key: keys[index] }).toEqual({ ...told, key: expected });
        }
        if (expected > 0) numbers++;
        if (text.some((byte) => byte >= 0x80)) beyond++;
      });
      cells += CELLS_MAX;
    }
    expect(numbers).toBeGreaterThan(400_000);
    expect(cells - numbers).toBeGreaterThan(200_000);
    expect(beyond).toBeGreaterThan(100_000);
  });

  it.each([
    ['in Belgium', true, [...WRITINGS, ...FOREIGN, ...SHORT, ...NO_NUMBERS]],
    ['elsewhere', false, [...FOREIGN, ...ELSEWHERE]],
  ] as const)('as it is written out for %s, in quotes and without', (_, belgian, expectations) => {
    const texts = expectations.map(([text]) => Buffer.from(text));
    const results = expectations.map(([, result]) => Math.max(0, result));
    for (const charset of [CHARSET_UTF8, CHARSET_ASCII]) {
      const reading = { charset, belgian };
      expect(readByScanner(texts.map(quoted), reading)).toEqual(results);
      const plain = texts.map((text) => (/[";\n]/.test(text.toString()) ? quoted(text) : text));
      expect(readByScanner(plain, reading)).toEqual(results);
    }
  });

  it('with characters of all scripts', () => {
    const texts = CHARACTERS.map(([, text]) => Buffer.from(text));
    const reading = { charset: CHARSET_UTF8, belgian: true };
    expect(readByScanner(texts, reading)).toEqual(texts.map(() => MOBILE));
  });
});
