import { describe, expect, it } from 'vitest';
import {
  CR,
  LF,
  NO_SEPARATOR,
  ROLE_BEYOND,
  ROLE_LOOKED_AT,
  ROWS_OK,
  type RowRange,
  type RowShape,
} from '#tacet/contacts/cells/rows.js';
import {
  allocateBlocks,
  blockAt,
  candidatesMaxOf,
  TABLE_ROWS,
} from '#tacet/contacts/scan/block-memory.js';
import { BlockModule } from '#tacet/contacts/scan/block-module.js';
import {
  countLinesReference,
  lastRowEndReference,
  type ReferenceScan,
  scanReference,
} from './reference-rows.ts';
import { randomFrom } from './scenario.ts';

type Random = (below: number) => number;

const BLOCK_BYTES = 4096;
const SLOTS = 4;
const sizes = {
  threads: 2,
  rowsMax: 5000,
  slots: SLOTS,
  columnsMax: 64,
  headBytes: 100,
  blockBytes: BLOCK_BYTES,
  blocksMax: 3,
};
const LIMITS = { rowsMax: TABLE_ROWS, candidatesMax: candidatesMaxOf(sizes) };

/** All that a scan found from row `from` of the block on. */
function found(module: BlockModule, block: number, range: RowRange, from: number) {
  const counts = module.scan(block, range, from);
  const { starts, contentEnds, ends, pads } = module.rowsOf(block);
  const behind = from + counts.rows;
  return {
    counts,
    rows: [starts, contentEnds, ends, pads].map((all) => [...all.subarray(from, behind)]),
    doubts: [...module.doubts.subarray(0, counts.rows)],
    slots: module.slots.map((slot) => [
      [...slot.starts.subarray(0, counts.rows)],
      [...slot.ends.subarray(0, counts.rows)],
    ]),
    candidates: [...module.candidates.subarray(0, counts.candidates * 4)],
  };
}

/** The same of the reference. */
function expectedOf(scan: ReferenceScan, { roles }: RowShape) {
  const { rows, problem, doubtful, uneven, candidates, pads, quotedLines } = scan;
  const slots = Array.from({ length: SLOTS }, (_, slot) => roles.indexOf(slot + 1));
  return {
    counts: {
      ...{ rows: rows.length, problem, doubtful, uneven, pads, quotedLines },
      candidates: candidates.length,
    },
    rows: [
      rows.map(({ start }) => start),
      rows.map(({ contentEnd }) => contentEnd),
      rows.map(({ end }) => end),
      rows.map((row) => row.pads),
    ],
    doubts: rows.map(({ doubts }) => doubts),
    slots: slots.map((column) => [
      rows.map(({ cells }) => cells[column]?.start ?? 0),
      rows.map(({ cells }) => cells[column]?.end ?? 0),
    ]),
    candidates: candidates.flat(),
  };
}

/** A block of what files are made of, quotes in every place. */
function drawBlock(random: Random, separator: string, lineEnds: readonly string[]): Buffer {
  const pieces = ['"', '""', '"a', 'a"', '" ', '\r', '\n', '\0', 'é', ';', ',', ' ', '\t'];
  const numbers = ['0475123451', ' +32 475 12 34 51', '"0475123451"', "'0475123451", '\u00a0'];
  const long = ['x'.repeat(40), '  '.repeat(20), 'y'.repeat(15), 'z'.repeat(63)];
  // Most blocks are mostly whole cells; some are mostly damage.
  const damage = [4, 20, 60][random(3)] ?? 4;
  const length = random(400);
  let text = '';
  for (let i = 0; i < length; i++) {
    if (random(100) < damage) text += pieces[random(pieces.length)];
    else {
      const kind = random(12);
      if (kind < 4) text += separator;
      else if (kind < 6) text += lineEnds[random(lineEnds.length)];
      else if (kind < 8) text += 'abc0475 '.slice(random(8));
      else if (kind === 8) text += numbers[random(numbers.length)];
      else if (kind === 9) text += `"a${separator}b${lineEnds[0]}${'0'.repeat(random(10))}"`;
      else if (random(4) === 0) text += long[random(long.length)];
    }
  }
  return Buffer.from(text).subarray(0, BLOCK_BYTES);
}

