import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { expect, test } from 'vitest';
import { QuotedCells } from '#tacet/contacts/cells/doubts.js';
import { LF } from '#tacet/contacts/cells/rows.js';
import { CHARSET_UTF8 } from '#tacet/contacts/cells/text.js';
import type { OutputKind } from '#tacet/contacts/judge/outcome.js';
import { PRINTED_OUTCOMES, type PrintedOutcome } from '#tacet/contacts/judge/outcome.js';
import { readPhoneNumber } from '#tacet/phone/read.js';
import { whyUnreadable } from '#tacet/phone/unreadable.js';
import { REASON_EMPTY, reasonOfUnread } from '#tacet/verdict/reason.js';
import { scanReference } from '../scan/reference-rows.ts';
import { dedupeOnce, inFolder, randomFrom, TestAnswerer } from '../scan/scenario.ts';

/** Reasons of every verdict. */
const REASONS = [1, 2, 10, 11, 13, 20, 21, 39];

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

/** What a cell is read as: its key, and the reason why there is none. */
function readCell(raw: Buffer, charset: 'utf8' | 'latin1'): { key: number; unread: number } {
  const quoted = /^"(.*?)"(?!")(.*)$/s.exec(raw.toString('latin1').replaceAll('""', '\u0001'));
  const bare = quoted === null ? raw.toString('latin1') : `${quoted[1]}${quoted[2]}`;
  const bytes = Buffer.from(bare.replaceAll('\u0001', '"'), 'latin1');
  const text = Buffer.from(charset === 'utf8' ? bytes : bytes.toString('latin1'));
  if (text.length === 0) return { key: 0, unread: REASON_EMPTY };
  const key = readPhoneNumber(text, 0, text.length, true);
  if (key > 0) return { key, unread: 0 };
  return { key: 0, unread: reasonOfUnread(whyUnreadable(text, 0, text.length, true)) };
}

interface Expected {
  out: Record<OutputKind, string>;
  keys: number[];
  uneven: number;
  inDoubt: number;
  rows: number;
}

/** Rows by the plain scanner, each sent where its number says. */
function expectedOf(
  { text, bom, separator, charset, header, phoneColumn }: Nasty,
  reasons: number[],
) {
  const bytes = Buffer.from(text, 'latin1');
  const separatorByte = separator.charCodeAt(0);
  const end = bytes.length;
  const scan = (columns: number) => {
    const roles = new Uint8Array(columns);
    const shape = { separator: separatorByte, lineEnd: LF, columns, roles, rowBytesMax: 2 ** 30 };
    const limits = { rowsMax: 2 ** 30, candidatesMax: 2 ** 30 };
    return scanReference(bytes, { start: 0, end, final: true }, shape, limits);
  };
  const width = scan(1).rows[0]?.cells.length ?? 0;
  const quotedCells = new QuotedCells({ separator: separatorByte }, width, CHARSET_UTF8);
  const part = (from: number, to: number) => bytes.toString('latin1', from, to);
  const expected: Expected = {
    ...{ out: { callable: bom, blocked: bom, undecided: bom }, keys: [], uneven: 0 },
    ...{ inDoubt: 0, rows: 0 },
  };
  scan(width).rows.forEach((row, index) => {
    const { start, contentEnd, cells, pads } = row;
    const whole = part(start, row.end);
    const lineEnd = /\r?\n$/.exec(whole)?.[0] ?? '';
    const mark = (...added: string[]) =>
      part(start, contentEnd) +
      separator.repeat(pads) +
      added.map((cell) => separator + cell).join('') +
      lineEnd;
    if (header && index === 0) {
      expected.out.callable += whole;
      expected.out.blocked += mark('tacet_verdict', 'tacet_reason');
      expected.out.undecided += mark('tacet_verdict', 'tacet_reason');
      return;
    }
    expected.rows++;
    if (cells.length !== width) expected.uneven++;
    if (quotedCells.settle(bytes, row, row.doubts) !== 0) {
      expected.inDoubt++;
      expected.out.undecided += mark('undecided', 'row-structure');
      return;
    }
    const cell = cells[phoneColumn] ?? { start: 0, end: 0 };
    const { key, unread } = readCell(bytes.subarray(cell.start, cell.end), charset);
    const reason = unread || (reasons[expected.keys.length % reasons.length] ?? 0);
    expected.keys.push(key);
    const { kind, verdict, reason: printed } = PRINTED_OUTCOMES[reason] as PrintedOutcome;
    expected.out[kind] += kind === 'callable' ? whole : mark(verdict, printed);
  });
  return expected;
}

const SEED = 20_261_124;

test(`nasty files come out as an obvious splitter would split them (seed ${SEED})`, {
  timeout: 180_000,
}, async () => {
  await inFolder(async (folder) => {
    for (let round = 0; round < 120; round++) {
      const random = randomFrom(SEED + round);
      const nasty = makeNasty(random);
      const reasons = Array.from({ length: 97 }, () => REASONS[random(REASONS.length)] ?? 0);
      const input = path.join(folder, 'in.csv');
      const plain = Buffer.from(nasty.bom + nasty.text, 'latin1');
      const onDisk = random(4) === 0 ? zlib.gzipSync(plain) : plain;
      fs.writeFileSync(input, onDisk);
      const answerer = new TestAnswerer(
        (_, index) => reasons[index % reasons.length] ?? 0,
        () => random(3),
      );
      answerer.inFlightMax = 1 + random(4);
      const suffix = random(4) === 0 ? '.csv.gz' : '.csv';
      const place = (kind: string) => path.join(folder, `${kind}${suffix}`);
      const result = await dedupeOnce(
        {
          input,
          columns: [nasty.phoneColumn + 1],
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
      const expected = expectedOf(nasty, reasons);
      const label = `round ${round}`;
      expect(result.dialect.separator, label).toBe(nasty.separator);
      expect(answerer.keys, label).toEqual(expected.keys);
      for (const kind of ['callable', 'blocked', 'undecided'] as const) {
        const bytes = fs.readFileSync(place(kind));
        const text = suffix.endsWith('gz') ? zlib.gunzipSync(bytes) : bytes;
        expect(text.toString('latin1'), `${label} ${kind}`).toBe(expected.out[kind]);
        const evidence = result.outputs.find((output) => output.kind === kind);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(evidence, label).toMatchObject({ bytes: bytes.length, sha256, name: place(kind) });
      }
      const { unevenRows, rowsInDoubt, rows } = result;
      expect({ unevenRows, rowsInDoubt, rows }, label).toEqual({
        ...{ unevenRows: expected.uneven, rowsInDoubt: expected.inDoubt, rows: expected.rows },
      });
      expect(result.input, label).toEqual({
        name: input,
        bytes: onDisk.length,
        sha256: createHash('sha256').update(onDisk).digest('hex'),
        rows: expected.rows,
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
      () => REASONS[random(REASONS.length)] ?? 0,
      () => random(3),
    );
    const result = await dedupeOnce({ input, ...places, blockBytes: 10_000 }, answerer);
    await result.commit();
    const seen = Object.values(places).flatMap((place) => {
      const lines = fs.readFileSync(place, 'utf8').trimEnd().split('\n').slice(1);
      const ids = lines.map((line) => Number(line.split(';')[0]));
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      return lines.map((line) => line.split(';').slice(0, 2).join(';'));
    });
    expect(seen.sort()).toEqual([...rows].sort());
    const of = (kind: OutputKind) =>
      result.reasons.reduce(
        (sum, count, reason) => sum + (PRINTED_OUTCOMES[reason]?.kind === kind ? count : 0),
        0,
      );
    expect(result.reasons.reduce((sum, count) => sum + count, 0)).toBe(20_000);
    expect(result.outputs.map((output) => [output.kind, output.rows])).toEqual([
      ['callable', of('callable')],
      ['blocked', of('blocked')],
      ['undecided', of('undecided')],
    ]);
  });
});
