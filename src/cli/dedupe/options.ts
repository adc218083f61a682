import type { AskedColumn } from '../../contacts/columns/columns.ts';
import { isSeparator } from '../../contacts/dialect.ts';
import type { DedupeFilesOptions } from '../../contacts/options.ts';
import type { DedupeValues } from '../../options/dedupe.ts';
import { DEDUPE_GROUPS, groupsHelp } from '../../options/help/groups.ts';
import { JOB_ID, JOB_ID_RULE } from '../../wire/identity.ts';
import { checkAdvertiser, usage } from '../arguments.ts';

export const DEDUPE_HELP = `\
Usage: tacet dedupe CONTACTS.csv (--server HOST:PORT | --list LIST.tacet|STORE) [options]

Splits a contact file by verdict. Rows go out as they came; blocked and undecided rows get two last
columns, tacet_verdict and tacet_reason. A row whose structure is in doubt is undecided. Files may
be .gz; - is standard input or output. Outputs that are not named are not written, and appear under
their name only when complete, the summary last. docs/CONTACTS.md says what becomes of which file.

${groupsHelp(DEDUPE_GROUPS)}`;

/** Refuses options that make no sense together, before anything is opened. Errors: ERR_USAGE. */
export function checkUsage(values: DedupeValues): void {
  const { callable, blocked, undecided, summary, advertiser, jobId } = values;
  if (callable === undefined && blocked === undefined && undecided === undefined) {
    throw usage('no output is named', 'Name at least one of --callable, --blocked, --undecided');
  }
  if (jobId !== undefined && !JOB_ID.test(jobId)) throw usage(`--job-id: expected ${JOB_ID_RULE}`);
  checkAdvertiser(advertiser);
  const { columns = [], optInColumns = [] } = values;
  if (values.optInFormat !== undefined && optInColumns.length === 0) {
    throw usage('--opt-in-format without --opt-in-column');
  }
  if (optInColumns.length > 0 && optInColumns.length !== Math.max(1, columns.length)) {
    throw usage(
      `--opt-in-column is given ${optInColumns.length} times, --column ${columns.length} times`,
      'Give --opt-in-column once for each --column, in the same order',
    );
  }
  if (summary === '-') throw usage('--summary takes a file');
  separatorOf(values.separator);
}

/**
 * Turns the values into options for reading the contacts. Errors: ERR_USAGE.
 *
 * @param typed the flags that are on the command line
 */
export function fileOptions(
  values: DedupeValues,
  typed: ReadonlySet<string>,
): Omit<DedupeFilesOptions, 'input'> {
  const { callable, blocked, undecided, header, noHeader, countryColumn } = values;
  return {
    columns: values.columns?.map(columnOf),
    notDialled: values.notDialled?.map(columnOf),
    emptiesCells: values.blockedCells === 'empty',
    header: noHeader ? false : header || undefined,
    skipLines: values.skipLines,
    separator: separatorOf(values.separator),
    // A region of the environment is the default, not what somebody says of this file.
    regionTold: typed.has('region'),
    countryColumn: countryColumn === undefined ? undefined : columnOf(countryColumn),
    optInColumns: values.optInColumns?.map(columnOf),
    optInFormat: values.optInFormat,
    callable,
    blocked,
    undecided,
    threads: values.workers,
  };
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

/** Digits are a column number from 1; anything else is a header name. */
function columnOf(text: string): AskedColumn {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : text;
}
