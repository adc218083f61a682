/**
 * Every error Tacet throws, each with a code that stays the same from release to release.
 * Scripts and the status mapping of the server rely on the code, people read the message.
 */
export const ERROR_CODES = [
  'ERR_USAGE', // wrong arguments of a command: exit code 2
  'ERR_OPTION', // an option's value is out of range or unknown
  'ERR_IO', // a file could not be read or written
  'ERR_SOURCE_FILE', // the txt as a whole: empty, binary, a directory, a FIFO
  'ERR_SOURCE_LAYOUT', // the layout of the txt cannot be settled, or the profile is wrong
  'ERR_SOURCE_LINE', // a malformed line of the txt, or one that drifts from the layout
  'ERR_SNAPSHOT', // the snapshot date is missing, malformed or in the future
  'ERR_FORMAT_MAGIC', // not a list file
  'ERR_FORMAT_VERSION', // a list file of a version this build cannot read
  'ERR_FORMAT_HEADER', // a header field out of range
  'ERR_FORMAT_SIZE', // the file is shorter or longer than its header says
  'ERR_FORMAT_CHECKSUM', // bytes differ from their checksum
  'ERR_FORMAT_ORDER', // numbers not ascending or not unique
  'ERR_FORMAT_PADDING', // padding that is not zero
  'ERR_FORMAT_SECTION', // a section is missing, doubled, misplaced or unknown and required
  'ERR_FORMAT_INDEX', // an index section disagrees with the numbers
  'ERR_LIST_STALE', // past valid_until: no more answers
  'ERR_LIST_VERSION', // the version asked for is not the one served
  'ERR_LIST_NONE', // no usable list is loaded
  'ERR_LIST_UNKNOWN', // a list that is asked for by name is not served
  'ERR_LIST_SUPERSEDED', // a stream kept its list too long after a newer one took over
  'ERR_LIST_CHANGED', // a list file was changed in place under its map
  'ERR_STORE', // no store, a damaged one, or a version it does not have
  'ERR_STORE_LOCKED', // another process writes to the store
  'ERR_LEDGER', // no ledger, a damaged one, or a key that is not its own
  'ERR_LEDGER_LOCKED', // another process writes to the ledger
  'ERR_LEDGER_ROLLED_BACK', // a ledger holds less than it has signed, or something else
  'ERR_LEDGER_WRITE', // an entry could not be made durable and signed: no receipt
  'ERR_PROOF', // a receipt, an opening or a part of one that does not verify
  'ERR_FETCH', // the source could not be fetched: unreachable, cut, host key, credentials, growing
  'ERR_GUARD', // a new version may not serve; the detail names the rules it broke
  'ERR_CSV', // the contact file cannot be read as asked
  'ERR_REQUEST', // a request that is not valid as it stands
  'ERR_LIMIT', // a documented limit was reached
  'ERR_WIRE', // bytes that are not the message
  'ERR_DATES_NOT_DISCLOSED', // registration dates asked of a server that does not disclose them
  'ERR_ACCESS_FILE', // the access file cannot be read, or has faults; the detail lists them
  'ERR_UNAUTHENTICATED', // no valid credentials: none, unknown, expired, or of two clients
  'ERR_ACCESS', // not for this client: the method, the purpose or the channel
  'ERR_ADVERTISER', // no advertiser is named, or one the client may not act for
  'ERR_LICENCE', // the asking party or the advertiser has no valid licence
  'ERR_TLS', // a certificate or key that cannot be used
  'ERR_STOPPING', // the server or pool is shutting down
  'ERR_CANCELLED', // the caller went away or aborted
  'ERR_DEADLINE', // the deadline of a call passed before its answer
  'ERR_WORKER', // a worker thread died and the retries were used up
  'ERR_SERVER', // the server could not be reached, or answered with an error
  'ERR_STATE', // no state, a damaged one, one in use, or one that cannot be read or written
  'ERR_STATE_NONE', // the server keeps no registers
  'ERR_STATE_STALE', // the registers have not been read for too long
  'ERR_STATE_UNAVAILABLE', // what a client is told while the state cannot keep or read something
  'ERR_RECONCILE', // counts that must agree do not
  'ERR_INTERNAL', // a defect of Tacet
] as const;

