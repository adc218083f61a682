/**
 * The text in a delivered file: plain, gzip, or a zip with one file. The first bytes decide which,
 * not the name. Can be read in pieces, any number of times.
 */
import type { FileHandle } from 'node:fs/promises';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { ioError, TacetError } from '../errors.ts';
import { FollowedGzip, gunzip, isGzip } from './gunzip.ts';

const STEP_BYTES = 1_048_576;
/** A list is one file, but folders in a zip are entries too. */
const ZIP_ENTRIES_MAX = 100;
/** In the Unix mode of a zip entry: the bits for its kind, and their value for a regular file. */
const UNIX_KIND = 0o170_000;
const UNIX_REGULAR = 0o100_000;
const MADE_BY_UNIX = 3;

export type Packing = 'plain' | 'gzip' | 'zip';

/** An open regular file. The caller owns the handle; reads give a position, and never close it. */
interface PackedFile {
  /** For errors. */
  readonly path: string;
  readonly handle: FileHandle;
  /** Its size. */
  readonly bytes: number;
  /** Maximum bytes of text: a zip that claims more is not unpacked. */
  readonly textBytesMax: number;
}

/** What a file is, by its first bytes. Errors: those of the operating system. */
export async function packingOf(handle: FileHandle): Promise<Packing> {
  const head = Buffer.alloc(4);
  await handle.read(head, 0, head.length, 0);
  if (isGzip(head)) return 'gzip';
  // The second is an empty zip, the third part of a split one: neither holds a text, nor is one.
  const zips = ['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'];
  return zips.includes(head.toString('latin1')) ? 'zip' : 'plain';
}

/**
 * The text of a packed file, piece by piece; if it reaches the end, the file was whole. May be
 * stopped early, with `return`. Memory: a few pieces of up to 1 MiB.
 * Errors: ERR_SOURCE_FILE (corrupted or cut short, data after its end, encrypted, not one file),
 * ERR_LIMIT (a zip that claims more than `textBytesMax`), ERR_IO. The caller bounds the text of a
 * gzip.
 */
export function unpack(
  file: PackedFile,
  packing: Exclude<Packing, 'plain'>,
): AsyncGenerator<Uint8Array, void> {
  return packing === 'gzip' ? gunzipFile(file) : unzip(file);
}

/** The text is larger than allowed. */
export function textTooLarge(bytesMax: number, where?: string): TacetError {
  return new TacetError('ERR_LIMIT', {
    what: `the source holds more than ${bytesMax} bytes of text`,
    ...(where !== undefined && { where }),
    fix: 'Check that this is the txt file of numbers and dates, or raise --source-bytes-max',
  });
}

async function* gunzipFile(file: PackedFile): AsyncGenerator<Uint8Array, void> {
  try {
    yield* gunzip(piecesOf(file.handle, 0, file.bytes));
  } catch (cause) {
    if (cause instanceof FollowedGzip) throw broken(file, cause.message);
    throw corrupted(file, 'gzip', cause);
  }
}

async function* unzip(file: PackedFile): AsyncGenerator<Uint8Array, void> {
  let zip: ZipFile | undefined;
  try {
    zip = await fromRandomAccessReaderPromise(new HandleReader(file.handle), file.bytes, {
      autoClose: false,
      lazyEntries: true,
      decodeStrings: true,
      validateEntrySizes: true,
      strictFileNames: false,
    });
    const entry = await onlyEntry(file, zip);
    if (entry.uncompressedSize > file.textBytesMax) {
      throw textTooLarge(file.textBytesMax, file.path);
    }
    const text = new PassThrough();
    pipeline(await zip.openReadStreamPromise(entry), text, () => undefined);
    let sum = 0;
    for await (const chunk of text) {
      sum = crc32(chunk, sum);
      yield chunk;
    }
    // The package compares sizes only.
    if (sum !== entry.crc32) throw broken(file, 'the zip fails its checksum');
  } catch (cause) {
    throw corrupted(file, 'zip', cause);
  } finally {
    zip?.close();
  }
}

async function onlyEntry(file: PackedFile, zip: ZipFile): Promise<Entry> {
  let found: Entry | undefined;
  let entries = 0;
  let files = 0;
  for await (const entry of zip.eachEntry()) {
    entries++;
    if (entries > ZIP_ENTRIES_MAX) break;
    if (entry.fileName.endsWith('/')) continue;
    files++;
    if (isRegular(entry)) found = entry;
  }
  if (found === undefined || files !== 1) {
    const isLink = files === 1 && entries <= ZIP_ENTRIES_MAX;
    const got = entries > ZIP_ENTRIES_MAX ? `more than ${ZIP_ENTRIES_MAX}` : `${files} files`;
    throw new TacetError('ERR_SOURCE_FILE', {
      what: 'the zip does not hold exactly one file',
      got: isLink ? 'a link' : got,
      where: file.path,
      fix: 'Ask for the txt alone, or unpack the zip and use the txt',
    });
  }
  if (found.canDecodeFileData()) return found;
  throw new TacetError('ERR_SOURCE_FILE', {
    what: found.isEncrypted()
      ? 'the zip is encrypted'
      : `the zip is compressed by method ${found.compressionMethod}`,
    ...(found.isEncrypted() ? {} : { expected: 'stored (0) or deflated (8)' }),
    where: file.path,
    fix: found.isEncrypted()
      ? 'Ask for a zip without a password, or unpack it and use the txt'
      : 'Unpack it and use the txt',
  });
}

/** A link is an entry too, but its content is a path, not a list. */
function isRegular({ versionMadeBy, externalFileAttributes }: Entry): boolean {
  if (versionMadeBy >>> 8 !== MADE_BY_UNIX) return true;
  const kind = (externalFileAttributes >>> 16) & UNIX_KIND;
  return kind === 0 || kind === UNIX_REGULAR;
}

/** Reads a zip through the caller's handle, and leaves it open. */
class HandleReader extends RandomAccessReader {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(piecesOf(this.#handle, start, end), { objectMode: false });
  }
}

/** The bytes of a file from `start` to `end`, or to where it really ends. */
async function* piecesOf(
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Buffer, void> {
  for (let position = start; position < end; ) {
    const length = Math.min(STEP_BYTES, end - position);
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function broken({ path }: PackedFile, what: string, cause?: unknown): TacetError {
  const fix = 'Fetch the file again';
  return new TacetError('ERR_SOURCE_FILE', { what, where: path, fix, cause });
}

function corrupted(file: PackedFile, kind: 'gzip' | 'zip', cause: unknown): TacetError {
  if (cause instanceof TacetError) return cause;
  const isSystem = cause instanceof Error && 'syscall' in cause;
  if (isSystem) return ioError(file.path, 'read the source', cause);
  return broken(file, `the ${kind} data is corrupted or cut short`, cause);
}
