import { fstat as fstatCallback } from 'node:fs';
import { promisify } from 'node:util';
import { isSameFile } from '../disk/identity.ts';
import type { ListHeader } from '../list/format.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { FreshnessOverride } from '../store/override.ts';
import type { ListSet } from '../threads/list-set.ts';
import type { ListVersionMessage, OverrideMessage } from '../wire/service.ts';

const fstat = promisify(fstatCallback);

/** The header of a list that is served, with what may change while it is. */
export interface LiveHeader extends ListHeader {
  override: FreshnessOverride | undefined;
  changedInPlace: boolean;
  /** The path it was opened by. */
  readonly file: string;
}

/** A set of lists with the overrides that apply to them: answers name them from then on. */
export class LiveSet implements ListSet {
  readonly id: number;
  readonly handles: ListSet['handles'];
  readonly kernel: ListSet['kernel'];
  readonly headers: readonly LiveHeader[];
  readonly close: () => void;
  #versions: ListVersionMessage[];

  constructor(set: ListSet) {
    this.id = set.id;
    this.handles = set.handles;
    this.kernel = set.kernel;
    this.close = set.close;
    this.headers = set.headers.map((header, index) => ({
      ...header,
      override: undefined,
      changedInPlace: false,
      file: set.handles[index]?.path ?? '',
    }));
    this.#versions = set.versions.map((version) => ({ ...version, override: null }));
  }

  /** What answers say of the lists. Another array once that changes: it may be kept encoded. */
  get versions(): ListVersionMessage[] {
    return this.#versions;
  }

  /**
   * Sets what overrides the freshness of the lists, one entry a list, undefined for none. Returns
   * the indexes of the lists for which that changed.
   */
  override(overrides: readonly (FreshnessOverride | undefined)[]): number[] {
    const changed: number[] = [];
    this.headers.forEach((header, index) => {
      const override = overrides[index];
      if (isSame(header.override, override)) return;
      header.override = override;
      changed.push(index);
    });
    if (changed.length > 0) {
      this.#versions = this.#versions.map((version, index) => ({
        ...version,
        override: messageOf(this.headers[index]?.override),
      }));
    }
    return changed;
  }

  /**
   * The headers of the lists whose file was written to under its map since it was opened, and that
   * are not marked as such yet. A copy in memory does not depend on its file.
   */
  async changedInPlace(): Promise<LiveHeader[]> {
    const changed: LiveHeader[] = [];
    for (const [index, handle] of this.handles.entries()) {
      const header = this.headers[index];
      if (header === undefined || header.changedInPlace || !(await isChanged(handle))) continue;
      changed.push(header);
    }
    return changed;
  }
}

/** Whether a mapped file was written to since it was opened, or cannot be looked at any more. */
async function isChanged(handle: ListHandle): Promise<boolean> {
  if (handle.kind === 'shared') return false;
  try {
    const stats = await fstat(handle.fd);
    const { size, mtimeMs } = stats;
    return !isSameFile(stats, handle) || size !== handle.fileBytes || mtimeMs !== handle.mtimeMs;
  } catch {
    return true;
  }
}

function messageOf(override: FreshnessOverride | undefined): OverrideMessage | null {
  if (override === undefined) return null;
  const { by, reason, atUnix, untilUnix } = override;
  return { by, reason, at_unix: Math.floor(atUnix), until_unix: Math.floor(untilUnix) };
}

function isSame(a: FreshnessOverride | undefined, b: FreshnessOverride | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
