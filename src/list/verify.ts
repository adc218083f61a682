/**
 * Reads a list file by position, in pieces: memory is bounded for any list, and a file truncated
 * meanwhile is an error; through a map it would be a SIGBUS.
 */
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';
import { checkDays, checkNumbers } from './content.ts';
import { decodeHeader } from './decode.ts';
import {
  DIRECTORY_GUARD_BYTES,
  DIRECTORY_KEYS_END,
  type DirectoryCounts,
  DirectoryWalk,
  directoryPlaces,
} from './directory.ts';
import {
  alignToPage,
  badFormat,
  FIX_COPY,
  type ListHeader,
  PAGE_BYTES,
  requiredSection,
  SECTION_DAYS,
  SECTION_DIRECTORY,
  SECTION_LAYOUT,
  SECTION_NUMBERS,
  type SectionEntry,
  sectionOf,
} from './format.ts';
import { openChecked, parseLayoutSection, readDirectoryCounts } from './list.ts';
import { checkUnchanged, type ListHandle, type ReadAt, readerOf, readerOfFd } from './mapping.ts';

/** Bytes of one piece: about a millisecond of hashing and checking per turn of the event loop. */
const PIECE_BYTES = 1_048_576;

/** Shared by the checks. `piece` is the only buffer that grows with the file, up to its limit. */
interface Verification {
  readonly header: ListHeader;
  readonly read: ReadAt;
  readonly where: string;
  readonly piece: Uint8Array;
}

/**
 * Checks every byte of a list file: header, section checksums, order, uniqueness and range of the
 * numbers, days against the snapshot, layout, directory against the numbers, padding. For an open
 * handle, checks the bytes its lists answer from.
 *
 * Runs on this thread and yields to the event loop about every millisecond; on a serving thread use
 * {@link verifyInWorker}.
 * Errors: ERR_FORMAT_* for the first rule that is broken (a section's checksum before its content);
 * ERR_IO.
 */
export async function verifyListFile(target: string | ListHandle): Promise<ListHeader> {
  if (typeof target !== 'string') {
    checkUnchanged(target);
    const header = await verifyAll(readerOf(target), target.path, target.fileBytes);
    checkUnchanged(target);
    return header;
  }
  const { fd, stats } = await openChecked(target);
  try {
    return await verifyAll(readerOfFd(fd, target), target, stats.size);
  } finally {
    closeSync(fd);
  }
}

async function verifyAll(read: ReadAt, where: string, fileBytes: number): Promise<ListHeader> {
  const page = new Uint8Array(PAGE_BYTES);
  await read(page, 0);
  const header = decodeHeader(page, { where, fileBytes });
  const longest = Math.max(...header.sections.map((section) => section.bytes));
  const piece = new Uint8Array(Math.min(PIECE_BYTES, alignToPage(longest)));
  const verification: Verification = { header, read, where, piece };
  for (const section of header.sections) {
    await verifySection(verification, section);
    await verifyPadding(verification, section);
  }
  await verifyDirectory(verification);
  return header;
}

/** The checksum comes first: mere damage should not look like a file that was built wrong. */
async function verifySection(verification: Verification, section: SectionEntry): Promise<void> {
  const check = pieceCheckOf(verification, section);
  const hash = createHash('sha256');
  let wrong: unknown;
  await forEachPiece(verification, section, (piece) => {
    hash.update(piece);
    if (wrong !== undefined) return;
    try {
      check(piece);
    } catch (error) {
      wrong = error;
    }
  });
  if (hash.digest('hex') !== section.sha256) {
    const what = `section ${section.kind} differs from its checksum`;
    throw badFormat('ERR_FORMAT_CHECKSUM', verification.where, what);
  }
  if (wrong !== undefined) throw wrong;
}

/** Checks one piece of a section; throws what is wrong with it. */
type PieceCheck = (piece: Uint8Array) => void;

function pieceCheckOf({ header, where }: Verification, section: SectionEntry): PieceCheck {
  switch (section.kind) {
    case SECTION_NUMBERS: {
      let before = 0n;
      return (piece) => {
        checkNumbers(wordsOf(piece), { where, before });
        before = new BigUint64Array(piece.buffer, 0, piece.length / 8).at(-1) ?? before;
      };
    }
    case SECTION_DAYS: {
      const { snapshotDay } = header;
      return (piece) => {
        checkDays(new Uint16Array(piece.buffer, 0, piece.length / 2), { where, snapshotDay });
      };
    }
    case SECTION_LAYOUT: // At most 65,536 bytes: always one piece.
      return (piece) => void parseLayoutSection(piece, where);
    default: // The directory is checked after the numbers; others are skipped.
      return () => {};
  }
}

