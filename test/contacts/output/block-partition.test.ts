import { describe, expect, it } from 'vitest';
import { PRINTED_OUTCOMES } from '#tacet/contacts/judge/outcome.js';
import {
  allocateBlocks,
  blockAt,
  headAt,
  writtenBytes,
} from '#tacet/contacts/scan/block-memory.js';
import { BlockModule } from '#tacet/contacts/scan/block-module.js';
import { randomFrom } from '../scan/scenario.ts';

const BLOCK_BYTES = 4096;
const sizes = {
  ...{ threads: 2, rowsMax: 5000, slots: 1, columnsMax: 64 },
  ...{ headBytes: 100, blockBytes: BLOCK_BYTES, blocksMax: 4 },
};
const KINDS = ['callable', 'blocked', 'undecided'];
const OUTCOMES = PRINTED_OUTCOMES.flatMap((printed, outcome) => (printed ? [outcome] : []));

interface DrawnRow {
  /** Content that is kept, cells that are dropped, and the line end. */
  readonly content: string;
  readonly dropped: string;
  readonly lineEnd: string;
  readonly pads: number;
  readonly isOpen: boolean;
  readonly outcome: number;
}

function drawRows(seed: number): DrawnRow[] {
  const random = randomFrom(seed);
  return Array.from({ length: 1 + random(100) }, (_, index) => {
    const long = random(40) === 0 ? random(300) : random(40);
    const isOpen = random(20) === 0;
    return {
      content: 'abcdefghijklmnopqrstuvwxyz'.repeat(12).slice(0, long),
      dropped: isOpen ? '' : ([';', ';; ;', '', '', ''][random(5)] ?? ''),
      lineEnd: isOpen ? '' : (['\n', '\r\n', '\r', index === 0 ? '' : '\n'][random(4)] ?? ''),
      pads: random(3) === 0 ? random(20) : 0,
      isOpen,
      outcome: OUTCOMES[random(OUTCOMES.length)] ?? 1,
    };
  });
}

/** Rows put by the obvious rule: strings, one by one. */
function byTheRule(rows: readonly DrawnRow[], wanted: readonly boolean[]) {
  const written = ['', '', ''];
  const counts = [0, 0, 0];
  for (const { content, dropped, lineEnd, pads, isOpen, outcome } of rows) {
    const { kind = '', verdict, reason } = PRINTED_OUTCOMES[outcome] ?? {};
    const index = KINDS.indexOf(kind);
    if (wanted[index] !== true) continue;
    counts[index] = (counts[index] ?? 0) + 1;
    const added = `${isOpen ? '"' : ''}${';'.repeat(pads)};${verdict};${reason}`;
    written[index] += content + (index === 0 ? dropped : added) + lineEnd;
  }
  return { written, counts };
}

/** Writes rows into the module as if they had been scanned, and into the block. */
function put(module: BlockModule, block: Buffer, rows: readonly DrawnRow[]): void {
  const into = module.rowsOf(block.byteOffset);
  let at = 0;
  rows.forEach(({ content, dropped, lineEnd, pads, isOpen, outcome }, row) => {
    into.starts[row] = at;
    into.contentEnds[row] = at + content.length;
    at += block.write(content + dropped + lineEnd, at, 'latin1');
    into.ends[row] = at;
    into.pads[row] = isOpen ? ~pads : pads;
    into.outcomes[row] = outcome;
  });
}

describe('the partition of a block', () => {
  const blocks = allocateBlocks(sizes);
  const { buffer } = blocks.memory;
  const textOf = ({ start, end }: { start: number; end: number }) =>
    Buffer.from(buffer, start, end - start).toString('latin1');

  it('puts every row where its outcome says, padded, its cells before its line end', () => {
    const module = new BlockModule(blocks, 1);
    for (let seed = 1; seed <= 3000; seed++) {
      const rows = drawRows(seed);
      if (rows.reduce((sum, row) => sum + row.content.length + 8, 0) > BLOCK_BYTES) continue;
      const wanted = KINDS.map((_, kind) => seed % 3 > 0 || ((seed >> kind) & 1) === 1);
      module.partition.setOutputs(wanted, ';');
      const address = blockAt(blocks.sizes, seed % 3);
      const block = Buffer.from(buffer, address, BLOCK_BYTES).fill('#');
      put(module, block, rows);
      // The area of the next block must stay as it is.
      const behind = Buffer.from(buffer, blockAt(blocks.sizes, (seed % 3) + 1), 16).fill('#');
      const part = module.partition.put(address, rows.length);
      const expected = byTheRule(rows, wanted);
      const label = `seed ${seed}`;
      expect(part.rows, label).toBe(rows.length);
      expect(part.written.map(textOf), label).toEqual(expected.written);
      expect(
        part.written.map((output) => output.rows),
        label,
      ).toEqual(expected.counts);
      expect(behind.toString(), label).toBe('#'.repeat(16));
    }
  });

  it('takes no more rows than have room, and any one row', () => {
    const module = new BlockModule(blocks, 0);
    module.partition.setOutputs([true, true, true], ';');
    const address = blockAt(sizes, 0);
    const block = Buffer.from(buffer, address, BLOCK_BYTES);
    const row = { content: '', dropped: '', lineEnd: '\n', pads: 0, isOpen: false, outcome: 20 };
    put(module, block, Array(4000).fill(row));
    // A line end and `;not-covered;foreign`; three gaps of 32 stay free.
    const fit = Math.floor((writtenBytes(sizes) - 96) / 21);
    const part = module.partition.put(address, 4000);
    expect([part.rows, part.written[2]?.rows]).toEqual([fit, fit]);
    const whole = { ...row, content: 'x'.repeat(BLOCK_BYTES), lineEnd: '', pads: 63, isOpen: true };
    put(module, block, [{ ...whole, outcome: 50 }]);
    expect(module.partition.put(address, 1).rows).toBe(1);
    // The first block may be longer, but no longer row is in it.
    put(module, Buffer.from(buffer, headAt(sizes), 100), Array(100).fill(row));
    expect(module.partition.put(headAt(sizes), 100).rows).toBe(100);
  });

  it.each([0, 5, 9, 22, 42, 52, 63])(
    'stops before a row of outcome %i, which is none',
    (outcome) => {
      const module = new BlockModule(blocks, 0);
      module.partition.setOutputs([true, true, true], ';');
      const address = blockAt(sizes, 0);
      const row = { content: 'x', dropped: '', lineEnd: '\n', pads: 0, isOpen: false };
      const block = Buffer.from(buffer, address, BLOCK_BYTES);
      put(
        module,
        block,
        [1, 1, outcome, 1].map((of) => ({ ...row, outcome: of })),
      );
      expect(module.partition.put(address, 4).rows).toBe(2);
      put(module, block, [{ ...row, outcome }]);
      expect(module.partition.put(address, 1).rows).toBe(0);
    },
  );
});
