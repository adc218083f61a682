/** What a proof says, in plain words. */
import { brusselsTime } from '../../calendar/brussels.ts';
import { formatIsoDay } from '../../calendar/day.ts';
import { VERDICT_NAMES } from '../../verdict/verdict.ts';
import { canonicalJson } from '../format/canonical-json.ts';
import type { AskedLeaf, JobLeaf, Leaf } from '../format/leaf.ts';
import type { Proved } from './verify.ts';
import { DE } from './words/de.ts';
import { EN } from './words/en.ts';
import { FR } from './words/fr.ts';
import { NL } from './words/nl.ts';
import type { Words } from './words/words.ts';

export const WORDS = { en: EN, nl: NL, fr: FR, de: DE } as const;

/** A line: its head, and what it says, perhaps in several lines. */
type Line = readonly [head: string, ...values: string[]];

/** Puts values where a text has `{}`, one after another. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  let next = 0;
  return text.replaceAll('{}', () => String(values[next++] ?? ''));
}

/**
 * Says who asked, for whom, which list, when and by whose clock, which verdicts, and what is not
 * shown; lines, each with its line end.
 *
 * @param compared what was compared besides, one line each
 */
export function tell(proved: Proved, words: Words, compared: readonly string[] = []): string {
  const { leaf } = proved;
  const said = 'counts' in leaf ? tellAsked(leaf, words) : tellOther(leaf, words);
  const lines = [...said, ...tellRow(proved, words), ...tellLog(proved, words)];
  const width = Math.max(...lines.map(([head]) => head.length)) + 2;
  const rest = ' '.repeat(width);
  const text = lines.map(([head, ...values]) => head.padEnd(width) + values.join(`\n${rest}`));
  const hidden = notShown(proved, words).map((each) => `- ${each}`);
  return [...text, ...compared, '', `${words.notShown}:`, ...hidden, ''].join('\n');
}

/** What the reader must not take from it. */
export function notShown({ leaf, stamped, cosigned, row }: Proved, words: Words): string[] {
  const isPart = leaf.type === 'part' || ('parts' in leaf && (leaf.parts ?? []).length > 0);
  const isSeen = stamped !== undefined || cosigned.length > 0;
  const isWhole = row === undefined && 'rows' in leaf && leaf.rows === null;
  return [
    words.everyCall,
    words.optIns,
    isSeen ? words.timeBefore : words.timeByOperator,
    ...(isPart ? [words.otherParts] : []),
    ...(isWhole ? [words.singleNumbers] : []),
  ];
}

function tellAsked(leaf: AskedLeaf, words: Words): Line[] {
  const { provider, advertiser, client, licences, registers, purpose, channel } = leaf;
  const who = partyText(provider, words);
  const licencesText = licences.map(
    ({ kind, id, until }) =>
      `${kind} ${id}${until === null ? '' : `, ${fill(words.until, until)}`}`,
  );
  const registersText = registers.map(
    ({ name, revision_first: first, revision_last: last }) =>
      `${name}, ${fill(words.revisions, first, last)}`,
  );
  const orNone = (texts: readonly string[]): string[] =>
    texts.length > 0 ? [...texts] : [words.none];
  return [
    [words.entry, words.kinds[leaf.type]],
    [words.askedBy, client === null ? who : `${who}, ${fill(words.asClient, client)}`],
    [words.forWhom, partyText(advertiser, words)],
    [words.licences, ...orNone(licencesText)],
    [words.kindOfCall, `${words.purposes[purpose]}, ${words.channels[channel]}`],
    ...leaf.lists.map((list): Line => [words.list, ...listTexts(list, words)]),
    [words.registers, ...orNone(registersText)],
    [words.verdicts, ...countTexts(leaf, words)],
    ...('outputs' in leaf ? tellJob(leaf, words) : []),
    [
      words.when,
      fill(words.operatorsClock, timeOf(leaf.started, words), timeOf(leaf.finished, words)),
    ],
  ];
}

function partyText(party: AskedLeaf['provider'], words: Words): string {
  if (party === null) return words.unknown;
  return party.name === null ? party.id : `${party.name} (${party.id})`;
}

function listTexts(list: AskedLeaf['lists'][number], words: Words): string[] {
  const { override } = list;
  const until = timeOf(Date.parse(list.valid_until), words);
  const facts = fill(words.listFacts, list.snapshot_date, list.entries, until);
  const texts = [`${list.name} ${facts}`, `sha256 ${list.sha256}`];
  if (list.source_sha256 !== null) texts.push(`source sha256 ${list.source_sha256}`);
  if (override !== null) {
    const end = timeOf(Date.parse(override.until), words);
    texts.push(fill(words.override, override.by, override.reason, end));
  }
  return texts;
}

function countTexts({ counts: { numbers, ...counts } }: AskedLeaf, words: Words): string[] {
  const texts = Object.entries(words.counts).flatMap(([name, text]) => {
    // The words have a text for each count.
    const count = counts[name as keyof typeof counts];
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return [fill(words.numbers, numbers), ...texts];
}

function tellJob(leaf: JobLeaf, words: Words): Line[] {
  const { job_id, region, engine, input, outputs, parts } = leaf;
  const files = { input, ...outputs };
  const texts = Object.entries(words.roles).flatMap(([role, text]) => {
    // The words have a text for each role.
    const file = files[role as keyof typeof files];
    return file == null ? [] : [fill(words.fileRows, text, file.rows)];
  });
  return [
    [
      words.job,
      `${job_id ?? words.unknown}, ${region}, ${engine.name} ${engine.version}`,
      ...(parts ?? []).map(({ index, origin }) => fill(words.hasPart, index, origin)),
    ],
    ...(texts.length > 0 ? [[words.files, ...texts] as const] : []),
  ];
}

/** An entry that is no answer is shown as it is. */
function tellOther(leaf: Leaf, words: Words): Line[] {
  return [[words.entry, leaf.type, canonicalJson({ ...leaf })]];
}

function tellRow({ row }: Proved, words: Words): Line[] {
  if (row === undefined) return [];
  const name = VERDICT_NAMES[row.verdict]?.replaceAll('-', '_') ?? '';
  const verdicts: Readonly<Record<string, string>> = words.counts;
  const number = row.number === 0 ? words.unreadableNumber : `+${row.number}`;
  const verdict = verdicts[name] ?? words.unknown;
  const optIn =
    row.optInDay === 0 ? words.noOptIn : fill(words.optInOf, formatIsoDay(row.optInDay));
  return [[words.row, `${fill(words.rowIs, number, row.index, verdict)}; ${optIn}`]];
}

function tellLog(proved: Proved, words: Words): Line[] {
  const { origin, index, size, keys, stamped, cosigned } = proved;
  const seen = cosigned.map(({ witness, timeUnix }) =>
    fill(words.cosigned, timeOf(timeUnix * 1000, words), witness),
  );
  if (stamped !== undefined) {
    seen.push(fill(words.stamped, timeOf(stamped.unixMs, words), stamped.authority));
  }
  return [
    [words.log, `${origin}, ${fill(words.entryOf, index, size)}`],
    [words.signedBy, ...keys],
    [words.before, ...(seen.length > 0 ? seen : [words.nobodyElse])],
  ];
}

const timeOf = (unixMs: number, words: Words): string => brusselsTime(unixMs, words.brusselsTime);