/** Reads `range` piece by piece into the start of the buffer, whose size cuts no number. */
async function forEachPiece(
  { read, piece }: Verification,
  range: { readonly offset: number; readonly bytes: number },
  visit: (piece: Uint8Array) => void,
): Promise<void> {
  for (let from = 0; from < range.bytes; from += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, range.bytes - from));
    await read(part, range.offset + from);
    visit(part);
  }
}

async function verifyPadding(verification: Verification, section: SectionEntry): Promise<void> {
  const end = section.offset + section.bytes;
  const padding = verification.piece.subarray(0, alignToPage(end) - end);
  if (padding.length === 0) return;
  await verification.read(padding, end);
  if (allZero(padding)) return;
  const what = `the padding after section ${section.kind} is not zero`;
  throw badFormat('ERR_FORMAT_PADDING', verification.where, what, { fix: FIX_COPY });
}

/** A loop: `every` is an order of magnitude slower. */
function allZero(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

/**
 * Compares the directory with the one that follows from the numbers: the page table directly, the
 * rest by digest, so that neither has to be in memory. The numbers are already verified.
 */
async function verifyDirectory(verification: Verification): Promise<void> {
  const { header, read, where } = verification;
  const section = sectionOf(header, SECTION_DIRECTORY);
  const counts = await readDirectoryCounts(header, read, where);
  if (section === undefined || counts === undefined) return;
  const pages = new Int32Array(counts.pageCount);
  const places = directoryPlaces(counts);
  await read(new Uint8Array(pages.buffer), section.offset + places.pages);
  const refuse = (what: string): never => {
    throw badFormat('ERR_FORMAT_INDEX', where, what);
  };
  if (!(await coversAll(verification, counts.coveredCount))) {
    refuse('the directory leaves out numbers that it has to cover');
  }
  const expected = await expectedDigests(verification, new DirectoryWalk(pages, counts), counts);
  if (!expected.pagesAgree) refuse('the page table disagrees with the numbers');
  const starts = { offset: section.offset + places.starts, bytes: places.lowBytes - places.starts };
  if ((await digestOf(verification, starts)) !== expected.starts) {
    refuse('the bucket starts disagree with the numbers');
  }
  const low = { offset: section.offset + places.lowBytes, bytes: places.end - places.lowBytes };
  if ((await digestOf(verification, low)) !== expected.lowBytes) {
    refuse('the low bytes disagree with the numbers');
  }
}

/** Whether the first number after the covered ones, if any, is outside the directory's range. */
async function coversAll({ header, read }: Verification, coveredCount: number): Promise<boolean> {
  if (coveredCount === header.entries) return true;
  const next = new BigUint64Array(1);
  const { offset } = requiredSection(header, SECTION_NUMBERS);
  await read(new Uint8Array(next.buffer), offset + coveredCount * 8);
  return next[0] !== undefined && next[0] >= DIRECTORY_KEYS_END;
}

async function expectedDigests(
  { header, read, piece }: Verification,
  walk: DirectoryWalk,
  counts: DirectoryCounts,
): Promise<{ pagesAgree: boolean; starts: string; lowBytes: string }> {
  const { offset } = requiredSection(header, SECTION_NUMBERS);
  const starts = createHash('sha256');
  const lowHash = createHash('sha256');
  const pieceKeys = piece.length / 8;
  const lowBytes = new Uint8Array(pieceKeys);
  for (let first = 0; first < counts.coveredCount; first += pieceKeys) {
    const to = Math.min(pieceKeys, counts.coveredCount - first);
    const words = wordsOf(piece.subarray(0, to * 8));
    await read(piece.subarray(0, to * 8), offset + first * 8);
    for (let from = 0; from < to; ) {
      from = walk.take(words, { from, to }, lowBytes);
      starts.update(walk.takeStarts());
      if (from < to) await nextTick();
    }
    lowHash.update(lowBytes.subarray(0, to));
  }
  const pagesAgree = walk.finish();
  starts.update(walk.takeStarts());
  lowHash.update(new Uint8Array(DIRECTORY_GUARD_BYTES));
  return { pagesAgree, starts: starts.digest('hex'), lowBytes: lowHash.digest('hex') };
}

async function digestOf(
  verification: Verification,
  range: { readonly offset: number; readonly bytes: number },
): Promise<string> {
  const hash = createHash('sha256');
  await forEachPiece(verification, range, (piece) => void hash.update(piece));
  return hash.digest('hex');
}

/** The piece begins at the start of its buffer. */
function wordsOf(piece: Uint8Array): Uint32Array {
  return new Uint32Array(piece.buffer, piece.byteOffset, piece.length / 4);
}
