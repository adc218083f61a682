import { type FileHandle, open } from 'node:fs/promises';
import { hasCode, ioError } from '../errors.ts';
import type { ListStore } from './store.ts';

/** How far the log of a store has been read; plain data. */
export interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

/** Some lines of the log of a store. */
interface LogSpan {
  /** Whole lines without line ends, oldest first. A line cut off by a full disk may not be JSON. */
  readonly lines: readonly string[];
  /** Where the next read continues. */
  readonly position: LogPosition;
  /** Whether these lines were written after the given position. */
  readonly continues: boolean;
}

const START: LogPosition = { inode: 0, offset: 0 };
const LINE_END = 10;

/**
 * Reads log.jsonl from a position on, or its tail if there is no position or another file has taken
 * its place. Returns at most the newest `bytesMax` bytes; no lines if there is no log.
 * Errors: ERR_IO.
 */
export async function readLog(
  store: ListStore,
  from: LogPosition | undefined,
  bytesMax: number,
): Promise<LogSpan> {
  const path = store.file('log.jsonl');
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw ioError(path, 'read', cause);
    return { lines: [], position: START, continues: from !== undefined };
  }
  try {
    return await readSpan(handle, from, bytesMax);
  } catch (cause) {
    throw ioError(path, 'read', cause);
  } finally {
    await handle.close();
  }
}

async function readSpan(
  handle: FileHandle,
  from: LogPosition | undefined,
  bytesMax: number,
): Promise<LogSpan> {
  const { ino: inode, size } = await handle.stat();
  const continues =
    from !== undefined && from.offset <= size && (from.offset === 0 || from.inode === inode);
  const wanted = continues ? from.offset : 0;
  const start = Math.max(wanted, size - bytesMax);
  const bytes = Buffer.alloc(size - start);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
  // Anything after the last line end is still being written.
  const end = bytes.subarray(0, bytesRead).lastIndexOf(LINE_END) + 1;
  const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  // The read began within a line.
  if (start > wanted) lines.shift();
  return { lines, position: { inode, offset: start + end }, continues };
}
