import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../disk/atomic-file.ts';
import { publishSynced, removeFiles } from '../disk/directory.ts';
import { ioError, TacetError } from '../errors.ts';
import { verifyListFile } from '../list/verify.ts';
import type { Layout } from '../source/layout/layout.ts';
import { appendLine, digestOf, gunzipFile, gzipFile } from './files.ts';
import { emptyTmp, withLock } from './lock.ts';
import type { FreshnessOverride } from './override.ts';
import { type Retention, versionsBeyond } from './retention.ts';
import type { ListStore } from './store.ts';
import { type StoredVersion, type VersionRecord, versionOfFile } from './version.ts';

/** An entry of the store's log: what happened, and anything that explains it. */
export interface StoreEvent {
  readonly event: string;
  readonly [detail: string]: unknown;
}

/** How long a writer waits for another. */
const LOCK_WAIT_MS = 10_000;

/**
 * Runs `work` as the only writer of a store, across all processes. Errors: ERR_STORE_LOCKED,
 * ERR_IO, and anything `work` throws.
 */
export async function withWriter<Result>(
  store: ListStore,
  doing: string,
  work: (writer: StoreWriter) => Promise<Result>,
  options: { readonly waitMs?: number; readonly nowMs?: () => number } = {},
): Promise<Result> {
  const lock = { doing, waitMs: options.waitMs ?? LOCK_WAIT_MS };
  return withLock(store.path, lock, async () => {
    const writer = new StoreWriter(store, options.nowMs ?? Date.now);
    await writer.sweep();
    return work(writer);
  });
}

/**
 * Changes a store. Use it only while its lock is held, see {@link withWriter}. Every step leaves
 * the store intact, so a process may be killed between any two.
 */
export class StoreWriter {
  readonly #store: ListStore;
  readonly #nowMs: () => number;

  /** `nowMs` gives the times in the log. */
  constructor(store: ListStore, nowMs: () => number) {
    this.#store = store;
    this.#nowMs = nowMs;
  }

  /**
   * Removes what a killed process left behind: work in progress, and incomplete versions whose list
   * file or record is missing. Errors: ERR_IO.
   */
  async sweep(): Promise<void> {
    await this.#sweepVersions();
    await emptyTmp(this.#store.path);
  }

  async #sweepVersions(): Promise<void> {
    const folder = join(this.#store.path, 'versions');
    let current: string | undefined;
    try {
      current = await this.#store.currentName();
    } catch {
      // With a damaged pointer, the rest of the version that served may still be needed.
      return;
    }
    const files = await readdir(folder).catch((cause: unknown) => {
      throw ioError(folder, 'list the versions', cause);
    });
    const names = new Set(files.map(versionOfFile));
    const broken: string[] = [];
    for (const name of names) {
      // `tacet list verify` judges the serving version.
      if (name === undefined || name === current) continue;
      const hasRecord = files.includes(`${name}.json`);
      const hasList = files.includes(`${name}.tacet`) || files.includes(`${name}.tacet.gz`);
      if (hasRecord && hasList) continue;
      await this.#removeVersion(name);
      broken.push(name);
    }
    if (broken.length > 0) await this.log({ event: 'swept', versions: broken });
  }

  async #removeVersion(name: string): Promise<void> {
    const store = this.#store;
    await removeFiles(store.listFile(name), store.archiveFile(name), store.recordFile(name));
  }

