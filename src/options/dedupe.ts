import { availableParallelism } from 'node:os';
import { APPROACH_OPTIONS, ENGINE_OPTIONS, LEDGER_LOCK_WAIT } from './commands.ts';
import { WORKERS_MAX } from './limits.ts';
import {
  choice,
  count,
  flag,
  optional,
  QUIET,
  region,
  several,
  text,
  type ValuesOf,
} from './option.ts';
import { typed } from './variables.ts';

/** At this many, the writing thread has no time left, and each worker takes some 25 MiB. */
const DEFAULT_WORKERS_MAX = 16;

const column = (name: string, help: string) => text(name, 'NAME|N', help);

export const DEDUPE_OPTIONS = {
  ...ENGINE_OPTIONS,
  callable: typed(
    'replaced',
    optional(
      text(
        'callable',
        'F',
        'rows that may be called: callable and callable-opt-in; not-applicable for service calls',
      ),
    ),
  ),
  blocked: typed(
    'replaced',
    optional(text('blocked', 'F', 'rows with a number that may not be called')),
  ),
  undecided: typed(
    'replaced',
    optional(
      text(
        'undecided',
        'F',
        'rows not to be called: not-covered, unreadable, and rows whose structure is in doubt',
      ),
    ),
  ),
  summary: typed('replaced', optional(text('summary', 'F.json', 'the evidence of the run'))),
  columns: typed(
    'approach',
    optional(
      several(
        column(
          'column',
          'a column of phone numbers to be dialled (default: the one that clearly is); a ' +
            'row is blocked if one of its numbers is, else undecided if one is',
        ),
      ),
    ),
  ),
  blockedCells: typed(
    'approach',
    choice(
      'blocked-cells',
      ['keep', 'empty'],
      'what becomes of a number that may not be called in a row with one that may: it ' +
        'keeps the row, or its cell is emptied and the row callable',
    ),
  ),
  notDialled: typed(
    'approach',
    optional(
      several(
        column(
          'not-dialled',
          'a column of phone numbers that nobody will dial. Others are looked up too, and a' +
            ' listed number in them leaves the row undecided',
        ),
      ),
    ),
  ),
  countryColumn: typed(
    'approach',
    optional(column('country-column', 'the country of the phone numbers: BE, 32, +32, 0032')),
  ),
  region: optional({
    ...region(),
    help: 'region of numbers written nationally (default BE)',
  }),
  optInColumns: typed(
    'approach',
    optional(
      several(
        column('opt-in-column', 'the column of the day of the opt-in; once for each --column'),
      ),
    ),
  ),
  optInFormat: typed(
    'approach',
    optional(
      text(
        'opt-in-format',
        'FORMAT',
        'made of YYYY, MM, DD and separators (default YYYY-MM-DD); a time of day behind ' +
          'it is dropped',
      ),
    ),
  ),
  header: {
    ...typed('approach', flag('header', 'the first row is a header, whatever it looks like')),
    alternative: 'no-header',
  },
  noHeader: {
    ...typed('approach', flag('no-header', 'the first row is a contact')),
    alternative: 'header',
  },
  skipLines: typed(
    'approach',
    count('skip-lines', 'lines above the header; they go nowhere', {
      initial: '0',
      range: { min: 0, max: 1000 },
    }),
  ),
  separator: typed(
    'approach',
    optional(
      text(
        'separator',
        'C',
        'what is between cells: one character, or tab (default: the one that is found)',
      ),
    ),
  ),
  ...APPROACH_OPTIONS,
  newVersion: choice(
    'new-version',
    ['restart', 'record', 'fail'],
    'where no server has the list version any more that the run began with: start ' +
      'over with the newer one (a file is read again, nothing of it has been ' +
      'published), go on with it and record which numbers were answered from which, or ' +
      'fail',
  ),
  restartsMax: count('restarts-max', 'how often to start over', {
    initial: '3',
    range: { min: 0, max: 100 },
  }),
  ledger: typed(
    'proof',
    optional(
      text(
        'ledger',
        'DIR',
        'with --list: prove the run in this ledger, see tacet ledger; nothing is published ' +
          'unless its entry is durable and signed',
      ),
    ),
  ),
  ledgerKey: typed(
    'proof',
    optional(text('ledger-key', 'FILE', 'its private key (default: key.pem in the ledger)')),
  ),
  lockWaitMs: LEDGER_LOCK_WAIT,
  proof: typed('proof', choice('proof', ['job', 'none'], 'what is proved where there is a ledger')),
  receipt: typed(
    'proof',
    optional(
      text('receipt', 'F.tlog-proof', 'the receipt, for tacet proof verify; it holds no number'),
    ),
  ),
  jobSecret: typed(
    'proof',
    optional(
      text(
        'job-secret',
        'F',
        'the secret of the job, 64 hex digits: the receipt then binds the files, for whoever ' +
          'has it; made if it is not there',
      ),
    ),
  ),
  jobId: optional(text('job-id', 'ID', '1-64 of [A-Za-z0-9._-], for the summary')),
  workers: count('workers', 'threads that read and match', {
    initial: String(Math.min(DEFAULT_WORKERS_MAX, availableParallelism())),
    initialText: `one a core, at most ${DEFAULT_WORKERS_MAX}`,
    range: { min: 1, max: WORKERS_MAX },
  }),
  ...QUIET,
};

export type DedupeValues = ValuesOf<typeof DEDUPE_OPTIONS>;
