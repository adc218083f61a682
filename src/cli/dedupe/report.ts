import { brusselsTime } from '../../calendar/brussels.ts';
import type { Column } from '../../contacts/columns/columns.ts';
import type { DedupeFilesResult } from '../../contacts/options.ts';
import type { Channel } from '../../verdict/approach.ts';
import { withCommas } from '../print.ts';
import type { Evidence } from './evidence.ts';
import { versionLines } from './new-version.ts';
import type { Proved } from './run-proof.ts';
import { unreadableAdvice } from './unreadable-advice.ts';

/** The lines that `tacet dedupe` prints at the end of a run. */
export function reportLines(evidence: Evidence, result: DedupeFilesResult): string[] {
  const seconds = (evidence.finishedUnixMs - evidence.startedUnixMs) / 1000;
  const hasCallable = result.outputs.some(({ kind }) => kind === 'callable');
  const what = hasCallable ? callableWords(evidence) : 'These verdicts hold';
  const line = (name: string, count: number): string =>
    `  ${name.padEnd(16)}${withCommas(count).padStart(14)}`;
  return [
    `${rowsText(evidence.rows)} in ${seconds.toFixed(1)} s, ${columnsText(result)}`,
    line('callable', evidence.callable),
    line('callable-opt-in', evidence.callableOptIn),
    line('blocked', evidence.blocked),
    line('not-covered', evidence.notCovered),
    line('unreadable', evidence.unreadable),
    ...(evidence.purpose === 'service' ? [line('not-applicable', evidence.notApplicable)] : []),
    ...doubtLines(evidence),
    ...oddityLines(evidence, result),
    ...result.outputs.map(({ kind, name, rows }) => {
      const place = name === '-' ? 'on standard output' : `in ${name}`;
      return `${kind}: ${rowsText(rows)} ${place}`;
    }),
    ...versionLines(evidence.versions),
    ...overrideLines(evidence),
    `list ${evidence.name} of ${evidence.snapshotDate}, sha256 ${evidence.sha256}`,
    ...evidence.registers.map(({ name, firstRevision: first, lastRevision: last }) => {
      const revisions = first === last ? `revision ${first}` : `revisions ${first} to ${last}`;
      return `register ${name}, ${revisions}`;
    }),
    ...evidence.notices.map((notice) => `notice: ${notice}`),
    ...approachLines(evidence),
    `${what} until ${brusselsTime(evidence.validUntilUnix * 1000)}.`,
  ];
}

/** Where a run is proved. */
export function proofLines(
  proved: Proved | undefined,
  { receipt }: { readonly receipt?: string | undefined },
): string[] {
  if (proved === undefined) return [];
  const kept = receipt === undefined ? 'no receipt was kept: --receipt F' : `receipt in ${receipt}`;
  return [`proved: entry ${proved.index} of ${proved.origin}, ${kept}`];
}

/** Lines that say what else than the list decided; none if it did. */
function approachLines({ purpose, channel, listNotApplied }: Evidence): string[] {
  if (listNotApplied !== null) return [`The list was not applied: ${listNotApplied}.`];
  if (channel !== 'automated' || purpose === 'service') return [];
  return [
    'For automated calls: without an opt-in that counts, every number is blocked; ' +
      'a listed one needs an opt-in later than its registration.',
  ];
}

/** What the callable file is for, by channel. */
const CALLABLE_FOR: Readonly<Record<Channel, string>> = {
  person: 'The callable file may be dialled',
  automated: 'The callable file may be dialled by machine',
  sms: 'The callable file may be sent SMS',
  fax: 'The callable file may be sent faxes',
};

function callableWords({ purpose, channel }: Evidence): string {
  return `${CALLABLE_FOR[channel]}${purpose === 'service' ? ', for service alone,' : ''}`;
}

function columnsText({ columns: { dialled } }: DedupeFilesResult): string {
  const names = dialled.map(({ name, number }) => JSON.stringify(name ?? number));
  if (names.length === 0) return 'the file is empty';
  return `${names.length === 1 ? 'column' : 'columns'} ${names.join(', ')}`;
}

/** Lines about rows that are undecided regardless of their numbers. */
function doubtLines(evidence: Evidence): string[] {
  const lines: string[] = [];
  const { 'row-structure': structure = 0, 'other-column-listed': other = 0 } = evidence.rowsInDoubt;
  if (structure > 0) {
    lines.push(
      `${rowsAre(structure)} undecided: the structure is in doubt, see docs/CONTACTS.md`,
      ...evidence.structureDoubts.map(
        ({ kind, rows, firstLine: first }) =>
          `  ${kind.padEnd(20)}${withCommas(rows).padStart(10)}, first in line ${first}`,
      ),
    );
  }
  if (other > 0) {
    lines.push(`${rowsAre(other)} undecided: a column that is not dialled holds a listed number`);
  }
  return lines;
}

function oddityLines(evidence: Evidence, result: DedupeFilesResult): string[] {
  const lines: string[] = [];
  if (result.lookedUpColumns.length > 0) {
    const columns = result.lookedUpColumns.map(columnText).join(', ');
    lines.push(
      `looked up too, because they hold phone numbers: ${columns}. ` +
        'Say --column if they are dialled, --not-dialled if nobody dials them',
    );
  }
  const { optInUnreadable: optIns, unevenRows: uneven } = evidence;
  if (optIns > 0) {
    lines.push(`${withCommas(optIns)} opt-in dates could not be read and count for nothing`);
  }
  if (uneven > 0) {
    lines.push(`uneven: ${rowsText(uneven)} with another number of cells than the first row`);
  }
  const advice = unreadableAdvice(result.reasons);
  return advice === undefined ? lines : [...lines, advice];
}

function rowsText(count: number): string {
  return `${withCommas(count)} ${count === 1 ? 'row' : 'rows'}`;
}

function rowsAre(count: number): string {
  return `${rowsText(count)} ${count === 1 ? 'is' : 'are'}`;
}

function columnText({ number, name }: Column): string {
  return name === null ? `${number}` : `${number} ${JSON.stringify(name)}`;
}

function overrideLines({ override }: Evidence): string[] {
  if (override === null) return [];
  const { by, reason, untilUnix } = override;
  const until = brusselsTime(untilUnix * 1000);
  return [`freshness overridden until ${until} by ${by}: ${reason}`];
}
