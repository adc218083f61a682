/** A log as static files: c2sp.org/tlog-tiles. */

/** Nodes or entries of a full tile. */
export const TILE_WIDTH = 256;
/** Levels of the tree between two levels of tiles. */
export const TILE_HEIGHT = 8;

/** One tile: `width` nodes or entries, the first being number * 256. */
export interface Tile {
  /** 0, 1, ... for hashes. */
  readonly level: number | 'entries';
  readonly number: number;
  readonly width: number;
}

/** `tile/0/x001/x234/067`, `tile/entries/000.p/7`. */
export function tilePath({ width, ...place }: Tile): string {
  return width === TILE_WIDTH ? pathOf(place) : `${partialFolder(place)}/${width}`;
}

/** Where tiles are that were not full: `tile/entries/000.p`. */
export function partialFolder(place: Pick<Tile, 'level' | 'number'>): string {
  return `${pathOf(place)}.p`;
}

function pathOf({ level, number }: Pick<Tile, 'level' | 'number'>): string {
  let rest = Math.floor(number / 1000);
  let path = digits(number % 1000);
  for (; rest > 0; rest = Math.floor(rest / 1000)) path = `x${digits(rest % 1000)}/${path}`;
  return `tile/${level}/${path}`;
}

const digits = (value: number): string => String(value).padStart(3, '0');
