import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { brusselsDay } from '../calendar/brussels.ts';
import { EPOCH_DAY_MAX, formatIsoDay } from '../calendar/day.ts';
import { isSameFile } from '../disk/identity.ts';
import { ioError, TacetError } from '../errors.ts';
import type { Layout } from '../source/layout/layout.ts';
import {
  readSource,
  type SourceList,
  type SourceOptions,
  type SourceReport,
} from '../source/source.ts';
import { isListName, type ListHeader } from './format.ts';
import { writeListFile } from './write.ts';

/**
 * Of the source's options, `layout` is 'auto' by default and `badLinesMax` 0. `snapshotDay`, at
 * whose end the source was built, is its newest registration by default.
 */
export interface PackOptions extends Partial<SourceOptions> {
  /** The txt as delivered: plain, gzip, or a zip with nothing else in it. */
  readonly source: string;
  /** The list file to write; replaces an existing one. Must not be the source. */
  readonly out: string;
  /** 1 to 63 letters, digits, dots, underscores or hyphens; default `dncm`. */
  readonly name?: string;
  /** The time that decides what today is in Brussels, in Unix ms; default the clock. */
  readonly nowMs?: number;
}

export interface PackResult {
  readonly header: ListHeader;
  readonly report: SourceReport;
  /** As given or as detected. */
  readonly layout: Layout;
}

/**
 * Packs a source into a list file. Checks everything it can before reading the source. On any
 * failure the file at `out` stays as it was and nothing is left behind.
 * Errors: ERR_USAGE (out is the source), ERR_OPTION (name), ERR_SNAPSHOT (missing, out of range or
 * after today in Brussels), ERR_IO, and what `readSource` and `writeListFile` throw.
 */
export async function packList(options: PackOptions): Promise<PackResult> {
  const { source, out, name = 'dncm', layout = 'auto', badLinesMax = 0 } = options;
  const { snapshotDay: given } = options;
  const today = brusselsDay(options.nowMs ?? Date.now());
  checkName(name);
  if (given !== undefined) checkSnapshotDay(given, today);
  await checkOut(source, out);
  const list = await readSource(source, { ...options, layout, badLinesMax });
  if (list.report.keys === 0) throw nothingLeft(source, list.report);
  const snapshotDay = given ?? snapshotDayOf(source, list, today);
  const { numbers, days, sourceSha256 } = list;
  const content = { name, snapshotDay, layout: list.layout, sourceSha256, numbers, days };
  const header = await writeListFile(out, content);
  return { header, report: list.report, layout: list.layout };
}

function checkName(name: string): void {
  if (isListName(name)) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the list name cannot be used',
    expected: '1 to 63 letters, digits, dots, underscores or hyphens',
    where: '--name',
  });
}

function checkSnapshotDay(snapshotDay: number, today: number): void {
  const inRange = Number.isInteger(snapshotDay) && snapshotDay >= 1 && snapshotDay <= EPOCH_DAY_MAX;
  if (inRange && snapshotDay <= today) return;
  throw new TacetError('ERR_SNAPSHOT', {
    what: inRange ? 'the snapshot date is in the future' : 'the snapshot date is out of range',
    expected: `1970-01-02 to ${formatIsoDay(Math.min(today, EPOCH_DAY_MAX))}, today in Brussels`,
    ...(inRange ? { got: formatIsoDay(snapshotDay) } : {}),
    where: '--snapshot',
  });
}

/** The newest registration: the file was built at the end of that day at the earliest. */
function snapshotDayOf(source: string, list: SourceList, today: number): number {
  const { newestDay, newestLine } = list;
  if (newestDay === 0) {
    throw new TacetError('ERR_SNAPSHOT', {
      what: 'no date in the file tells when it was built',
      where: source,
      fix: 'Give the day at whose end it was built with --snapshot YYYY-MM-DD',
    });
  }
  if (newestDay > today) {
    throw new TacetError('ERR_SNAPSHOT', {
      what: 'the newest registration, taken as the snapshot date, is in the future',
      expected: `${formatIsoDay(today)}, today in Brussels, or earlier`,
      got: formatIsoDay(newestDay),
      where: `${source}:${newestLine}`,
      fix: 'Fetch the file again, or give --snapshot: then later registrations are malformed',
    });
  }
  return newestDay;
}

/** Refuses an unwritable place, and the source itself under any path. */
async function checkOut(source: string, out: string): Promise<void> {
  // null if nothing is there or stat fails; opening the file then reports the error.
  const statOf = (path: string) => stat(path, { bigint: true }).catch(() => null);
  const [sourceStats, outStats] = await Promise.all([statOf(source), statOf(out)]);
  if (outStats !== null && sourceStats !== null && isSameFile(outStats, sourceStats)) {
    throw new TacetError('ERR_USAGE', {
      what: 'the list file would replace its own source',
      where: out,
      fix: 'Name another file with --out',
    });
  }
  if (outStats !== null && !outStats.isFile()) {
    const is = outStats.isDirectory() ? 'is a directory' : 'is no regular file';
    throw new TacetError('ERR_IO', {
      what: `cannot write the list file: ${is}`,
      where: out,
      fix: 'Name a file with --out',
    });
  }
  try {
    // The dot makes this fail if the directory is something else.
    await access(`${dirname(out)}/.`, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw ioError(dirname(out), 'write the list file there', cause);
  }
}

function nothingLeft(source: string, { lines, badLines }: SourceReport): TacetError {
  return new TacetError('ERR_SOURCE_FILE', {
    what: `no number is left: all ${lines} lines are malformed`,
    where: source,
    fix: `The first: line ${badLines[0]?.lineNumber}, ${badLines[0]?.reason}`,
  });
}
