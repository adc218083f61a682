import type { ListHeader } from '../list/format.ts';
import { closeListFile } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { JudgedLists, KernelChoice } from './judge.ts';

let lastId = 0;

/**
 * The open list files that answer together. A set never changes; another version is another set.
 */
export class ListSet implements JudgedLists {
  /** Grows with every set of this process, and identifies the set between its threads. */
  readonly id = ++lastId;
  readonly handles: readonly ListHandle[];
  readonly kernel: KernelChoice;
  readonly headers: readonly ListHeader[];

  /** @param lists whose files the set closes */
  constructor({ handles, kernel }: JudgedLists) {
    this.handles = [...handles];
    this.kernel = kernel;
    this.headers = handles.map(({ header }) => header);
  }

  /** Closes the files. No thread may attach after it; mappings already made stay valid. */
  close(): void {
    for (const handle of this.handles) closeListFile(handle);
  }
}