  /** A path for work in progress, in the file system of the store. */
  tmpPath(name: string): string {
    return join(this.#store.path, 'tmp', name);
  }

  /**
   * Adds a packed list file, which must be in the store's tmp, as a version. An existing version
   * stays unchanged. Moves the list file before it writes the record: a list file without a record
   * only takes space. Errors: ERR_IO.
   */
  async addVersion(packed: string, record: VersionRecord): Promise<StoredVersion> {
    const { name } = record;
    const known = await this.#store.version(name).catch(() => undefined);
    if (known !== undefined && !known.archived) return known;
    await publishSynced(packed, this.#store.listFile(name));
    if (known === undefined) await this.#writeJson(this.#store.recordFile(name), record);
    return this.#store.version(name);
  }

  async #writeJson(path: string, value: object): Promise<void> {
    await writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`, this.tmpPath('json'));
  }

  /** Makes a version serve. Errors: ERR_STORE if it does not exist or is archived. */
  async switchTo(name: string, why: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { archived } = await this.#store.version(name);
    if (archived) {
      throw new TacetError('ERR_STORE', {
        what: 'the version is archived',
        where: `${this.#store.path}, ${name}`,
        fix: 'Restore it first',
      });
    }
    const before = await this.#store.currentName().catch(() => undefined);
    await writeFileAtomically(this.#store.file('current'), `${name}\n`, this.tmpPath('current'));
    await this.log({ event: 'switched', version: name, before: before ?? null, ...why });
  }

  /**
   * Restores the list file of an archived version and verifies it.
   * Errors: ERR_STORE, ERR_IO, ERR_FORMAT_*.
   */
  async restore(name: string): Promise<StoredVersion> {
    const version = await this.#store.version(name);
    if (!version.archived) return version;
    const temporary = this.tmpPath(`${name}.tacet`);
    await gunzipFile(this.#store.archiveFile(name), temporary);
    const header = await verifyListFile(temporary);
    if (header.sha256 !== version.sha256) {
      throw new TacetError('ERR_STORE', {
        what: 'the archive holds another version than its record says',
        where: this.#store.archiveFile(name),
        fix: 'Remove it and its record',
      });
    }
    await publishSynced(temporary, this.#store.listFile(name));
    await removeFiles(this.#store.archiveFile(name));
    return { ...version, archived: false };
  }

  /** Compresses all versions but the newest `plainMax` and the serving one. Errors: ERR_IO. */
  async archiveOld(plainMax: number): Promise<string[]> {
    const current = await this.#store.currentName();
    const archived: string[] = [];
    const versions = await this.#store.history();
    for (const { name, archived: isArchived } of versions.slice(plainMax)) {
      if (isArchived || name === current) continue;
      await this.#archive(name);
      archived.push(name);
    }
    if (archived.length > 0) await this.log({ event: 'archived', versions: archived });
    return archived;
  }

  async #archive(name: string): Promise<void> {
    const file = this.#store.listFile(name);
    const temporary = this.tmpPath(`${name}.gz`);
    await gzipFile(file, temporary);
    // The list file is removed next, so the archive must hold exactly its bytes.
    const [before, after] = [await digestOf(file), await digestOf(temporary, true)];
    if (before !== after) {
      throw new TacetError('ERR_STORE', {
        what: 'the archive that was written does not hold its list file',
        where: file,
        fix: 'Look at the disk and the memory of this machine',
      });
    }
    await publishSynced(temporary, this.#store.archiveFile(name));
    await removeFiles(file);
  }

  /** Removes the versions that a retention does not keep; returns their names. Errors: ERR_IO. */
  async prune(retention: Retention): Promise<string[]> {
    const removed = await versionsBeyond(this.#store, retention);
    if (removed.length === 0) return removed;
    for (const name of removed) await this.#removeVersion(name);
    await this.log({ event: 'pruned', versions: removed });
    return removed;
  }

  /** Holds all later sources to a layout. */
  async pinLayout(layout: Layout): Promise<void> {
    await this.#writeJson(this.#store.file('layout.json'), layout);
    await this.log({ event: 'layout pinned', layout });
  }

  /** Permits answers from a stale list, after logging the permission; null revokes it. */
  async setOverride(override: FreshnessOverride | null): Promise<void> {
    const path = this.#store.file('override.json');
    if (override === null) {
      await this.log({ event: 'override cleared' });
      await removeFiles(path);
      return;
    }
    await this.log({ event: 'override set', ...override });
    await this.#writeJson(path, override);
  }

  /** Appends to log.jsonl, one line with the time. Errors: ERR_IO. */
  async log(event: StoreEvent): Promise<void> {
    const at = new Date(this.#nowMs()).toISOString();
    await appendLine(this.#store.file('log.jsonl'), JSON.stringify({ at, ...event }));
  }
}
