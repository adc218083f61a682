import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleContacts } from '#tacet/sample/contacts.js';
import { writeSampleList } from '#tacet/sample/list.js';
import { trueCellText, truePhoneDigits } from '#tacet/sample/truth.js';

const SNAPSHOT_DAY = 20_779; // 2026-11-22
const SEED = 1_000_003;
const ROWS = 40_000;

let folder: string;
let list: string;
let csv: string;
let records: string[][];
let truth: string[][];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tacet-sample-contacts-'));
  list = join(folder, 'list.txt');
  await writeSampleList({ rows: 60_000, seed: SEED, snapshotDay: SNAPSHOT_DAY, out: list });
  const [out, truthPath] = [join(folder, 'contacts.csv'), join(folder, 'truth.tsv')];
  await writeSampleContacts({ rows: ROWS, seed: SEED, list, out, truth: truthPath });
  csv = await readFile(out, 'utf8');
  records = parseCsv(csv);
  truth = tableOf(await readFile(truthPath, 'utf8'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function tableOf(text: string): string[][] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

/** RFC 4180 with `;`, one character after the other. */
function parseCsv(text: string): string[][] {
  const parsed: string[][] = [];
  let record: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (quoted && character === '"' && text.charAt(i + 1) === '"') {
      field += '"';
      i++;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (!quoted && character === ';') {
      record.push(field);
      field = '';
    } else if (!quoted && character === '\n') {
      parsed.push([...record, field]);
      record = [];
      field = '';
    } else {
      field += character;
    }
  }
  expect(quoted || field !== '' || record.length > 0).toBe(false);
  return parsed;
}

function shareOf(count: number): number {
  return count / ROWS;
}

describe('writeSampleContacts', () => {
  it('writes the header and a record of seven fields for each row', () => {
    expect(records[0]).toEqual([
      ...['contact_id', 'name', 'phone', 'postcode', 'city', 'opt_in_date', 'note'],
    ]);
    expect(records.length).toBe(ROWS + 1);
    expect(records.filter((record) => record.length !== 7)).toEqual([]);
    expect(records[ROWS]?.[0]).toBe('C0040000');
  });

  it('writes LF, no byte order mark, and fields with separators, quotes and line ends', () => {
    expect(csv.charCodeAt(0)).toBe(0x63);
    const notes = new Set(records.map((record) => record[6]));
    for (const note of [';', '""', 'VIP', 'ligne 1\r\nligne 2; fin']) {
      expect(notes.has(note), note).toBe(true);
    }
    expect(csv).toContain(';""""""\n'); // the field "" in quotes
  });

  it('writes a line of truth for each row, in order', () => {
    expect(truth[0]).toEqual(['row', 'verdict', 'verdict_without_opt_in']);
    expect(truth.length).toBe(ROWS + 1);
    for (const [row, line] of truth.entries()) {
      if (row > 0) expect(line[0]).toBe(String(row));
    }
  });

  it('has each verdict in about the share that is wanted', () => {
    const counts = new Map<string, number>();
    for (const [, verdict = ''] of truth.slice(1)) {
      counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    }
    const share = (verdict: string) => shareOf(counts.get(verdict) ?? 0);
    const listed = share('blocked') + share('callable-opt-in');
    expect(listed).toBeGreaterThan(0.15);
    expect(listed).toBeLessThan(0.27);
    expect(share('callable-opt-in')).toBeGreaterThan(0.01);
    expect(share('callable')).toBeGreaterThan(0.6);
    expect(share('not-covered')).toBeGreaterThan(0.015);
    expect(share('not-covered')).toBeLessThan(0.05);
    expect(share('unreadable')).toBeGreaterThan(0.015);
    expect(share('unreadable')).toBeLessThan(0.05);
    expect(counts.size).toBe(5);
  });

  it('tells the truth of a second look at the files', async () => {
    const registered = new Map<string, string>();
    for (const line of (await readFile(list, 'latin1')).trimEnd().split('\n')) {
      const [number = '', date = ''] = line.split(';');
      registered.set(`32${number.slice(1)}`, date.split('/').reverse().join('-'));
    }
    for (const [row, [, , phone = '', , , optIn = '']] of records.entries()) {
      if (row === 0) continue;
      const digits = truePhoneDigits(trueCellText(phone));
      const date = digits === undefined ? undefined : registered.get(digits);
      const [, verdict, without] = truth[row] ?? [];
      expect(without === 'blocked', `row ${row}`).toBe(date !== undefined);
      const optedIn = date !== undefined && optIn > date && optIn <= '2026-11-22';
      // As texts the unreadable dates come out earlier or in the future, but for these.
      if (!/^(?:2|3)\d{3}-\d\d-\d\d$/.test(optIn) || /-02-(?:29|30)$|-13-|-00-/.test(optIn)) {
        expect(verdict).toBe(without);
      } else {
        expect(verdict === 'callable-opt-in', `row ${row}`).toBe(optedIn);
      }
    }
  });

  it('has opt-ins before, on and after the registration, in the future and unreadable', () => {
    const optIns = records.slice(1).map((record) => record[5] ?? '');
    const empty = optIns.filter((optIn) => optIn === '').length;
    expect(shareOf(empty)).toBeGreaterThan(0.5);
    const years = optIns.map((optIn) => /^(\d{4})-\d\d-\d\d$/.exec(optIn)?.[1] ?? '');
    expect(years.filter((year) => year >= '2095').length).toBeGreaterThan(100);
    expect(years.filter((year) => year > '2026' && year < '2095')).toEqual([]);
    expect(optIns.filter((optIn) => optIn > '2026-11-22' && optIn < '2027')).toEqual([]);
    expect(optIns.filter((optIn) => optIn === '31/12/2024').length).toBeGreaterThan(5);
  });

  it('has numbers more than once', () => {
    const digits = records.slice(1).flatMap((record) => truePhoneDigits(record[2] ?? '') ?? []);
    const repeated = digits.length - new Set(digits).size;
    expect(shareOf(repeated)).toBeGreaterThan(0.02);
  });

  it('gives the same bytes for the same seed, others for another', async () => {
    const written = async (seed: number): Promise<string> => {
      const [out, truthPath] = [join(folder, 'again.csv'), join(folder, 'again.tsv')];
      await writeSampleContacts({ rows: 3000, seed, list, out, truth: truthPath });
      return (await readFile(out, 'utf8')) + (await readFile(truthPath, 'utf8'));
    };
    const first = await written(7);
    expect(await written(7)).toBe(first);
    expect(await written(8)).not.toBe(first);
  });

  it('writes the same contacts with and without the truth', async () => {
    const out = join(folder, 'no-truth.csv');
    await writeSampleContacts({ rows: 500, seed: SEED, list, out });
    expect(csv.startsWith(await readFile(out, 'utf8'))).toBe(true);
  });

  it('takes a list of one line', async () => {
    const [one, out] = [join(folder, 'one.txt'), join(folder, 'one.csv')];
    await writeFile(one, '+32475123456;15/03/2021\r\n');
    await writeSampleContacts({ rows: 1000, seed: 1, list: one, out });
    const phones = parseCsv(await readFile(out, 'utf8')).map((record) => record[2] ?? '');
    const listed = phones.filter((phone) => truePhoneDigits(phone) === '32475123456').length;
    expect(listed).toBeGreaterThan(150);
  });

  it.each([
    ['rows out of range', { rows: 0 }, 'ERR_OPTION'],
    ['a seed out of range', { seed: 0.5 }, 'ERR_OPTION'],
    ['a today in the future of opt-ins', { todayDay: 50_000 }, 'ERR_OPTION'],
    ['a list that is not there', { list: '/nonexistent/list.txt' }, 'ERR_IO'],
    ['a list longer than allowed', { listLinesMax: 59_999 }, 'ERR_LIMIT'],
  ])('refuses %s and leaves nothing behind', async (_, wrong, code) => {
    const options = { rows: 10, seed: 1, list, out: join(folder, 'no.csv') };
    await expect(writeSampleContacts({ ...options, ...wrong })).rejects.toMatchObject({ code });
    expect((await readdir(folder)).filter((name) => name.startsWith('no.csv'))).toEqual([]);
  });

  it('refuses to write over its list', async () => {
    const options = { rows: 10, seed: 1, list, out: list };
    await expect(writeSampleContacts(options)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });

  it('refuses a list it cannot read, by line number and without the number in it', async () => {
    const wrong = join(folder, 'wrong.txt');
    for (const line of ['0475123457;31/02/2021', 'inconnu', '0475123457', '9'.repeat(5000)]) {
      await writeFile(wrong, `0475123456;15/03/2021\n${line}`);
      const options = { rows: 10, seed: 1, list: wrong, out: join(folder, 'no.csv') };
      const error: unknown = await writeSampleContacts(options).catch((thrown) => thrown);
      expect(error).toMatchObject({
        code: 'ERR_SOURCE_LINE',
        message: expect.stringContaining('line 2'),
      });
      expect(String(error)).not.toContain('0475123457');
    }
  });

  it('takes back the contacts when the truth cannot be written', async () => {
    const [out, truthPath] = [join(folder, 'back.csv'), join(folder, 'none', 'truth.tsv')];
    const options = { rows: 10, seed: 1, list, out, truth: truthPath };
    await expect(writeSampleContacts(options)).rejects.toMatchObject({ code: 'ERR_IO' });
    expect((await readdir(folder)).filter((name) => name.startsWith('back'))).toEqual([]);
  });
});
