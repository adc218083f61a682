/** The options of `tacet ledger` and `tacet proof`. */
import { LEDGER_LOCK_WAIT, PERSON_OPTIONS } from './commands.ts';
import { choice, flag, type Option, optional, several, text } from './option.ts';
import { typed } from './variables.ts';

const LEDGER = { ledger: text('ledger', 'DIR', 'the ledger') };

const JSON_OPTION = { json: flag('json', 'print one JSON object') };

const KEY = typed(
  'removed',
  optional(
    text('key', 'FILE', 'its private key, Ed25519 as PKCS#8 PEM (default: key.pem in the ledger)'),
  ),
);

export const LEDGER_INIT_OPTIONS = {
  ...LEDGER,
  origin: text('origin', 'NAME', 'name of the log and of its key: an address that is yours', {
    expected: 'a name such as ledger.firm.example/be1: printable ASCII without space and plus',
    accepts: (given) => /^[!-*,-~]{1,200}$/.test(given),
  }),
  key: KEY,
  previous: optional(
    text('previous', 'CHECKPOINT', 'the last signed head of the log that this one continues'),
  ),
  ...JSON_OPTION,
};

export const LEDGER_READ_OPTIONS = { ...LEDGER, ...JSON_OPTION };

export const LEDGER_ROTATE_OPTIONS = { ...LEDGER, lockWaitMs: LEDGER_LOCK_WAIT, ...JSON_OPTION };

export const LEDGER_EXPORT_OPTIONS = {
  ...LEDGER,
  out: typed('replaced', text('out', 'DIR', 'where the files go')),
  ...JSON_OPTION,
};

/** At least the year that people mean. */
const DAYS_OF_YEAR = 366;

/** A time to keep something, in days. */
function retention(name: string, help: string): Option<number> {
  const expected = 'a time such as 400d or 5y';
  return {
    ...text(name, 'TIME', help, { expected }),
    parse: ([given = '', another]) => {
      const [, count, unit] = /^([1-9]\d{0,4})([dy])$/.exec(given) ?? [];
      if (count === undefined || another !== undefined) return undefined;
      return { value: Number(count) * (unit === 'y' ? DAYS_OF_YEAR : 1) };
    },
  };
}

export const LEDGER_ERASE_OPTIONS = {
  ...LEDGER,
  jobs: typed('removed', optional(several(text('job', 'ID', 'entries of this job')))),
  retainDays: typed('removed', optional(retention('retain', 'entries that ended longer ago'))),
  key: KEY,
  lockWaitMs: LEDGER_LOCK_WAIT,
  dryRun: typed('run', flag('dry-run', 'only say which')),
  ...PERSON_OPTIONS,
};

const PROOF_LANGUAGES = ['en', 'nl', 'fr', 'de'] as const;

export const PROOF_VERIFY_OPTIONS = {
  policy: text('policy', 'F', 'whose logs and witnesses count: log, witness, group, quorum lines'),
  timeStamp: typed('evidence', optional(text('tsr', 'F', 'a time stamp of the head (RFC 3161)'))),
  timeStampCa: typed(
    'evidence',
    optional(text('tsa-ca', 'F', 'certificates, PEM, of the authority that may have made it')),
  ),
  list: typed(
    'evidence',
    optional(text('list', 'L.tacet', 'the list that must be the one that was asked')),
  ),
  files: typed(
    'evidence',
    optional(several(text('files', 'F', 'files that must be those of the job'))),
  ),
  jobSecret: typed(
    'evidence',
    optional(text('job-secret', 'F', 'the secret of the job, 64 hex digits')),
  ),
  language: choice('lang', PROOF_LANGUAGES, 'the language of the words'),
  ...JSON_OPTION,
};
