/** What a sync decides, and how it reports that. */
import { readFile } from 'node:fs/promises';
import { TacetError } from '../errors.ts';
import type { ListHeader } from '../list/format.ts';
import { describeLayout, type Layout, parseLayout } from '../source/layout/layout.ts';
import { readLog } from '../store/log.ts';
import type { ListStore } from '../store/store.ts';
import {
  headerFacts,
  type SourceOrigin,
  type StoredVersion,
  type VersionRecord,
} from '../store/version.ts';
import type { Fetched } from './fetch/fetch-source.ts';
import { endsInLineEnd, type Received } from './fetch/received-file.ts';
import type { GuardBounds } from './guard/bounds.ts';
import { type GuardFacts, type Refusal, refusal, wholeText } from './guard/guard.ts';
import type { SyncOutcome } from './outcome.ts';

/** The part of an outcome that the sync itself knows. */
export type Decision = Pick<SyncOutcome, 'result' | 'message'> &
  Partial<Pick<SyncOutcome, 'source' | 'changes' | 'refusals' | 'quarantined'>>;

/** How to read a source: by the pinned layout, by a layout yet to be pinned, or by detection. */
export type KnownLayout =
  | { readonly kind: 'pinned' | 'given'; readonly layout: Layout }
  | { readonly kind: 'unknown'; readonly layout: 'auto' };

/** What is known of a source when it is refused; its files are in the store's tmp folder. */
export interface Refused {
  readonly fetched: Fetched;
  /** Null if it could not be unpacked. */
  text: Received | null;
  /** Null if packing failed. */
  packed: { readonly record: VersionRecord; readonly path: string } | null;
}

export function unchanged(
  { origin }: Fetched,
  known: StoredVersion,
  serving: StoredVersion | null = known,
): Decision {
  const isServing = known.name === serving?.name;
  return {
    result: 'unchanged',
    message: isServing
      ? `${origin.fileName} is the version that serves, ${known.name}`
      : `${origin.fileName} is ${known.name}, which was rolled back from: it stays out`,
    source: origin,
  };
}

/** The part of a decision that goes into the store's log. */
export function logged({ message, source, refusals, quarantined }: Decision) {
  return {
    message,
    ...(source !== undefined && { source }),
    ...(refusals !== undefined && { rules: refusals.map(({ rule }) => rule) }),
    ...(quarantined !== undefined && { quarantined }),
  };
}

/** Why an unreadable source is refused: the read error, and whether the file looks cut short. */
export function unreadable(
  error: TacetError,
  { fetched, text }: Refused,
  { bounds, layout }: { readonly bounds: GuardBounds; readonly layout: Layout | 'auto' },
): Refusal[] {
  const refusals = [refusal('format', sourceText(error, fetched, text?.bytes ?? 0))];
  const cut =
    text === null ? null : wholeText({ endsInLineEnd: endsInLineEnd(text, layout) }, bounds);
  return cut === null ? refusals : [refusal('whole', cut), ...refusals];
}

/** A read error that names the source as it was delivered. */
function sourceText(error: TacetError, { origin, file }: Fetched, textBytes: number): string {
  const { where, ...rest } = error.detail;
  const line = where === undefined ? '' : (/:\d+$/.exec(where)?.[0] ?? '');
  const size = textBytes === 0 ? `${file.bytes} bytes` : `${textBytes} bytes of text`;
  return new TacetError(error.code, { ...rest, where: `${origin.fileName}${line} (${size})` })
    .message;
}

export async function readLayoutFile(path: string): Promise<Layout> {
  const json = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TacetError('ERR_OPTION', {
      what: 'the layout cannot be read',
      where: path,
      fix: 'Check --layout',
      cause,
    });
  });
  return parseLayout(json, path);
}

/** Not a refusal: nothing is wrong with the file. */
export function notPinned(layout: Layout): TacetError {
  return new TacetError('ERR_STORE', {
    what: 'the layout of this list is not pinned yet, so that drift could not be told',
    got: `a file with ${describeLayout(layout)}`,
    fix:
      'If that is right, sync once with --confirm-layout, which pins it; else give the layout ' +
      'with --layout FILE',
  });
}

const LOG_TAIL_BYTES = 4_194_304;

/**
 * A version the store already has: the one that serves, from a source with different bytes, or one
 * that served and was rolled back. A version that was added but never served does not count: the
 * sync that added it was killed before it could switch.
 */
export async function knownVersion(
  store: ListStore,
  header: ListHeader,
  serving: StoredVersion | null,
): Promise<StoredVersion | null> {
  const { name } = headerFacts(header);
  if (serving?.name === name) return serving;
  const known = await store.version(name).catch(() => null);
  if (known === null || !(await hasServed(store, name))) return null;
  return known;
}

/** The record of a version that is not in the store yet. */
export function recordOf(
  source: SourceOrigin,
  header: ListHeader,
  { previous, facts }: { readonly previous: string | null; readonly facts: GuardFacts },
): VersionRecord {
  const { added = null, removed = null, redated = null } = facts.changes ?? {};
  const packedAtUnix = Math.floor(facts.nowMs / 1000);
  return {
    ...headerFacts(header),
    added,
    removed,
    redated,
    previous,
    source,
    packedAtUnix,
    accepted: null,
  };
}

/** Whether a version has served, according to the store's log. */
async function hasServed(store: ListStore, name: string): Promise<boolean> {
  const { lines } = await readLog(store, undefined, LOG_TAIL_BYTES);
  return lines.some(
    (line) => line.includes('"event":"switched"') && line.includes(`"version":"${name}"`),
  );
}

/** What went wrong, in human-readable form. */
export function textOf(cause: unknown): string {
  if (cause instanceof TacetError) return cause.message;
  return `a defect of Tacet: ${cause instanceof Error ? cause.stack : cause}`;
}
