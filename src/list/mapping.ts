/**
 * How the bytes of an open list file get into memory: mapped by `mmap-io` or, if that is
 * impossible, read once into a SharedArrayBuffer. No other module knows the difference.
 *
 * Each thread makes its own map from the same file descriptor: posting a mapped Buffer to another
 * thread would silently copy it, and the path may name a newer file by then.
 */
import { fstatSync, read as readCallback, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import { setImmediate as nextTick } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isSameFile } from '../disk/identity.ts';
import { ioError, TacetError } from '../errors.ts';
import { type ListHeader, PAGE_BYTES, type SectionEntry } from './format.ts';

const readFd = promisify(readCallback);

/** Bytes of one read into the SharedArrayBuffer: enough to be fast, few enough to stop soon. */
const READ_BYTES = 8_388_608;
/** `mmap-io` takes size and offset as int32; beyond that it maps less than asked, or fails. */
const MAP_BYTES_END = 2_147_483_648;

/** Linux's value for madvise(2). */
const MADV_HUGEPAGE = 14;

export type MappingKind = 'mmap' | 'shared';

/** How a file gets into memory, and a clause for the log that says why. */
interface MappingChoice {
  readonly kind: MappingKind;
  readonly reason: string;
}

/**
 * An open list file. Survives structured clone: posted to other threads, which map the same file
 * descriptor (descriptors belong to the process). The thread that opened it closes it.
 */
