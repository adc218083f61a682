import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtomicFile } from '../../disk/atomic-file.ts';
import { ioError } from '../../errors.ts';
import { TILE_HEIGHT, TILE_WIDTH, tilePath, tilesOf } from '../format/tiles.ts';
import type { TreeNode } from '../format/tree.ts';
import { readNodes } from './index-file.ts';
import { type ReadLedger, walk } from './walk.ts';

/**
 * Writes a log as the static files of c2sp.org/tlog-tiles: `checkpoint`, tiles of hashes and tiles
 * of entries; an erased entry has no bytes. Returns how many files it wrote. Errors: those of
 * `walk`; ERR_IO.
 */
export async function exportTiles(ledger: ReadLedger, out: string): Promise<number> {
  let files = await exportEntries(ledger, out);
  for (let level = 0; ; level++) {
    const tiles = tilesOf(level, ledger.head.size);
    if (tiles.length === 0) break;
    for (const tile of tiles) {
      const first = tile.number * TILE_WIDTH;
      const nodes = Array.from(
        { length: tile.width },
        (_, place): TreeNode => ({ level: level * TILE_HEIGHT, number: first + place }),
      );
      const read = await readNodes(ledger.files.index, nodes);
      await write(join(out, tilePath(tile)), nodes.map(read));
      files++;
    }
  }
  // Last: a head is there once all that it promises is.
  await write(join(out, 'checkpoint'), [Buffer.from(ledger.head.text)]);
  return files + 1;
}

async function exportEntries(ledger: ReadLedger, out: string): Promise<number> {
  const tiles = tilesOf('entries', ledger.head.size);
  let entries: Buffer[] = [];
  let written = 0;
  for await (const { bytes = Buffer.alloc(0) } of walk(ledger)) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    entries.push(Buffer.concat([length, bytes]));
    const tile = tiles[written];
    if (tile === undefined || entries.length < tile.width) continue;
    await write(join(out, tilePath(tile)), entries);
    entries = [];
    written++;
  }
  return written;
}

async function write(path: string, parts: readonly Buffer[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((cause) => {
    throw ioError(path, 'write', cause);
  });
  const file = await AtomicFile.create(path);
  try {
    await file.write(Buffer.concat(parts));
    await file.sync();
    await file.publish();
  } finally {
    await file.discard();
  }
}
