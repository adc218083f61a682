/** What a server tells about a file before it is read and after, and what follows from it. */
import { changedMeanwhile } from '../fetch.ts';
import type { Told } from './find-file.ts';

/** Two looks at a file, by its path or its handle; undefined where the server told nothing. */
interface Looks {
  readonly before: Told | undefined;
  readonly after: Told | undefined;
}

/**
 * Refuses a file that was changed while it was read, as far as the server tells: every size is that
 * of what was read, and nothing differs between two looks. A size or time of 0 is none: servers
 * that do not know it say so, and a file that grew from nothing has another size afterwards.
 * Errors: ERR_FETCH.
 */
export function checkSame(where: string, bytes: number, looks: readonly Looks[]): void {
  for (const { before, after } of looks) {
    const changed = (from: number, to: number) =>
      changedMeanwhile(where, { bytes: from }, { bytes: to });
    for (const told of [before, after]) {
      const size = told?.size ?? 0;
      if (size > 0 && size !== bytes) throw changed(bytes, size);
    }
    if (before === undefined || after === undefined) continue;
    const { size = after.size, mtime = after.mtime } = before;
    if ((after.size ?? size) !== size || (after.mtime ?? mtime) !== mtime) {
      throw changed(size ?? bytes, after.size ?? bytes);
    }
  }
}

/**
 * What cannot be known of a file for want of what the server tells.
 *
 * @param lost why the server could not be asked again once the file was read
 */
export function notesOn(bytes: number, looks: readonly Looks[], lost: string | undefined) {
  const hasSize = bytes === 0 || looks.some(({ before }) => (before?.size ?? 0) > 0);
  const hasTime = looks.some(({ before, after }) => before?.mtime && after?.mtime);
  const rest = 'that it is whole rests on its last line or checksum, and on the guard';
  const notes: string[] = [];
  if (lost !== undefined) notes.push(lost);
  if (!hasSize) {
    const untold = hasTime || lost !== undefined ? 'no size' : 'neither size nor time of change';
    notes.push(`the server tells ${untold} of the file: ${rest}`);
  } else if (!hasTime && lost === undefined) {
    notes.push('the server tells no time of change of the file: only its size was compared');
  }
  return notes;
}
