import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIsoDay } from '../../calendar/day.ts';
import { checkDistinct } from '../../disk/distinct-files.ts';
import type { OutputFile } from '../../disk/output-file.ts';
import { openOutput } from '../../disk/standard-output.ts';
import { attachList, closeListFile, type List, openListFile } from '../../list/list.ts';
import type { ListHandle } from '../../list/mapping.ts';
import { verifyListFile } from '../../list/verify.ts';
import { DIFF_OPTIONS } from '../../options/commands.ts';
import type { ValuesOf } from '../../options/option.ts';
import { helpOf } from '../../options/table.ts';
import { type DifferenceVisitor, diffLists } from '../../store/diff.ts';
import { gunzipFile } from '../../store/files.ts';
import type { ListStore } from '../../store/store.ts';
import type { StoredVersion } from '../../store/version.ts';
import { protoJson } from '../../wire/json.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { print, printError, withCommas } from '../print.ts';
import { findVersion, readStoreArguments } from './store-arguments.ts';

/** Lines are written in chunks of this many characters. */
const PIECE_CHARACTERS = 1 << 20;

/** `tacet list diff`: how two versions differ. */
export const command: Command = {
  help: `Usage: tacet list diff STORE A B [--json] [--added F] [--removed F] [--redated F]

What was added, removed and re-dated from version A to B: the counts, and the numbers where a file
is named, one NUMBER;DATE a line (re-dated: NUMBER;BEFORE;AFTER; no date = unknown). Files appear
when they are complete; - is standard output, and then the counts go to standard error. A and B are
names that tacet list history prints, the beginning of one such as 2026-11-22, current or previous.

${helpOf(DIFF_OPTIONS)}`,
  async run(args) {
    const { values, store, operands } = await readStoreArguments(args, DIFF_OPTIONS, 'A', 'B');
    const { added, removed, redated } = values;
    const written = Object.entries({ added, removed, redated }).flatMap(([name, path]) =>
      path === undefined ? [] : [{ role: `--${name}`, path }],
    );
    await checkDistinct({ read: [], written });
    const [a = '', b = ''] = operands;
    const [before, after] = [await findVersion(store, a), await findVersion(store, b)];
    const counts = await withLists(store, [before, after], (from, to) => compare(from, to, values));
    const facts = { before: before.name, after: after.name, ...counts };
    const text = values.json
      ? protoJson(facts, 2)
      : `from ${before.name} to ${after.name}\n` +
        `added    ${withCommas(counts.added)}\nremoved  ${withCommas(counts.removed)}\n` +
        `re-dated ${withCommas(counts.redated)}\n`;
    if (values.quiet) return EXIT_DONE;
    if (written.some(({ path }) => path === '-')) printError(text.trimEnd());
    else await print(text);
    return EXIT_DONE;
  },
};

/**
 * Opens and verifies the lists of two versions, because comparing a damaged one would miscount.
 * Archived versions are unpacked outside the store, which stays unchanged.
 */
async function withLists<Result>(
  store: ListStore,
  versions: readonly [StoredVersion, StoredVersion],
  use: (before: List, after: List) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'tacet-diff-'));
  const handles: ListHandle[] = [];
  const open = async ({ name, archived }: StoredVersion, as: string): Promise<List> => {
    let path = store.listFile(name);
    if (archived) {
      path = join(folder, `${as}.tacet`);
      await gunzipFile(store.archiveFile(name), path);
    }
    const handle = await openListFile(path);
    handles.push(handle);
    await verifyListFile(handle);
    return attachList(handle, 'auto');
  };
  try {
    return await use(await open(versions[0], 'before'), await open(versions[1], 'after'));
  } finally {
    for (const handle of handles) closeListFile(handle);
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare(
  before: List,
  after: List,
  paths: Pick<ValuesOf<typeof DIFF_OPTIONS>, 'added' | 'removed' | 'redated'>,
) {
  const files: LineFile[] = [];
  const file = async (path: string | undefined): Promise<LineFile | undefined> => {
    if (path === undefined) return undefined;
    const opened = new LineFile(await openOutput(path));
    files.push(opened);
    return opened;
  };
  try {
    const added = await file(paths.added);
    const removed = await file(paths.removed);
    const redated = await file(paths.redated);
    const visitor: DifferenceVisitor = {
      added: (key, day) => added?.add(`${key};${dateOf(day)}\n`),
      removed: (key, day) => removed?.add(`${key};${dateOf(day)}\n`),
      redated: (key, from, to) => redated?.add(`${key};${dateOf(from)};${dateOf(to)}\n`),
    };
    const counts = await diffLists(before, after, visitor, () =>
      Promise.all(files.map((written) => written.flush())),
    );
    for (const written of files) await written.finish();
    return counts;
  } finally {
    for (const { file: left } of files) await left.discard();
  }
}

function dateOf(day: number): string {
  return day === 0 ? '' : formatIsoDay(day);
}

/** Collects lines into chunks and writes them to an output, a file once it is complete. */
class LineFile {
  readonly file: OutputFile;
  #text = '';

  constructor(file: OutputFile) {
    this.file = file;
  }

  add(line: string): void {
    this.#text += line;
  }

  async flush(sizeMin = PIECE_CHARACTERS): Promise<void> {
    if (this.#text.length < sizeMin) return;
    const text = this.#text;
    this.#text = '';
    await this.file.write(Buffer.from(text));
  }

  async finish(): Promise<void> {
    await this.flush(1);
    await this.file.sync();
    await this.file.publish();
  }
}
