/** From the file as fetched to the text it holds: plain, gzip, or a zip with one file in it. */
import { open } from 'node:fs/promises';
import { pipeline, type Readable, Transform } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { ioError, TacetError } from '../errors.ts';
import { type Received, type ReceivedFile, receive, sourceTooLarge } from './received-file.ts';

const STEP_BYTES = 1_048_576;
/** A list is one file; a folder of a zip is an entry too. */
const ZIP_ENTRIES_MAX = 100;

export type Packing = 'plain' | 'gzip' | 'zip';

/**
 * Writes the text that `fetched` holds to `path`; of plain text nothing is written and `fetched`
 * itself comes back. What it is is told by its first bytes, whatever its name.
 *
 * @throws TacetError ERR_SOURCE_FILE (corrupted or cut short, encrypted, not one file), ERR_LIMIT
 *   (more than `bytesMax`), ERR_IO
 */
export async function expand(
  fetched: Received,
  path: string,
  bytesMax: number,
): Promise<Received & { readonly packing: Packing }> {
  const packing = await packingOf(fetched.path);
  if (packing === 'plain') return { ...fetched, packing };
  const text = await receive(path, bytesMax, (file) =>
    packing === 'gzip' ? gunzip(fetched, file) : unzip(fetched.path, file, bytesMax),
  );
  return { ...text, packing };
}

async function packingOf(path: string): Promise<Packing> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
    // The second is an empty zip: it has no text, and is no text either.
    const magic = head.readUInt32BE(0);
    return magic === 0x504b_0304 || magic === 0x504b_0506 ? 'zip' : 'plain';
  } catch (cause) {
    throw ioError(path, 'read what was fetched', cause);
  } finally {
    await handle.close();
  }
}

async function gunzip(fetched: Received, into: ReceivedFile): Promise<void> {
  const inflate = createGunzip({ chunkSize: STEP_BYTES });
  const handle = await open(fetched.path, 'r');
  try {
    await pour(handle.createReadStream({ highWaterMark: STEP_BYTES }), inflate, into);
  } catch (error) {
    throw error instanceof TacetError ? error : corrupted('gzip', error);
  } finally {
    await handle.close().catch(() => undefined);
  }
  // Bytes behind the end of the gzip data are no part of the text, so they may be lost numbers.
  if (inflate.bytesWritten !== fetched.bytes) {
    throw corrupted('gzip', undefined, 'something follows the end of the gzip data');
  }
}

async function unzip(path: string, into: ReceivedFile, bytesMax: number): Promise<void> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, {
      autoClose: false,
      lazyEntries: true,
      decodeStrings: true,
      validateEntrySizes: true,
      strictFileNames: false,
    });
    const entry = await onlyEntry(zip);
    if (entry.uncompressedSize > bytesMax) throw sourceTooLarge(bytesMax);
    let sum = 0;
    const checked = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sum = crc32(chunk, sum);
        done(null, chunk);
      },
    });
    const packed = await zip.openReadStreamPromise(entry);
    await pour(packed, checked, into);
    // The package compares sizes only.
    if (sum !== entry.crc32) throw corrupted('zip', undefined, 'the zip fails its checksum');
  } catch (error) {
    throw error instanceof TacetError ? error : corrupted('zip', error);
  } finally {
    zip?.close();
  }
}

async function onlyEntry(zip: ZipFile): Promise<Entry> {
  let found: Entry | undefined;
  let entries = 0;
  let files = 0;
  for await (const entry of zip.eachEntry()) {
    entries++;
    if (entries > ZIP_ENTRIES_MAX) break;
    if (entry.fileName.endsWith('/')) continue;
    files++;
    found = entry;
  }
  if (found === undefined || files !== 1) {
    const got = entries > ZIP_ENTRIES_MAX ? `more than ${ZIP_ENTRIES_MAX}` : `${files} files`;
    throw new TacetError('ERR_SOURCE_FILE', {
      what: 'the zip does not hold exactly one file',
      got,
      fix: 'Deliver the txt alone',
    });
  }
  if (!found.isEncrypted()) return found;
  throw new TacetError('ERR_SOURCE_FILE', {
    what: 'the zip is encrypted',
    fix: 'Deliver it without a password, or unpack it before the drop folder',
  });
}

async function pour(from: Readable, through: Transform, into: ReceivedFile): Promise<void> {
  // An error on either side destroys both and is met by the loop.
  pipeline(from, through, () => undefined);
  for await (const chunk of through) await into.write(chunk);
}

function corrupted(
  kind: 'gzip' | 'zip',
  cause: unknown,
  what = `the ${kind} data is corrupted or cut short`,
): TacetError {
  return new TacetError('ERR_SOURCE_FILE', { what, cause, fix: 'Fetch the file again' });
}
