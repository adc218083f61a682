import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AtomicFile } from '../../disk/atomic-file.ts';
import { hasCode, ioError } from '../../errors.ts';
import { partialFolder, TILE_HEIGHT, TILE_WIDTH, type Tile, tilePath } from '../format/tiles.ts';
import { GrowingTree } from '../format/tree.ts';
import { checkRoot, type ReadLedger, walk } from './walk.ts';

/**
 * Writes a log as the static files of c2sp.org/tlog-tiles: `checkpoint`, tiles of hashes and tiles
 * of entries; an erased entry has no bytes. Hashes are those of the entries, and lead to the signed
 * root. Partial tiles of an earlier export are removed: they may hold what was erased since.
 * Returns how many files it wrote. Errors: those of `walk`; ERR_LEDGER_ROLLED_BACK; ERR_IO.
 */
export async function exportTiles(ledger: ReadLedger, out: string): Promise<number> {
  const { files, head } = ledger;
  const tree = new GrowingTree();
  const entries = new TileRow(out, 'entries');
  const hashes: TileRow[] = [];
  for await (const { bytes = Buffer.alloc(0), leafHash } of walk(ledger)) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    await entries.add(Buffer.concat([length, bytes]));
    const nodes = tree.add(leafHash).filter((_, level) => level % TILE_HEIGHT === 0);
    for (const [level, node] of nodes.entries()) {
      hashes[level] ??= new TileRow(out, level);
      await hashes[level].add(node);
    }
  }
  checkRoot(head, tree, join(files.directory, 'checkpoint'));
  const rows = [entries, ...hashes];
  for (const row of rows) await row.finish();
  // Behind all that it promises, and before what only the head before it did.
  await write(join(out, 'checkpoint'), [Buffer.from(head.text)]);
  for (const row of rows) await row.sweep();
  return rows.reduce((sum, { files: written }) => sum + written, 1);
}

/** The tiles of one level, one after another. */
class TileRow {
  readonly #out: string;
  readonly #level: Tile['level'];
  #tiles = 0;
  #nodes: Buffer[] = [];

  constructor(out: string, level: Tile['level']) {
    this.#out = out;
    this.#level = level;
  }

  /** How many were written, once all are. */
  get files(): number {
    return this.#tiles + (this.#nodes.length > 0 ? 1 : 0);
  }

  async add(node: Buffer): Promise<void> {
    this.#nodes.push(node);
    if (this.#nodes.length < TILE_WIDTH) return;
    await this.finish();
    this.#nodes = [];
    this.#tiles++;
  }

  /** Writes the last tile, which is not full. */
  async finish(): Promise<void> {
    if (this.#nodes.length > 0) await write(join(this.#out, tilePath(this.#tile())), this.#nodes);
  }

  /** Removes the partial tiles that this export did not write. */
  async sweep(): Promise<void> {
    for (let number = 0; number <= this.#tiles; number++) {
      const folder = join(this.#out, partialFolder({ level: this.#level, number }));
      const kept = number === this.#tiles ? String(this.#nodes.length) : '';
      try {
        for (const name of await readdir(folder)) {
          if (name !== kept) await rm(join(folder, name), { force: true });
        }
      } catch (cause) {
        if (!hasCode(cause, 'ENOENT')) throw ioError(folder, 'remove an old tile', cause);
      }
    }
  }

  #tile(): Tile {
    return { level: this.#level, number: this.#tiles, width: this.#nodes.length };
  }
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
