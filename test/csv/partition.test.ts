import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { dedupeFiles } from '#tacet/csv/dedupe.js';
import { VERDICT_NAMES } from '#tacet/verdict/verdict.js';
import { inFolder, keysOf, randomFrom, TestAnswerer } from './scenario.ts';

interface ReferenceRow {
  /** All of it, line end included; one character a byte. */
  raw: string;
  lineEnd: string;
  cells: string[];
}

/** The obvious splitter: one character at a time, one string a cell. */
function splitReference(text: string, separator: string): ReferenceRow[] {
  const rows: ReferenceRow[] = [];
  let row: ReferenceRow = { raw: '', lineEnd: '', cells: [''] };
  let state: 'start' | 'plain' | 'quoted' = 'start';
  const add = (char: string) => {
    row.cells[row.cells.length - 1] += char;
  };
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    row.raw += char;
    if (state === 'quoted') {
      if (char !== '"') add(char);
      else if (text.charAt(index + 1) === '"') {
        add('"');
        row.raw += '"';
        index++;
      } else state = 'plain';
    } else if (char === '"' && state === 'start') state = 'quoted';
    else if (char === separator) {
      row.cells.push('');
      state = 'start';
    } else if (char === '\n') {
      row.lineEnd = row.raw.endsWith('\r\n') ? '\r\n' : '\n';
      if (row.cells.at(-1)?.endsWith('\r')) add('\b');
      rows.push(row);
      row = { raw: '', lineEnd: '', cells: [''] };
      state = 'start';
    } else {
      add(char);
      state = 'plain';
    }
  }
  if (row.raw !== '') rows.push(row);
  for (const { cells } of rows) {
    cells[cells.length - 1] = (cells.at(-1) ?? '').replace('\r\b', '');
  }
  return rows;
}

interface Nasty {
  text: string;
  bom: string;
  separator: string;
  charset: 'utf8' | 'latin1';
  header: boolean;
  phoneColumn: number;
}

const WORDS = [
  'Jan',
  'Anna "Bo" Maes',
  'rue du Pré 5',
  '',
  ' ',
  'a,b',
  'c;d',
  'e\tf',
  "l'été",
  'x"y',
];
const PHONES = ['0475 12 34 5', '+32 2 123 45 6', '', 'geen', '0475\u00a012 34 5', '4.75E+0', '12'];

function makeNasty(random: (below: number) => number): Nasty {
  const charset = random(3) === 0 ? 'latin1' : 'utf8';
  const bom = charset === 'utf8' && random(3) === 0 ? '\u00ef\u00bb\u00bf' : '';
  const separator = [',', ';', '\t'][random(3)] ?? ',';
  const columns = 2 + random(4);
  const phoneColumn = random(columns);
  const header = random(4) > 0;
  const rows: string[] = [];
  const lineEnds = [['\n'], ['\r\n'], ['\n', '\r\n']][random(3)] ?? ['\n'];
  const write = (cells: string[]) => {
    const lineEnd = lineEnds[random(lineEnds.length)] ?? '\n';
    const quoted = cells.map((cell) => {
      const must = cell.includes(separator) || cell.includes('\n') || cell.startsWith('"');
      if (!must && random(5) > 0) return cell;
      return `"${cell.replaceAll('"', '""')}"`;
    });
    rows.push(quoted.join(separator) + lineEnd);
  };
  // Every head is judged by its rows: the first ones are regular.
  const regular = (index: number) =>
    Array.from({ length: columns }, (_, c) => (c === phoneColumn ? `047512345${index % 10}` : 'é'));
  if (header) write(regular(0).map((_, c) => (c === phoneColumn ? 'phone' : `col ${c}`)));
  for (let index = 0; index < 200; index++) write(regular(index));
  for (let count = random(400); count > 0; count--) {
    const odd = random(60);
    if (odd === 0) rows.push(lineEnds[0] ?? '\n');
    else if (odd === 1) rows.push(`"x"y"z${separator}"0475"1 "2"\n`);
    else if (odd === 2) write(regular(count).slice(0, 1 + random(columns)));
    else if (odd === 3) write([...regular(count), 'more', '']);
    else if (odd === 4) write(regular(count).map(() => 'lange tekst\n'.repeat(1 + random(20))));
    else {
      write(
        regular(count).map((_, c) =>
          c === phoneColumn
            ? `${PHONES[random(PHONES.length)]}${random(10)}`
            : (WORDS[random(WORDS.length)] ?? ''),
        ),
      );
    }
  }
  let text = rows.join('');
  if (random(2) === 0) text = text.replace(/\r?\n$/, '');
  return {
    text: charset === 'utf8' ? latin1Of(text) : text,
    bom,
    separator,
    charset,
    header,
    phoneColumn,
  };
}

