import type { ListHeader } from '../list/format.ts';
import { closeListFile } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { JudgedLists, KernelChoice } from './judge.ts';

let lastId = 0;

/** The open list files that answer together. A set never changes; a new version is a new set. */
export class ListSet implements JudgedLists {
  /** Unique and ascending within this process; identifies the set across its threads. */
  readonly id = ++lastId;
  readonly handles: readonly ListHandle[];
  readonly kernel: KernelChoice;
  readonly headers: readonly ListHeader[];

  /** @param lists the set takes ownership of their files */
  constructor({ handles, kernel }: JudgedLists) {
    this.handles = [...handles];
    this.kernel = kernel;
    this.headers = handles.map(({ header }) => header);
  }

  /** Closes the files. No thread may attach afterwards; existing mappings stay valid. */
  close(): void {
    for (const handle of this.handles) closeListFile(handle);
  }
}
