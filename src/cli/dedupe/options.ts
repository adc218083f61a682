import { availableParallelism } from 'node:os';
import { type AskedColumn, type DedupeFilesOptions, isSeparator } from '../../contacts/dedupe.ts';
import { ADVERTISER_BYTES_MAX, JOB_ID, JOB_ID_RULE } from '../../wire/identity.ts';
import { type readArguments, readCount, usage } from '../arguments.ts';
import { NEW_VERSION_HELP, NEW_VERSION_OPTIONS } from './new-version.ts';

/** The flags of `tacet dedupe`. */
export const DEDUPE_FLAGS = {
  server: { type: 'string' },
  list: { type: 'string', multiple: true },
  column: { type: 'string', multiple: true },
  'not-dialled': { type: 'string', multiple: true },
  'blocked-cells': { type: 'string' },
  header: { type: 'boolean' },
  'no-header': { type: 'boolean' },
  'skip-lines': { type: 'string' },
  separator: { type: 'string' },
  region: { type: 'string' },
  'country-column': { type: 'string' },
  'opt-in-column': { type: 'string', multiple: true },
  'opt-in-format': { type: 'string' },
  advertiser: { type: 'string' },
  'job-id': { type: 'string' },
  workers: { type: 'string' },
  callable: { type: 'string' },
  blocked: { type: 'string' },
  undecided: { type: 'string' },
  summary: { type: 'string' },
  ...NEW_VERSION_OPTIONS,
} as const;

export type DedupeValues = ReturnType<typeof readArguments<typeof DEDUPE_FLAGS>>['values'];

export const DEDUPE_HELP = `\
Usage: tacet dedupe CONTACTS.csv (--server HOST:PORT | --list LIST.tacet|STORE) [options]

Splits a contact file by verdict. Rows go out as they came; blocked and undecided rows get two last
columns, tacet_verdict and tacet_reason. A row whose structure is in doubt is undecided. Files may
be .gz; - is standard input or output. Outputs that are not named are not written, and appear under
their name only when complete, the summary last. docs/CONTACTS.md says what becomes of which file.

  --server HOST:PORT       ask a server
  --list LIST.tacet        ask a list file or a store, no server needed; repeat for several
  --callable F             rows that may be called: callable and callable-opt-in
  --blocked F              rows with a number that may not be called
  --undecided F            rows not to be called: not-covered, unreadable, and rows in doubt
  --summary F.json         the evidence of the run

  --column NAME|N          a column of phone numbers to be dialled (default: the one that clearly
                           is); repeat for several: a row is blocked if one of its numbers is,
                           else undecided if one is
  --blocked-cells keep|empty
                           what becomes of a number that may not be called in a row with one that
                           may: it keeps the row (default), or its cell is emptied and the row is
                           callable
  --not-dialled NAME|N     a column of phone numbers that nobody will dial; repeat for several.
                           Others are looked up too, and a listed number in them leaves the row
                           undecided
  --country-column NAME|N  the country of the phone numbers: BE, 32, +32, 0032
  --region CC              region of numbers written nationally (default BE)
  --opt-in-column NAME|N   the column of the day of the opt-in (default none); one for each
                           --column
  --opt-in-format FORMAT   made of YYYY, MM, DD and separators (default YYYY-MM-DD); a time of day
                           behind it is dropped

  --header                 the first row is a header, whatever it looks like
  --no-header              the first row is a contact
  --skip-lines N           lines above the header, 0 to 1000 (default 0); they go nowhere
  --separator C            what is between cells: one character, or tab (default: found)

${NEW_VERSION_HELP}
  --advertiser TEXT        on whose behalf, for the summary
  --job-id ID              1-64 of [A-Za-z0-9._-], for the summary
  --workers N              threads that read and match, 1 to 64 (default: one a core, at most 16)`;

/** More would wait for the one thread that writes. */
const WORKERS_MAX = 64;
/** By then the writing thread has no time left, and each takes some 25 MiB. */
const DEFAULT_WORKERS_MAX = 16;
const SKIP_LINES_MAX = 1000;

/** Refuses what cannot be meant, before anything is opened. Errors: ERR_USAGE. */
export function checkUsage(values: DedupeValues): void {
  const { callable, blocked, undecided, summary, header, advertiser } = values;
  if (callable === undefined && blocked === undefined && undecided === undefined) {
    throw usage('no output is named', 'Name at least one of --callable, --blocked, --undecided');
  }
  if (header === true && values['no-header'] === true) {
    throw usage('--header and --no-header exclude each other');
  }
  const jobId = values['job-id'];
  if (jobId !== undefined && !JOB_ID.test(jobId)) throw usage(`--job-id: expected ${JOB_ID_RULE}`);
  if (Buffer.byteLength(advertiser ?? '') > ADVERTISER_BYTES_MAX) {
    throw usage(`--advertiser: expected at most ${ADVERTISER_BYTES_MAX} bytes`);
  }
  const optIns = values['opt-in-column'] ?? [];
  if (values['opt-in-format'] !== undefined && optIns.length === 0) {
    throw usage('--opt-in-format without --opt-in-column');
  }
  const columns = values.column?.length ?? 0;
  if (optIns.length > 0 && optIns.length !== Math.max(1, columns)) {
    throw usage(
      `--opt-in-column is given ${optIns.length} times, --column ${columns} times`,
      'Give --opt-in-column once for each --column, in the same order',
    );
  }
  if (summary === '-') throw usage('--summary takes a file');
  workersOf(values);
  fileOptions(values);
}

/** How the contacts are to be read, from the flags. Errors: ERR_USAGE. */
export function fileOptions(values: DedupeValues): Omit<DedupeFilesOptions, 'input'> {
  const { callable, blocked, undecided, header } = values;
  const country = values['country-column'];
  return {
    columns: values.column?.map(columnOf),
    notDialled: values['not-dialled']?.map(columnOf),
    emptiesCells: emptiesCells(values['blocked-cells']),
    header: values['no-header'] === true ? false : header,
    skipLines: skipLinesOf(values['skip-lines']),
    separator: separatorOf(values.separator),
    regionTold: values.region !== undefined,
    countryColumn: country === undefined ? undefined : columnOf(country),
    optInColumns: values['opt-in-column']?.map(columnOf),
    optInFormat: values['opt-in-format'],
    callable,
    blocked,
    undecided,
    threads: workersOf(values),
    // Only the summary names them.
    digests: values.summary !== undefined,
  };
}

/** How many threads read the contacts. Errors: ERR_USAGE. */
export function workersOf({ workers }: DedupeValues): number {
  if (workers === undefined) return Math.min(DEFAULT_WORKERS_MAX, availableParallelism());
  return readCount(workers, 'workers', { min: 1, max: WORKERS_MAX });
}

function emptiesCells(text: string | undefined): boolean {
  if (text === undefined || text === 'keep') return false;
  if (text === 'empty') return true;
  throw usage(`--blocked-cells: expected keep or empty, got "${text}"`);
}

function skipLinesOf(text: string | undefined): number {
  return text === undefined ? 0 : readCount(text, 'skip-lines', { min: 0, max: SKIP_LINES_MAX });
}

function separatorOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const separator = text === 'tab' || text === '\\t' ? '\t' : text;
  if (isSeparator(separator)) return separator;
  throw usage(
    `--separator: expected one ASCII character, no letter, digit, quote or plus, got "${text}"`,
    'For example --separator ";" or --separator tab',
  );
}

/** A column by number counts from 1; anything else is a header name. */
function columnOf(text: string): AskedColumn {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : text;
}