/** The UTF-8 bytes of a text, one character a byte. */
function latin1Of(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of a cell. */
function cellText(cell: string | undefined, charset: 'utf8' | 'latin1'): string {
  const bytes = Buffer.from(cell ?? '', 'latin1');
  return charset === 'utf8' ? bytes.toString('utf8') : bytes.toString('latin1');
}

interface Expected {
  callable: string;
  blocked: string;
  undecided: string;
  keys: number[];
  uneven: number[];
}

function expectedOf(nasty: Nasty, verdicts: number[]): Expected {
  const rows = splitReference(nasty.text, nasty.separator);
  const width = rows[0]?.cells.length ?? 0;
  const mark = (row: ReferenceRow, cell: string) =>
    row.raw.slice(0, row.raw.length - row.lineEnd.length) + nasty.separator + cell + row.lineEnd;
  const out = { callable: nasty.bom, blocked: nasty.bom, undecided: nasty.bom };
  const header = nasty.header ? rows.shift() : undefined;
  if (header) {
    out.callable += header.raw;
    out.blocked += mark(header, 'tacet_verdict');
    out.undecided += mark(header, 'tacet_verdict');
  }
  const keys: number[] = [];
  const uneven: number[] = [];
  for (const [index, row] of rows.entries()) {
    const verdict = verdicts[index % verdicts.length] ?? 0;
    keys.push(...keysOf(cellText(row.cells[nasty.phoneColumn], nasty.charset)));
    if (row.cells.length !== width) uneven.push(index + 1);
    if (verdict === 1 || verdict === 3) out.callable += row.raw;
    else if (verdict === 2) out.blocked += mark(row, VERDICT_NAMES[2]);
    else out.undecided += mark(row, VERDICT_NAMES[verdict === 4 ? 4 : 5]);
  }
  return { ...out, keys, uneven };
}

const SEED = 20_261_124;

test(`nasty files come out as an obvious splitter would split them (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    for (let round = 0; round < 120; round++) {
      const random = randomFrom(SEED + round);
      const nasty = makeNasty(random);
      const verdicts = Array.from({ length: 97 }, () => 1 + random(5));
      const input = path.join(folder, 'in.csv');
      const plain = Buffer.from(nasty.bom + nasty.text, 'latin1');
      const onDisk = random(4) === 0 ? zlib.gzipSync(plain) : plain;
      fs.writeFileSync(input, onDisk);
      const answerer = new TestAnswerer(
        (_, index) => verdicts[index % verdicts.length] ?? 0,
        () => random(3),
      );
      answerer.inFlightMax = 1 + random(4);
      const suffix = random(4) === 0 ? '.csv.gz' : '.csv';
      const place = (kind: string) => path.join(folder, `${kind}${suffix}`);
      const result = await dedupeFiles(
        {
          input,
          column: nasty.phoneColumn + 1,
          header: nasty.header,
          callable: place('callable'),
          blocked: place('blocked'),
          undecided: place('undecided'),
          rowBytesMax: 4096,
          headBytes: 1000,
          blockBytes: 1 + random(700),
          batchNumbers: 1 + random(40),
          threads: 1 + (round % 2),
        },
        answerer,
      );
      await result.commit();
      const expected = expectedOf(nasty, verdicts);
      const label = `round ${round}`;
      expect(result.dialect.separator, label).toBe(nasty.separator);
      expect(answerer.keys, label).toEqual(expected.keys);
      for (const kind of ['callable', 'blocked', 'undecided'] as const) {
        const bytes = fs.readFileSync(place(kind));
        const text = suffix.endsWith('gz') ? zlib.gunzipSync(bytes) : bytes;
        expect(text.toString('latin1'), `${label} ${kind}`).toBe(expected[kind]);
        const evidence = result.outputs.find((output) => output.kind === kind);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(evidence, label).toMatchObject({ bytes: bytes.length, sha256, name: place(kind) });
      }
      expect(result.unevenRows, label).toEqual({
        count: expected.uneven.length,
        firstRows: expected.uneven.slice(0, 10),
      });
      expect(result.rows, label).toBe(expected.keys.length);
      expect(result.input, label).toEqual({
        name: input,
        bytes: onDisk.length,
        sha256: createHash('sha256').update(onDisk).digest('hex'),
        rows: expected.keys.length,
      });
      expect(answerer.inFlightSeen, label).toBeLessThanOrEqual(answerer.inFlightMax);
    }
  });
});

test('the three outputs together are the rows of the input, each once and in order', async () => {
  await inFolder(async (folder) => {
    const input = path.join(folder, 'in.csv');
    const rows = Array.from({ length: 20_000 }, (_, index) => `${index};047512${index % 10_000}`);
    fs.writeFileSync(input, `id;phone\n${rows.join('\n')}\n`);
    const random = randomFrom(SEED);
    const places = {
      callable: path.join(folder, 'c.csv'),
      blocked: path.join(folder, 'b.csv'),
      undecided: path.join(folder, 'u.csv'),
    };
    const answerer = new TestAnswerer(
      () => 1 + random(5),
      () => random(3),
    );
    const result = await dedupeFiles({ input, ...places, blockBytes: 10_000 }, answerer);
    await result.commit();
    const seen = Object.values(places).flatMap((place) => {
      const lines = fs.readFileSync(place, 'utf8').trimEnd().split('\n').slice(1);
      const ids = lines.map((line) => Number(line.split(';')[0]));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      return lines.map((line) => line.split(';').slice(0, 2).join(';'));
    });
    expect(seen.sort()).toEqual([...rows].sort());
    const { numbers, callable, blocked, callable_opt_in, not_covered, unreadable } = result.counts;
    expect(numbers).toBe(20_000);
    expect(callable + blocked + callable_opt_in + not_covered + unreadable).toBe(20_000);
    expect(result.outputs.map((output) => [output.kind, output.rows])).toEqual([
      ['callable', callable + callable_opt_in],
      ['blocked', blocked],
      ['undecided', not_covered + unreadable],
    ]);
  });
});
