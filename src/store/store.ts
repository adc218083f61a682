import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, ioError, TacetError } from '../errors.ts';
import { type Layout, parseLayout } from '../source/layout/layout.ts';
import { type FreshnessOverride, parseOverride } from './override.ts';
import { isVersionName, parseRecord, type StoredVersion } from './version.ts';

/** Whether a path is a store: anything that accepts a list file also accepts a store. */
export async function isStore(path: string): Promise<boolean> {
  const stats = await stat(join(path, 'versions')).catch(() => undefined);
  return stats?.isDirectory() === true;
}

/**
 * The versions of one list, in a directory: see STORE.md. Reading writes nothing, so several
 * servers may share a store that is mounted read-only.
 */
export class ListStore {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Opens a store; with `create`, makes one if there is none.
   * Errors: ERR_STORE if there is none, ERR_IO.
   */
  static async open(path: string, options: { create?: boolean } = {}): Promise<ListStore> {
    if (options.create === true) {
      try {
        for (const folder of ['versions', 'quarantine', 'tmp']) {
          await mkdir(join(path, folder), { recursive: true });
        }
      } catch (cause) {
        throw ioError(path, 'make a store', cause);
      }
    } else if (!(await isStore(path))) {
      throw new TacetError('ERR_STORE', {
        what: 'not a store of list versions',
        where: path,
        fix: '`tacet sync --store` makes one',
      });
    }
    return new ListStore(path);
  }

  /**
   * The name of the serving version; undefined until there is one. One small read: cheap enough to
   * call every second, even over NFS. Errors: ERR_STORE for a damaged pointer, ERR_IO.
   */
  async currentName(): Promise<string | undefined> {
    const path = this.file('current');
    const text = await readOptional(path, 'read the pointer');
    if (text === undefined) return undefined;
    const name = text.slice(0, -1);
    if (text.endsWith('\n') && isVersionName(name)) return name;
    throw new TacetError('ERR_STORE', {
      what: 'the pointer does not hold the name of a version',
      where: path,
      fix: '`tacet list rollback` to a version of `tacet list history` writes it anew',
    });
  }

  /** The serving version. Errors: those of {@link currentName} and {@link version}. */
  async current(): Promise<StoredVersion | undefined> {
    const name = await this.currentName();
    return name === undefined ? undefined : this.version(name);
  }

  /** One version. Errors: ERR_STORE if the store does not have all of it, ERR_IO. */
  async version(name: string): Promise<StoredVersion> {
    const path = this.recordFile(name);
    const text = await readOptional(path);
    const archived = await this.#isArchived(name);
    if (text === undefined || archived === undefined) {
      throw new TacetError('ERR_STORE', {
        what: text === undefined ? 'no such version' : 'the list file of the version is missing',
        where: `${this.path}, ${name}`,
        fix: '`tacet list history` shows the versions',
      });
    }
    return { ...parseRecord(text, name, path), archived };
  }

  /**
   * Undefined if there is no list file. Looks for the plain file before and after the archive: a
   * writer may archive or restore meanwhile, and either way creates the new file first.
   */
  async #isArchived(name: string): Promise<boolean | undefined> {
    if (await isFile(this.listFile(name))) return false;
    if (await isFile(this.archiveFile(name))) return true;
    return (await isFile(this.listFile(name))) ? false : undefined;
  }

  /** All complete versions, newest snapshot first. Errors: ERR_IO. */
  async history(): Promise<StoredVersion[]> {
    const folder = join(this.path, 'versions');
    const files = await readdir(folder).catch((cause: unknown) => {
      throw ioError(folder, 'list the versions', cause);
    });
    const names = files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .filter(isVersionName);
    const versions: StoredVersion[] = [];
    for (const name of names) {
      // A damaged version does not serve and is not shown; `tacet list verify` reports it.
      const version = await this.version(name).catch((error: unknown) => {
        if (error instanceof TacetError && error.code === 'ERR_STORE') return undefined;
        throw error;
      });
      if (version !== undefined) versions.push(version);
    }
    const order = (version: StoredVersion): string =>
      `${version.snapshotDate} ${String(version.packedAtUnix).padStart(12, '0')} ${version.name}`;
    return versions.sort((a, b) => (order(a) < order(b) ? 1 : -1));
  }

  /** The path of a version's list file, which exists unless the version is archived. */
  listFile(name: string): string {
    return join(this.path, 'versions', `${name}.tacet`);
  }

  archiveFile(name: string): string {
    return `${this.listFile(name)}.gz`;
  }

  recordFile(name: string): string {
    return join(this.path, 'versions', `${name}.json`);
  }

  /** A file beside the versions: layout.json, guard.json, override.json, canaries.txt. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Reads such a file; undefined if there is none. Errors: ERR_IO, and those of `parse`. */
  async read<Content>(
    name: string,
    parse: (text: string, where: string) => Content,
  ): Promise<Content | undefined> {
    const path = this.file(name);
    const text = await readOptional(path);
    return text === undefined ? undefined : parse(text, path);
  }

  /** The pinned layout; undefined until one is confirmed. Errors: ERR_SOURCE_LAYOUT, ERR_IO. */
  layout(): Promise<Layout | undefined> {
    return this.read('layout.json', parseLayout);
  }

  /** The last freshness override written, expired or not. Errors: ERR_STORE, ERR_IO. */
  override(): Promise<FreshnessOverride | undefined> {
    return this.read('override.json', parseOverride);
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw ioError(path, 'look at', cause);
  }
}

async function readOptional(path: string, doing = 'read'): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError(path, doing, cause);
  }
}
