import { type FileHandle, open } from 'node:fs/promises';
import { hasCode, ioError } from '../errors.ts';
import type { ListStore } from './store.ts';

/** Up to where the log of a store has been read; plain data. */
export interface LogPosition {
  readonly inode: number;
  readonly offset: number;
}

/** Some lines of the log of a store. */
interface LogSpan {
  /** Whole lines without their ends, the oldest first. One may be no JSON: a full disk cut it. */
  readonly lines: readonly string[];
  /** Where the next reading goes on. */
  readonly position: LogPosition;
  /** Whether these were written since the position that was given. */
  readonly continues: boolean;
}

const START: LogPosition = { inode: 0, offset: 0 };
const LINE_END = 10;

/**
 * Reads log.jsonl from a position on; without one, and where another file has taken its place, its
 * tail. Holds at most `bytesMax`: of more, the newest. Without a log there are no lines.
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
  // What stands behind the last line end is still being written.
  const end = bytes.subarray(0, bytesRead).lastIndexOf(LINE_END) + 1;
  const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1);
  // Began within a line.
  if (start > wanted) lines.shift();
  return { lines, position: { inode, offset: start + end }, continues };
}
