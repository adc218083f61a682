import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parseDayFormat } from '#tacet/contacts/cells/day-format.js';
import { LF } from '#tacet/contacts/cells/rows.js';
import { CHARSET_ASCII, CHARSET_UTF8, CHARSET_WINDOWS_1252 } from '#tacet/contacts/cells/text.js';
import { OUTCOME_ROW_STRUCTURE } from '#tacet/contacts/judge/outcome.js';
import { allocateBlocks, blockAt } from '#tacet/contacts/scan/block-memory.js';
import { BlockModule } from '#tacet/contacts/scan/block-module.js';
import { BlockScanner } from '#tacet/contacts/scan/scan.js';
import type { ScanPlan } from '#tacet/contacts/scan/scan-plan.js';
import { writeWindows1252 } from '#tacet/disk/encodings/windows-1252.js';
import { readPhoneNumber } from '#tacet/phone/read.js';
import {
  CHARACTERS,
  ELSEWHERE,
  FOREIGN,
  MOBILE,
  NO_NUMBERS,
  SHORT,
  WRITINGS,
} from '../../phone/expectations.ts';
import { writing } from '../../phone/generate.ts';
import { randomFrom, readQuestion } from '../scan/scenario.ts';

/**
 * Phone cells as a run reads them, in WebAssembly where they are written in a usual way, against
 * `readPhoneNumber` in JavaScript.
 */

type Random = (below: number) => number;

const CELLS_MAX = 4096;
const sizes = {
  ...{ threads: 1, rowsMax: CELLS_MAX, headBytes: 100, blocksMax: 2 },
  ...{ slots: 1, columnsMax: 8 },
  blockBytes: CELLS_MAX * 400,
};
const memory = allocateBlocks(sizes);
const module = new BlockModule(memory, 0);
const address = blockAt(sizes, 0);
const block = Buffer.from(memory.memory.buffer, address, sizes.blockBytes);

/** The phone number is in the second of three columns. */
const ROLES = Uint8Array.of(0, 1, 0);

interface Reading {
  readonly charset: number;
  readonly belgian: boolean;
}

/**
 * The keys of cells as a run reads them, 0 for what is no number; null where the row is in doubt,
 * because of lines or NULs in the cell.
 */
function readByScanner(cells: readonly Buffer[], { charset, belgian }: Reading): (number | null)[] {
  const plan: ScanPlan = {
    shape: { separator: 0x3b, lineEnd: LF, columns: 3, roles: ROLES, rowBytesMax: 1000 },
    ...{ charset, belgian, belgianBesideEmpty: belgian, countrySlot: null },
    ...{ dialled: 1, optInSlots: [], dayFormat: parseDayFormat('YYYY-MM-DD') },
    ...{ lookUp: new Uint8Array(3), emptiesCells: false, batchNumbers: CELLS_MAX },
    ...{ wanted: [false, false, false], separator: ';' },
  };
  const scanner = new BlockScanner(plan, memory, module);
  let end = 0;
  for (const cell of cells) {
    end += block.write('x;', end);
    end += cell.copy(block, end);
    end += block.write(';x\n', end);
  }
  const range = { start: 0, end, final: false };
  const { findings, origins, requests } = scanner.scan(address, range);
  const { outcomes } = module.rowsOf(address);
  expect([findings.rows, findings.uneven, findings.problem]).toEqual([cells.length, 0, 0]);
  const keys = requests.flatMap(({ request }) => readQuestion(request).keys);
  // A number, or the reason why it is none.
  const unread = new Map([...origins.unreadAt].map((at, index) => [at, origins.unread[index]]));
  expect(keys.every((key, index) => key > 0 !== (unread.get(index) ?? 0) > 0)).toBe(true);
  const asked = new Map(
    keys.map((key, index) => [origins.onePerRow ? index : (origins.rows[index] ?? -1), key]),
  );
  expect(asked.size + findings.rowsInDoubt).toBe(cells.length);
  return cells.map((cell, row) => {
    const key = asked.get(row);
    if (key !== undefined) return key;
    expect(outcomes[row]).toBe(OUTCOME_ROW_STRUCTURE);
    expect(/[\n\r\0]/.test(cell.toString('latin1'))).toBe(true);
    return null;
  });
}

const into = Buffer.alloc(2048);

/** What the text of a cell is read as by the reader for texts, 0 for what is no number. */
function readByReader(text: Buffer, { charset, belgian }: Reading): number {
  const asItIs = charset === CHARSET_UTF8 || (charset === CHARSET_ASCII && isUtf8(text));
  let end = 0;
  if (asItIs) end = text.copy(into);
  else for (const byte of text) end = writeWindows1252(into, end, byte);
  const key = readPhoneNumber(into, 0, end, belgian);
  if (key > 0) return key;
  // What spreadsheets wrap around it does not matter.
  const bare = into
    .toString('utf8', 0, end)
    .replace(/\p{Cc}/gu, '')
    .trim()
    .replace(/^'\s*/, '');
  const unwrapped = Buffer.from(/^="(.*)"$/s.exec(bare)?.[1]?.trim() ?? bare);
  return Math.max(0, readPhoneNumber(unwrapped, 0, unwrapped.length, belgian));
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
    let inDoubt = 0;
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
        if (keys[index] === null) inDoubt++;
        else if (keys[index] !== expected) {
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
    expect(inDoubt).toBeLessThan(cells / 50);
  });

  it.each([
    ['in Belgium', true, [...WRITINGS, ...FOREIGN, ...SHORT, ...NO_NUMBERS]],
    ['elsewhere', false, [...FOREIGN, ...ELSEWHERE]],
  ] as const)('as it is written out for %s, in quotes and without', (_, belgian, expectations) => {
    const texts = expectations.map(([text]) => Buffer.from(text));
    const results = expectations.map(([text, result]) => {
      const read = readByReader(Buffer.from(text), { charset: CHARSET_UTF8, belgian });
      // Control characters, an apostrophe and outer blanks do not matter in cells.
      const isWrapped = /[\p{Cc}']|^\s|\s$/u.test(text);
      if (!isWrapped) expect([text, read]).toEqual([text, Math.max(0, result)]);
      return read;
    });
    for (const charset of [CHARSET_UTF8, CHARSET_ASCII]) {
      const reading = { charset, belgian };
      const known = (keys: (number | null)[]) => keys.map((key, i) => key ?? results[i]);
      expect(known(readByScanner(texts.map(quoted), reading))).toEqual(results);
      const plain = texts.map((text) => (/[";\n]/.test(text.toString()) ? quoted(text) : text));
      expect(known(readByScanner(plain, reading))).toEqual(results);
    }
  });

  it('with characters of all scripts', () => {
    const texts = CHARACTERS.map(([, text]) => Buffer.from(text));
    const reading = { charset: CHARSET_UTF8, belgian: true };
    expect(readByScanner(texts, reading)).toEqual(texts.map(() => MOBILE));
  });
});
