import { resolve } from 'node:path';
import { formatIsoDay, parseIsoDay } from '../calendar/day.ts';
import type { OutputFile } from '../disk/output-file.ts';
import { openOutput } from '../disk/standard-output.ts';
import { TacetError } from '../errors.ts';
import { type ReadList, readList } from './listed.ts';
import { checkCount, checkSeed } from './numbers.ts';
import { sampleOptIn } from './opt-ins.ts';
import { sampleName, sampleRemark, sampleTown } from './people.ts';
import { CONTACTS_STREAM, PhoneSampler } from './phones.ts';
import { Random } from './random.ts';
import { trueVerdicts } from './truth.ts';

interface SampleContactsOptions {
  /** Contacts, 1 to 1,000,000,000. */
  readonly rows: number;
  /** 0 to 2^53 - 1. The same options, list and seed give the same bytes. */
  readonly seed: number;
  /** The txt that `writeSampleList` wrote, uncompressed. */
  readonly list: string;
  /** The CSV to write; undefined is standard output. */
  readonly out: string | undefined;
  /** The TSV of true verdicts to write; undefined for none. */
  readonly truth?: string | undefined;
  /**
   * Epoch day of the latest opt-in; if absent, or earlier than the newest registration of the list,
   * that registration's day. The truth holds on every later day until 2095.
   */
  readonly todayDay?: number;
  /** Refuse a longer list, default 5,000,000: its lines are kept in memory as text. */
  readonly listLinesMax?: number;
}

const ROWS_MAX = 1_000_000_000;
const LIST_LINES_MAX = 5_000_000;

/** Dates from 2095 on stand for the future. */
const TODAY_DAY_MAX = parseIsoDay('2094-12-31');

/** Characters buffered before a write. */
const CHUNK_CHARACTERS = 262_144;

const CONTACTS_HEADER = 'contact_id;name;phone;postcode;city;opt_in_date;note';
const TRUTH_HEADER = 'row\tverdict\tverdict_without_opt_in';

/**
 * Writes a synthetic contact file: UTF-8, LF, `;`, a header, quoted where needed, about a fifth of
 * its numbers on `list`. With `truth` it also writes each row's verdicts, with and without its
 * opt-in, from an independent implementation of the rules.
 *
 * Memory grows with the list (about 130 bytes a line), not with the rows.
 *
 * @throws ERR_OPTION, ERR_IO, ERR_SOURCE_LINE (the list), ERR_LIMIT (a list too long)
 */
export async function writeSampleContacts(options: SampleContactsOptions): Promise<void> {
  checkOptions(options);
  const list = await readList(options.list, { linesMax: options.listLinesMax ?? LIST_LINES_MAX });
  const lastDay = Math.max(list.newestDay, options.todayDay ?? 0);
  checkToday(lastDay);
  const outputs: OutputFile[] = [];
  try {
    const contacts = await openOutput(options.out);
    outputs.push(contacts);
    const truth = options.truth === undefined ? undefined : await openOutput(options.truth);
    if (truth !== undefined) outputs.push(truth);
    const rows = new ContactRows(list, { seed: options.seed, lastDay });
    await writeRows(rows, options.rows, { contacts, truth });
    for (const output of outputs) await output.sync();
    for (const output of outputs) await output.publish();
  } finally {
    for (const output of outputs) await output.discard();
  }
}

async function writeRows(
  rows: ContactRows,
  count: number,
  { contacts, truth }: { contacts: OutputFile; truth: OutputFile | undefined },
): Promise<void> {
  let contactText = `${CONTACTS_HEADER}\n`;
  let truthText = `${TRUTH_HEADER}\n`;
  for (let row = 1; row <= count; row++) {
    const contact = rows.next(row);
    contactText += lineOf(contact, rows.random);
    if (truth !== undefined) truthText += rows.truthOf(row, contact);
    if (contactText.length >= CHUNK_CHARACTERS || row === count) {
      await contacts.write(Buffer.from(contactText));
      await truth?.write(Buffer.from(truthText));
      contactText = '';
      truthText = '';
    }
  }
}

type Contact = ReturnType<ContactRows['next']>;

class ContactRows {
  readonly random: Random;
  private readonly list: ReadList;
  private readonly lastDay: number;
  private readonly today: string;
  private readonly phones: PhoneSampler;

  constructor(list: ReadList, options: { seed: number; lastDay: number }) {
    this.list = list;
    this.lastDay = options.lastDay;
    this.today = formatIsoDay(options.lastDay);
    this.random = new Random(options.seed, CONTACTS_STREAM);
    this.phones = new PhoneSampler(this.random, list.numbers);
  }

  /** @param row 1-based */
  next(row: number) {
    const { random, lastDay } = this;
    const phone = this.phones.next();
    return {
      id: `C${String(row).padStart(7, '0')}`,
      name: sampleName(random),
      phoneText: phone.text,
      ...sampleTown(random),
      optInDate: sampleOptIn(random, { registeredDay: this.list.days[phone.listedIndex], lastDay }),
      note: sampleRemark(random),
    };
  }

  truthOf(row: number, { phoneText, optInDate }: Contact): string {
    const { list, today } = this;
    const verdicts = trueVerdicts(list.truth, { phoneText, optInDate, today });
    return `${row}\t${verdicts.withOptIn}\t${verdicts.withoutOptIn}\n`;
  }
}

/** Quotes some fields without need, as some programs do. */
const NEEDLESS_QUOTES_SHARE = 0.01;

function lineOf(contact: Contact, random: Random): string {
  const { id, name, phoneText, postcode, city, optInDate, note } = contact;
  const phone = random.chance(NEEDLESS_QUOTES_SHARE) ? quoted(phoneText) : fieldOf(phoneText);
  const fields = [id, fieldOf(name), phone, postcode, fieldOf(city), optInDate, fieldOf(note)];
  return `${fields.join(';')}\n`;
}

function fieldOf(text: string): string {
  return /[;"\r\n]/.test(text) ? quoted(text) : text;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function checkOptions(options: SampleContactsOptions): void {
  checkSeed(options.seed);
  checkCount(options.rows, ROWS_MAX);
  const paths = [options.list, options.out, options.truth].flatMap((path) =>
    path === undefined ? [] : [resolve(path)],
  );
  if (new Set(paths).size === paths.length) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the list, the contacts and the truth must be different files',
    fix: 'Name three different files',
  });
}

function checkToday(day: number): void {
  if (Number.isInteger(day) && day <= TODAY_DAY_MAX) return;
  throw new TacetError('ERR_OPTION', {
    what: 'the day of the latest opt-in is out of range',
    expected: `a day up to ${formatIsoDay(TODAY_DAY_MAX)}`,
    got: `epoch day ${day}`,
  });
}