/** A stable code, see {@link ERROR_CODES}. */
export type ErrorCode = (typeof ERROR_CODES)[number];

export function isErrorCode(text: string): text is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(text);
}

/** The parts of a {@link TacetError}. User data appears only as a shape, see {@link shapeOf}. */
export interface ErrorDetail {
  /** What is wrong, in one clause without a full stop: `the file is empty`. */
  readonly what: string;
  /** What was expected, if that helps. */
  readonly expected?: string;
  /** What was found instead; user data as a shape, never as it is. */
  readonly got?: string;
  /** Where: a file, a line, an option, a message. */
  readonly where?: string;
  /** What the reader can do about it, as an instruction. */
  readonly fix?: string;
  /** The facts of the text, for programs: `limit`, `max`. Sent to clients. */
  readonly facts?: Readonly<Record<string, string>>;
  /** The error underneath; kept for the log, never sent to a client. */
  readonly cause?: unknown;
}

/** The only class of error Tacet throws on purpose. Programmer errors are assertions instead. */
export class TacetError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(messageOf(detail), detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'TacetError';
    this.code = code;
    this.detail = detail;
  }
}

function messageOf(detail: ErrorDetail): string {
  const { what, expected, got, where, fix } = detail;
  let message = where === undefined ? what : `${where}: ${what}`;
  if (expected !== undefined) message += `, expected ${expected}`;
  if (got !== undefined) message += `, got ${got}`;
  return fix === undefined ? message : `${message}. ${fix}`;
}

/**
 * The form an error takes between threads: structured clone drops class and code of an Error.
 * The cause is reduced to its text.
 */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
}

/** Turns any thrown value into plain data that survives `postMessage`. */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof TacetError) {
    const { cause, ...rest } = error.detail;
    return {
      code: error.code,
      detail: cause === undefined ? rest : { ...rest, cause: textOf(cause) },
    };
  }
  const cause = error instanceof Error ? (error.stack ?? textOf(error)) : textOf(error);
  return { code: 'ERR_INTERNAL', detail: { what: 'internal error', cause } };
}

/** `String` that never throws: an object may have no `toString`, or one that throws. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'a value without a text';
  }
}

/** The reverse of {@link errorToData}. */
export function errorFromData(data: ErrorData): TacetError {
  return new TacetError(data.code, data.detail);
}

/**
 * The shape of user data for an error text, in double quotes: digits and numbers of any script
 * become 9, letters and their accents A, characters that a terminal would interpret or hide become
 * `?`, the rest stays; at most 40 characters, then an ellipsis. `0475/12.34.56` becomes
 * `"9999/99.99.99"`.
 */
export function shapeOf(text: string): string {
  const shape = text
    .slice(0, 40)
    .replace(/\p{N}/gu, '9')
    .replace(/[\p{L}\p{M}]/gu, 'A')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return text.length > 40 ? `"${shape}..."` : `"${shape}"`;
}

/** Whether an error has one of these operating system codes, such as ENOENT. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Wraps an operating system error about a file into an `ERR_IO` that names the file. */
export function ioError(path: string, doing: string, cause: unknown): TacetError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new TacetError('ERR_IO', {
    what: `cannot ${doing}: ${IO_REASONS.get(code) ?? code}`,
    where: path,
    fix: IO_FIXES.get(code) ?? 'Check the path and its permissions',
    cause,
  });
}

const IO_REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'operation not permitted'],
  ['EISDIR', 'is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many open files'],
]);

const FREE_SPACE = 'Free some space or choose another place; nothing was left behind';

const IO_FIXES: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', FREE_SPACE],
  ['EDQUOT', FREE_SPACE],
  ['EMFILE', 'Raise the limit of open files (ulimit -n)'],
]);