export interface ListHandle extends MappingChoice {
  readonly path: string;
  readonly fd: number;
  readonly fileBytes: number;
  readonly header: ListHeader;
  /** The whole file if `kind` is `shared`. */
  readonly shared?: SharedArrayBuffer;
  /** Identity of the file behind `fd`, to notice a closed and reused descriptor. */
  readonly dev: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

/** Fills `target` with the bytes at `position` of a file; fails if there are fewer. */
export type ReadAt = (target: Uint8Array, position: number) => Promise<void>;

/** The part of `mmap-io` in use. Its types say `export default`; it really is module.exports. */
interface MmapIo {
  readonly PROT_READ: number;
  readonly MAP_SHARED: number;
  map(bytes: number, protection: number, flags: number, fd: number, offset: number): Buffer;
  advise(memory: Buffer, advice: number): void;
}

type LoadedMmap = { readonly mmap: MmapIo } | { readonly failure: unknown };

let loadedMmap: LoadedMmap | undefined;

/**
 * Where `node-pre-gyp` puts the binary of `mmap-io`: its package.json says so. Asking node-pre-gyp
 * itself loads 130 modules, which takes 90 ms.
 */
const MMAP_BINARY =
  'mmap-io/build/binding/Release/' +
  `node-v${process.versions.modules}-${process.platform}-${process.arch}/mmap_io.node`;

/** The add-on, or what stands in for it: {@link loadMmap} checks that it is one. */
function requireMmap(): MmapIo {
  const load = createRequire(import.meta.url);
  try {
    return load(MMAP_BINARY) as MmapIo;
  } catch {
    // It is elsewhere, or nowhere: the package knows, and says what is wrong.
    return load('mmap-io') as MmapIo;
  }
}

/** Loads the add-on once per thread. It is optional: it may be absent or built for another Node. */
function loadMmap(): LoadedMmap {
  if (loadedMmap !== undefined) return loadedMmap;
  try {
    const mmap = requireMmap();
    if (typeof mmap.map !== 'function') throw new TypeError('mmap-io has no function map');
    loadedMmap = { mmap };
  } catch (failure) {
    loadedMmap = { failure };
  }
  return loadedMmap;
}

/**
 * Decides how the sections of an open file get into memory. Maps its first page to be sure, as some
 * file systems refuse.
 *
 * @param asked `shared` forces a SharedArrayBuffer; `auto` maps if possible
 */
export function chooseMapping(
  file: { readonly fd: number; readonly sections: readonly SectionEntry[] },
  asked: 'auto' | 'shared',
): MappingChoice {
  if (asked === 'shared') return { kind: 'shared', reason: 'a shared copy was asked for' };
  const tooFar = file.sections.find(({ offset, bytes }) => offset + bytes >= MAP_BYTES_END);
  if (tooFar !== undefined) {
    const reason = `section ${tooFar.kind} reaches beyond the 2 GiB that mmap-io can map`;
    return { kind: 'shared', reason };
  }
  const loaded = loadMmap();
  if ('failure' in loaded) {
    return { kind: 'shared', reason: `mmap-io cannot be loaded (${firstLine(loaded.failure)})` };
  }
  try {
    mapBytes(loaded.mmap, file.fd, { offset: 0, bytes: PAGE_BYTES });
  } catch (error) {
    return { kind: 'shared', reason: `the file cannot be mapped (${firstLine(error)})` };
  }
  return { kind: 'mmap', reason: 'mmap-io maps the file' };
}

/**
 * Asks Linux to use huge pages for the first `bytes` of a memory that is about to be filled.
 * Without them every random access misses the TLB: the WebAssembly kernel is 8 to 10 % faster with
 * them. If there are none, nothing changes.
 */
export function preferHugePages(memory: ArrayBufferLike, bytes: number): void {
  const loaded = loadMmap();
  if (process.platform !== 'linux' || 'failure' in loaded) return;
  try {
    loaded.mmap.advise(Buffer.from(memory, 0, bytes), MADV_HUGEPAGE);
  } catch {
    // The kernel has no huge pages, or the memory is longer than a Buffer.
  }
}

/** The first line of a thrown value, without the paths that Node's loader appends. */
function firstLine(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  const text = error instanceof Error ? error.message : String(error);
  return code + (text.split('\n', 1)[0] ?? '').slice(0, 200);
}

function mapBytes(mmap: MmapIo, fd: number, part: { offset: number; bytes: number }): Buffer {
  const { PROT_READ, MAP_SHARED } = mmap;
  const buffer = mmap.map(part.bytes, PROT_READ, MAP_SHARED, fd, part.offset);
  if (buffer.byteLength !== part.bytes) {
    throw new RangeError(`mmap-io mapped ${buffer.byteLength} of ${part.bytes} bytes`);
  }
  return buffer;
}

/**
 * The bytes of a section, in this thread. `byteOffset` is a multiple of 4,096, so every typed array
 * fits. Never a copy: mapped, or a view of the shared copy. The caller must keep the view as long
 * as it uses arrays over its buffer, since a map ends when its Buffer is collected.
 * Errors: ERR_IO if this thread cannot map the file.
 */
export function sectionBytes(handle: ListHandle, section: SectionEntry): Uint8Array {
  if (handle.kind === 'shared') {
    if (handle.shared === undefined) throw new TypeError('a shared handle without its bytes');
    return new Uint8Array(handle.shared, section.offset, section.bytes);
  }
  const loaded = loadMmap();
  if ('failure' in loaded) throw ioError(handle.path, 'load mmap-io', loaded.failure);
  try {
    return mapBytes(loaded.mmap, handle.fd, section);
  } catch (error) {
    throw ioError(handle.path, 'map the list file', error);
  }
}

/**
 * Checks that a handle's descriptor is still open and its file is the one that was opened, with the
 * same size and unchanged: touching a map beyond the end of its file kills the process. A shared
 * copy no longer depends on the file.
 * Errors: ERR_IO, ERR_FORMAT_SIZE.
 */
export function checkUnchanged(handle: ListHandle): void {
  if (handle.shared !== undefined) return;
  let stats: Stats;
  try {
    stats = fstatSync(handle.fd);
  } catch (error) {
    throw ioError(handle.path, 'use the list file: it was closed', error);
  }
  if (!isSameFile(stats, handle)) {
    throw ioError(handle.path, 'use the list file', 'it was closed');
  }
  if (stats.size !== handle.fileBytes) throw changedSize(handle.path, handle.fileBytes, stats.size);
  if (stats.mtimeMs !== handle.mtimeMs) {
    throw new TacetError('ERR_IO', {
      what: 'the list file was written to after it was opened',
      where: handle.path,
      fix: 'Replace a list file by renaming a new one over it, never by copying into it',
    });
  }
}

function changedSize(where: string, expected: number, got: number | string): TacetError {
  return new TacetError('ERR_FORMAT_SIZE', {
    what: 'the list file changed its size while open',
    expected: `${expected} bytes`,
    got: typeof got === 'number' ? `${got} bytes` : got,
    where,
    fix: 'Replace a list file by renaming a new one over it, never by copying into it',
  });
}

/** Reads whole buffers from a descriptor by position, off the event loop. */
export function readerOfFd(fd: number, path: string): ReadAt {
  return async (target, position) => {
    const { byteLength } = target;
    for (let done = 0; done < byteLength; ) {
      const reading = readFd(fd, target, done, byteLength - done, position + done);
      const { bytesRead } = await reading.catch((cause: unknown) => {
        throw ioError(path, 'read the list file', cause);
      });
      if (bytesRead === 0) throw changedSize(path, position + byteLength, 'its end');
      done += bytesRead;
    }
  };
}

/**
 * Reads the bytes that a handle's lists answer from: the shared copy if there is one, else the file
 * by position. Not through a map, so that a truncation is an error and not a SIGBUS.
 */
export function readerOf(handle: ListHandle): ReadAt {
  const { shared } = handle;
  if (shared === undefined) return readerOfFd(handle.fd, handle.path);
  return async (target, position) => {
    target.set(new Uint8Array(shared, position, target.byteLength));
    await nextTick();
  };
}

/**
 * Reads a whole file into a SharedArrayBuffer, 8 MiB at a time and off the event loop.
 * Errors: ERR_IO, ERR_FORMAT_SIZE, or ERR_LIMIT if the memory cannot be allocated.
 */
export async function readShared(
  file: Pick<ListHandle, 'fd' | 'path' | 'fileBytes'>,
): Promise<SharedArrayBuffer> {
  const { fd, path, fileBytes } = file;
  let shared: SharedArrayBuffer;
  try {
    shared = new SharedArrayBuffer(fileBytes);
  } catch (cause) {
    const fix = 'Give the process more memory, or build mmap-io so that the file can be mapped';
    const what = `no memory for a shared copy of ${fileBytes} bytes`;
    throw new TacetError('ERR_LIMIT', { what, where: path, fix, cause });
  }
  const read = readerOfFd(fd, path);
  for (let position = 0; position < fileBytes; position += READ_BYTES) {
    const bytes = Math.min(READ_BYTES, fileBytes - position);
    await read(new Uint8Array(shared, position, bytes), position);
  }
  return shared;
}
