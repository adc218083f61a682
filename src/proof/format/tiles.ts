/** A log as static files: c2sp.org/tlog-tiles. */

/** Nodes or entries of a full tile. */
export const TILE_WIDTH = 256;
/** Levels of the tree between two levels of tiles. */
export const TILE_HEIGHT = 8;

/** One tile: `width` nodes or entries, the first being number * 256. */
interface Tile {
  /** 0, 1, ... for hashes. */
  readonly level: number | 'entries';
  readonly number: number;
  readonly width: number;
}

/** `tile/0/x001/x234/067`, `tile/entries/000.p/7`. */
export function tilePath({ level, number, width }: Tile): string {
  let rest = Math.floor(number / 1000);
  let path = digits(number % 1000);
  for (; rest > 0; rest = Math.floor(rest / 1000)) path = `x${digits(rest % 1000)}/${path}`;
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const digits = (value: number): string => String(value).padStart(3, '0');

/** The tiles of one level for a tree of `size` entries, full ones first. */
export function tilesOf(level: number | 'entries', size: number): Tile[] {
  const shrink = level === 'entries' ? 1 : TILE_WIDTH ** level;
  const nodes = Math.floor(size / shrink);
  const tiles = Array.from({ length: Math.ceil(nodes / TILE_WIDTH) }, (_, number) => ({
    level,
    number,
    width: Math.min(TILE_WIDTH, nodes - number * TILE_WIDTH),
  }));
  return tiles;
}