function drawShape(random: Random): { shape: RowShape; separator: string; lineEnds: string[] } {
  const separator = [',', ';', '\t', '|', ' ', '~'][random(6)] ?? ',';
  const columns = 1 + random(6);
  const named = random(4) === 0 ? 1 + random(columns) : columns;
  const roles = Uint8Array.from({ length: columns }, (_, column) =>
    column < named ? ([0, ROLE_LOOKED_AT, ROLE_LOOKED_AT][random(3)] ?? 0) : ROLE_BEYOND,
  );
  for (let slot = 0; slot < SLOTS; slot++) if (random(2) === 0) roles[random(named)] = slot + 1;
  const lineEnd = random(3) === 0 ? CR : LF;
  const shape = {
    separator: random(20) === 0 ? NO_SEPARATOR : separator.charCodeAt(0),
    lineEnd,
    columns,
    roles,
    rowBytesMax: random(6) === 0 ? 60 : 4096,
  };
  const lineEnds = lineEnd === CR ? ['\r'] : ([['\n'], ['\r\n'], ['\n', '\r\n']][random(3)] ?? []);
  return { shape, separator, lineEnds };
}

describe('the scanner of blocks', () => {
  const blocks = allocateBlocks(sizes);
  const module = new BlockModule(blocks, 1);

  /** Writes the bytes into some block; what lies behind them must decide nothing. */
  function place(random: Random, bytes: Buffer, separator: string): number {
    const address = blockAt(blocks.sizes, random(3));
    const room = Buffer.from(blocks.memory.buffer, address, BLOCK_BYTES);
    room.fill(['\n', '"', separator, '\r', '\0'][random(5)] ?? '\n');
    bytes.copy(room);
    return address;
  }

  it('finds what a plain reading finds, in every block', { timeout: 120_000 }, () => {
    const seen = { rows: 0, candidates: 0, doubts: 0, open: 0, trimmed: 0, lost: 0 };
    const problems = new Set<number>();
    for (let seed = 1; seed <= 6000; seed++) {
      const random = randomFrom(seed);
      const { shape, separator, lineEnds } = drawShape(random);
      const bytes = drawBlock(random, separator, lineEnds);
      const block = place(random, bytes, separator);
      module.setShape(shape);
      const start = random(Math.min(bytes.length, 80) + 1);
      const range = { start, end: bytes.length, final: random(2) === 0 };
      const from = random(3) * 100;
      const expected = scanReference(bytes, range, shape, LIMITS);
      const label = `seed ${seed}`;
      expect(found(module, block, range, from), label).toEqual(expectedOf(expected, shape));
      const rows = expected.rows.length;
      const known = expected.filled.slice(0, shape.columns);
      const filled = known.map((_, column) => module.countFilled(block, from, rows, column));
      expect(filled, label).toEqual(known);
      problems.add(expected.problem);
      seen.rows += expected.rows.length;
      seen.candidates += expected.candidates.length;
      for (const { doubts, pads, contentEnd, end, cells } of expected.rows) {
        seen.doubts |= doubts;
        if (pads < 0) seen.open++;
        if (contentEnd < end && cells.length > shape.columns) seen.trimmed++;
      }
    }
    expect(seen.rows).toBeGreaterThan(50_000);
    expect(seen.candidates).toBeGreaterThan(5000);
    expect(seen.doubts).toBe(63);
    expect(seen.open).toBeGreaterThan(100);
    expect(seen.trimmed).toBeGreaterThan(1000);
    expect([...problems].sort()).toEqual([0, 1]);
  });

  it('sees every byte wherever it lies in its windows of 16 and 64', () => {
    const shape = { separator: 0x3b, lineEnd: LF, columns: 3, rowBytesMax: 4096 };
    const roles = Uint8Array.of(1, ROLE_LOOKED_AT, 2);
    module.setShape({ ...shape, roles });
    const random = randomFrom(7);
    const parts = ['"', '""', '"\n"', ';', '\r\n', '\n', '\r', '\0', '"a;b"', '" x', '0475123456'];
    for (let before = 0; before < 140; before += before < 90 ? 1 : 7) {
      for (const part of parts) {
        for (const behind of ['', ';', '\n', '"', '\r', 'x;0475123456\n']) {
          const text = `${'x'.repeat(before)}${part}${behind}${'y'.repeat(random(3))};z\n`;
          for (const prefix of ['', ';', '"', '"q";', 'r\n']) {
            const bytes = Buffer.from(prefix + text);
            const block = place(random, bytes, ';');
            for (const final of [true, false]) {
              const range = { start: 0, end: bytes.length, final };
              const expected = scanReference(bytes, range, { ...shape, roles }, LIMITS);
              const got = found(module, block, range, 0);
              // `expect` is slow.
              const wanted = expectedOf(expected, { ...shape, roles });
              if (JSON.stringify(got) !== JSON.stringify(wanted)) {
                expect({ text: bytes.toString(), got }).toEqual({
                  text: bytes.toString(),
                  got: wanted,
                });
              }
            }
          }
        }
      }
    }
  });

  it('takes at most 8,000 rows and no more candidates than have room, and goes on behind', () => {
    const columns = 20;
    const wide = { ...sizes, blockBytes: 1 << 21, rowsMax: 20_000 };
    const memory = allocateBlocks(wide);
    const own = new BlockModule(memory, 0);
    const block = blockAt(wide, 1);
    const roles = new Uint8Array(columns).fill(ROLE_LOOKED_AT);
    const shape = { separator: 0x3b, lineEnd: LF, columns, roles, rowBytesMax: 4096 };
    const rows = Array.from({ length: 12_000 }, (_, row) =>
      Array(columns)
        .fill(row < 1500 ? '0475123456' : 'x')
        .join(';'),
    );
    const bytes = Buffer.from(`${rows.join('\n')}\n`);
    bytes.copy(Buffer.from(memory.memory.buffer, block, wide.blockBytes));
    own.setShape(shape);
    const takes: number[] = [];
    let from = 0;
    for (let start = 0; start < bytes.length; ) {
      const range = { start, end: bytes.length, final: true };
      const expected = scanReference(bytes, range, shape, LIMITS);
      const got = found(own, block, range, from);
      expect(got.counts.problem).toBe(ROWS_OK);
      expect(got).toEqual(expectedOf(expected, shape));
      takes.push(got.counts.rows);
      from += got.counts.rows;
      start = expected.end;
    }
    // (16,384 + 64 - 20) / 20 candidates a row, and one row that may still begin.
    expect(takes).toEqual([822, 8000, 3178]);
  });

  it('finds the end of the last whole row, as a plain reading does', { timeout: 120_000 }, () => {
    let cut = 0;
    for (let seed = 1; seed <= 6000; seed++) {
      const random = randomFrom(seed);
      const { shape, separator, lineEnds } = drawShape(random);
      const bytes = drawBlock(random, separator, lineEnds);
      const block = place(random, bytes, separator);
      const range = { start: random(Math.min(bytes.length, 80) + 1), end: bytes.length };
      const expected = lastRowEndReference(bytes, range, shape);
      expect(module.lastRowEnd(block, range, shape), `seed ${seed}`).toBe(expected);
      if (expected < bytes.length && expected > range.start) cut++;
    }
    expect(cut).toBeGreaterThan(2000);
  });

  it('counts the lines of any stretch of a block', () => {
    let lines = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomFrom(seed);
      const { shape, separator, lineEnds } = drawShape(random);
      const bytes = drawBlock(random, separator, lineEnds);
      const block = place(random, bytes, separator);
      const start = random(bytes.length + 1);
      const end = start + random(bytes.length - start + 1);
      const { lineEnd } = shape;
      const expected = countLinesReference(bytes.subarray(start, end), lineEnd);
      expect(module.countLines(block, { start, end }, lineEnd), `seed ${seed}`).toBe(expected);
      lines += expected;
    }
    expect(lines).toBeGreaterThan(30_000);
  });
});
