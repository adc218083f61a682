import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CR, LF } from '#tacet/contacts/cells/rows.js';
import { dedupeFiles } from '#tacet/contacts/dedupe.js';
import { PhoneColumnsFound } from '#tacet/contacts/judge/findings.js';
import type { DedupeFilesOptions } from '#tacet/contacts/options.js';
import { REASON_LISTED, reasonOfUnlistedKey } from '#tacet/verdict/reason.js';
import { scanReference } from './reference-rows.ts';
import { inFolder, randomFrom, TestAnswerer } from './scenario.ts';

type Random = (below: number) => number;

const LISTED = [32_475_123_456, 3_222_268_851];
/** Writings of them, each of which holds one row back. */
const WRITINGS = [
  ...[
    '0475123456',
    '0475/12.34.56',
    '+32 475 12 34 56',
    '0032475123456',
    ' 0475123456',
    '\t022268851',
  ],
  ...["'0475123456", '="0475123456"', '02 226 88 51', '(0475) 12 34 56', 'tel:0475123456'],
];

interface Damaged {
  readonly text: string;
  readonly separator: string;
  readonly lineEnd: string;
  readonly options: Partial<DedupeFilesOptions>;
}

/** A table with listed numbers in two columns that are dialled and one that is not, and damage. */
function drawFile(random: Random): Damaged {
  const separator = [',', ';', '\t', '|'][random(4)] ?? ',';
  const lineEnd = ['\n', '\r\n', '\r'][random(3)] ?? '\n';
  const number = (row: number) =>
    random(4) === 0 ? (WRITINGS[random(WRITINGS.length)] ?? '') : `04990${10_000 + row}`;
  const damage = [
    '"',
    '"x',
    '\r',
    '\n',
    '\0',
    '"\n',
    separator,
    `${separator}more`,
    ' "',
    '" ',
    '""',
  ];
  let text = ['name', 'phone', 'n', 'other', 'gsm'].join(separator) + lineEnd;
  const rows = 30 + random(150);
  for (let row = 0; row < rows; row++) {
    const note =
      ['x', '', `"a ""b"" ${row}"`, `"two${lineEnd}lines"`, 'é', 'Rue 1'][random(6)] ?? '';
    const other = random(8) === 0 ? number(row) : 'word';
    const cells = [note, number(row), `${row}`, other, random(3) === 0 ? number(row) : ''];
    let line = cells.join(separator);
    if (random(9) === 0) line = line.slice(0, random(line.length));
    if (random(9) === 0) {
      const at = random(line.length + 1);
      line = line.slice(0, at) + damage[random(damage.length)] + line.slice(at);
    }
    text += line + (random(60) === 0 ? '' : lineEnd);
  }
  const options = { columns: ['phone', 'gsm'], separator, header: true };
  return { text, separator, lineEnd, options };
}

async function dedupe(folder: string, options: Partial<DedupeFilesOptions>) {
  const answerer = new TestAnswerer((key) =>
    LISTED.includes(key) ? REASON_LISTED : reasonOfUnlistedKey(key),
  );
  const place = (name: string) => path.join(folder, name);
  const places = { callable: place('c'), blocked: place('b'), undecided: place('u') };
  const limits = { columnsMax: 16, rowBytesMax: 1 << 16, headBytes: 1 << 16, blockBytes: 1 << 16 };
  const all = { input: place('in'), ...places, ...limits, ...options };
  let result = await dedupeFiles(all, answerer);
  if (result instanceof PhoneColumnsFound) {
    result = await dedupeFiles({ ...all, phoneColumns: result.columns }, answerer);
  }
  if (result instanceof PhoneColumnsFound) throw result;
  await result.commit();
  const { rows, reasons, lookedUpToo, unevenRows, structureDoubts, otherColumnListed } = result;
  return {
    ...{ rows, reasons, lookedUpToo, unevenRows, structureDoubts, otherColumnListed },
    lookedUpColumns: result.lookedUpColumns,
    outputs: result.outputs.map((output) => output.rows),
    callable: fs.readFileSync(places.callable, 'latin1'),
    blocked: fs.readFileSync(places.blocked, 'latin1'),
    undecided: fs.readFileSync(places.undecided, 'latin1'),
  };
}

/** Digits of the numbers that no callable row may hold in a column that is dialled. */
const DIGITS = /475123456|22268851/;

test('damaged files: no listed number is callable, no row lost, whatever the blocks', {
  timeout: 180_000,
}, async () => {
  let callable = 0;
  await inFolder(async (folder) => {
    for (let seed = 1; seed <= 90; seed++) {
      const random = randomFrom(seed);
      const { text, separator, lineEnd, options } = drawFile(random);
      fs.writeFileSync(path.join(folder, 'in'), text);
      // Which columns hold numbers is judged by rows that lie in one block.
      const phoneColumns = seed % 3 === 0 ? [0, 2, 3] : [];
      const whole = await dedupe(folder, { ...options, phoneColumns });
      const label = `seed ${seed}`;
      // Rows and doubts as the plain scanner finds them.
      const bytes = Buffer.from(text);
      const columns = 5;
      const shape = {
        ...{ separator: separator.charCodeAt(0), lineEnd: lineEnd === '\r' ? CR : LF, columns },
        ...{ roles: new Uint8Array(columns), rowBytesMax: 2 ** 30 },
      };
      const limits = { rowsMax: 2 ** 30, candidatesMax: 2 ** 30 };
      const range = { start: 0, end: bytes.length, final: true };
      const { rows } = scanReference(bytes, range, shape, limits);
      expect(whole.rows, label).toBe(rows.length - 1);
      expect(
        whole.outputs.reduce((sum, count) => sum + count, 0),
        label,
      ).toBe(whole.rows);
      // Callable rows are whole rows of the file, in order, without doubt and without such digits.
      let at = rows[0]?.end ?? 0;
      let left = Buffer.from(whole.callable, 'latin1').subarray(at);
      for (const row of rows.slice(1)) {
        at = row.end;
        const raw = bytes.subarray(row.start, row.end);
        if (left.length === 0 || !left.subarray(0, raw.length).equals(raw)) continue;
        const texts = row.cells.map(({ start, end }) => bytes.toString('utf8', start, end));
        const dialled = [texts[1], texts[4]].join(';').replace(/[^\d;]/g, '');
        if (DIGITS.test(dialled) || texts.some((cell) => WRITINGS.includes(cell))) {
          expect([label, raw.toString()]).toEqual([label, 'not callable']);
        }
        if ((row.doubts & ~32) !== 0) expect([label, raw.toString()]).toEqual([label, 'in doubt']);
        left = left.subarray(raw.length);
        callable++;
      }
      expect(left.length, label).toBe(0);
      // The same in many small blocks, on a thread or two.
      const blockBytes = 1 + random(200);
      const small = {
        rowBytesMax: text.length + 1,
        headBytes: 1,
        blockBytes,
        threads: 1 + (seed % 2),
      };
      if (seed % 3 === 0) {
        const rowBytesMax = Math.max(...rows.map(({ start, end }) => end - start));
        expect(
          await dedupe(folder, { ...options, ...small, rowBytesMax, phoneColumns }),
          label,
        ).toEqual(whole);
      }
    }
  });
  expect(callable).toBeGreaterThan(2500);
});
