import type { ListHeader } from '../list/format.ts';
import { closeListFile } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { JudgedLists, KernelChoice } from './judge.ts';

/** The open list files that answer together. A set never changes; a new version is a new set. */
export class ListSet implements JudgedLists {
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
