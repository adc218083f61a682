import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { openSource } from '#tacet/source/file.js';
import {
  failureOf,
  LAYOUT,
  randomEntries,
  randomOf,
  read,
  renderSource,
  temporaryDirectory,
} from './fixture.ts';

const directory = temporaryDirectory();
afterAll(directory.remove);

const DAY = 18701; // 2021-03-15
const GOOD = '0475123456;15/03/2021';

/** The failure of a file with this line as its second, under a given layout. */
async function failureOfLine(line: string, options = {}): Promise<string> {
  const path = directory.write(`${GOOD}\n${line}\n${GOOD}\n`);
  return await failureOf(read(path, { layout: LAYOUT, ...options }));
}

describe('a malformed line', () => {
  it.each([
    [
      'letters in the number',
      '0475x23456;15/03/2021',
      'no phone number can be read from "9999A99999"',
    ],
    ['no number', ';15/03/2021', 'no phone number can be read from "": no digits'],
    ['a number with too many digits', '04751234567890123;15/03/2021', 'too long'],
    ['text of 70 digits', `0${'4'.repeat(70)};15/03/2021`, 'too long'],
    ['digits lost to a spreadsheet', '4.75E+08;15/03/2021', 'no phone number'],
    ['30 February', '0475123456;30/02/2021', 'no real date of the form DD/MM/YYYY'],
    ['29 February of a common year', '0475123456;29/02/2023', 'no real date'],
    ['29 February 1900', '0475123456;29/02/1900', 'no real date'],
    ['month 13', '0475123456;15/13/2021', 'no real date'],
    ['day 0', '0475123456;00/03/2021', 'no real date'],
    ['day 32', '0475123456;32/03/2021', 'no real date'],
    ['month 0', '0475123456;15/00/2021', 'no real date'],
    ['year 0', '0475123456;15/03/0000', 'no real date'],
    ['no date', '0475123456;', 'no real date'],
    ['a date with one digit', '0475123456;5/3/2021', 'no real date'],
    ['a date of two-digit years', '0475123456;15/03/21', 'no real date'],
    ['a date with a letter', '0475123456;15/O3/2021', 'no real date'],
    ['a date with other marks', '0475123456;15-03-2021', 'no real date'],
    ['a date with two kinds of marks', '0475123456;15/03-2021', 'no real date'],
    ['a time of day', '0475123456;15/03/2021 00:00', 'no real date'],
    ['a date beyond 16 bits', '0475123456;07/06/2149', 'after 2149-06-06, the last day a list can'],
    ['a missing column', '0475123456', 'expected the columns number, date'],
    ['a third column', '0475123456;15/03/2021;x', 'expected the columns number, date'],
    ['a trailing separator', '0475123456;15/03/2021;', 'expected the columns number, date'],
    ['another separator', '0475123456,15/03/2021', 'expected the columns number, date'],
    ['swapped columns', '15/03/2021;0475123456', 'drifts from the layout'],
    ['a number with a plus', '+32475123456;15/03/2021', 'a number written like 0NNNNNNNNN'],
    ['a number with 00', '0032475123456;15/03/2021', 'a number written like 0NNNNNNNNN'],
    ['a number with 32', '32475123456;15/03/2021', 'a number written like 0NNNNNNNNN'],
    ['a number without its zero', '475123456;15/03/2021', 'a number written like 0NNNNNNNNN'],
    ['quotes', '"0475123456";15/03/2021', 'no phone number'],
    ['CRLF', '0475123456;15/03/2021\r', 'expected the line end LF, got CRLF'],
    [
      'a carriage return inside',
      '0475123456;15/03/2021\r0475123457;15/03/2021',
      'expected the col',
    ],
    ['only spaces', '   ', 'expected the columns number, date'],
    ['nothing', '', 'the line is blank'],
    ['invalid UTF-8', '0475123456\udc80;15/03/2021', 'no phone number'],
  ])('is one with %s', async (_, line, reason) => {
    const failure = await failureOfLine(line);
    expect(failure).toMatch(/^ERR_SOURCE_LINE .*:2: malformed line: /);
    expect(failure).toContain(reason);
    expect(failure).not.toContain('475123456');
  });

  it('is one with LF in a file of CRLF', async () => {
    const path = directory.write(`${GOOD}\r\n${GOOD}\n${GOOD}\r\n`);
    expect(await failureOf(read(path))).toMatch(/:2: .*expected the line end CRLF, got LF/);
  });

  it('is one after the snapshot, the snapshot day itself is not', async () => {
    expect((await read(directory.write(`${GOOD}\n`), { snapshotDay: DAY })).newestDay).toBe(DAY);
    expect(await failureOfLine('0475123457;16/03/2021', { snapshotDay: DAY })).toMatch(
      /^ERR_SOURCE_LINE .*:2: .*the registration is after the snapshot date 2021-03-15/,
    );
  });

  it('may be as long as the limit and no longer', async () => {
    const line = `${' '.repeat(43)}${GOOD}`;
    const options = { layout: LAYOUT, lineBytesMax: 64 };
    for (const end of ['', '\n', '\r\n']) {
      const layout = { ...LAYOUT, lineEnd: end === '\r\n' ? ('crlf' as const) : ('lf' as const) };
      const own = { ...options, layout };
      expect((await read(directory.write(`${line}${end}`), own)).report.lines).toBe(1);
      expect(await failureOf(read(directory.write(` ${line}${end}`), own))).toMatch(
        /^ERR_SOURCE_LINE .*:1: malformed line: the line is longer than 64 bytes/,
      );
    }
  });

  it('of 10 MB is one line, whatever follows', async () => {
    const path = directory.write(
      `${GOOD}\n${'0475123457;'.repeat(1_000_000)}\n0475123458;15/03/2021`,
    );
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:2: .*longer than 1024 bytes/);
    const list = await read(path, { badLinesMax: 1 });
    expect(list.report.badLines).toEqual([
      { lineNumber: 2, reason: 'the line is longer than 1024 bytes' },
    ]);
    expect([...list.numbers]).toEqual([32475123456n, 32475123458n]);
  });

  it('of 10 MB without any line end is refused at once', async () => {
    const path = directory.write('0'.repeat(10_000_000));
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LINE .*:1: the line is longer/);
    expect(await failureOf(read(path, { layout: LAYOUT }))).toMatch(/^ERR_SOURCE_LINE .*:1: /);
  });

  it('passes where it is allowed, and is reported with its number', async () => {
    const path = directory.write(`h\u00e9ader\n${GOOD}\nx;y\n\n0475123457;30/02/2021\n${GOOD}\n`);
    const list = await read(path, { badLinesMax: 3 });
    expect(list.report).toMatchObject({ lines: 5, keys: 1, duplicates: 1 });
    expect(list.report.badLines.map(({ lineNumber }) => lineNumber)).toEqual([3, 4, 5]);
    expect(list.report.badLines.map(({ reason }) => reason)).toEqual([
      'no phone number can be read from "A": a character that is not part of a phone number',
      'the line is blank',
      'no real date of the form DD/MM/YYYY can be read from "99/99/9999"',
    ]);
    expect(await failureOf(read(path, { badLinesMax: 2 }))).toMatch(
      /^ERR_SOURCE_LINE .*:3: 3 malformed lines up to line 5, more than the 2 .*: lines 3, 4, 5;/,
    );
  });

  it('is one of at most 100,000 that may be allowed', async () => {
    for (const badLinesMax of [-1, 0.5, Number.NaN, 100_001]) {
      expect(await failureOf(read(directory.write(GOOD), { badLinesMax }))).toMatch(/^ERR_OPTION /);
    }
  });
});

describe('what is no list', () => {
  it.each([
    ['an empty file', '', /the file is empty/],
    ['a BOM and nothing else', '\ufeff', /the file is empty/],
    ['blank lines', '\n\n\r\n', /the file is empty/],
    ['only a header', 'Num\u00e9ro;Date\n', /holds a header and no number/],
    ['a header and blank lines', 'Num\u00e9ro;Date\n\n\n', /holds a header and no number/],
    ['NUL bytes', `${GOOD}\n\0\0\0`, /NUL bytes: it is binary/],
    ['NUL bytes far behind the sample', `${`${GOOD}\n`.repeat(200_000)}\0`, /NUL bytes/],
    ['an empty gzip', gzipSync(''), /the file is empty/],
    ['UTF-16 with a BOM', Buffer.from(`\ufeff${GOOD}\n`, 'utf16le'), /is UTF-16/],
    ['UTF-16 without a BOM', Buffer.from(`${GOOD}\n`, 'utf16le'), /is UTF-16/],
    ['UTF-16 big-endian', Buffer.from(`\ufeff${GOOD}\n`, 'utf16le').swap16(), /is UTF-16/],
  ])('is refused: %s', async (_, content, message) => {
    const path = directory.write(content);
    for (const header of [false, true]) {
      const bom = content === '\ufeff';
      for (const layout of ['auto' as const, { ...LAYOUT, header, bom }]) {
        const startsWithHeader = String(content).startsWith('Num');
        if (layout !== 'auto' && startsWithHeader !== header) continue;
        const failure = await failureOf(read(path, { layout }));
        expect(failure).toMatch(/^ERR_SOURCE_FILE /);
        expect(failure).toMatch(message);
      }
    }
  });

  it('is refused, but not called empty: numbers behind thousands of blank lines', async () => {
    const path = directory.write(`${'\n'.repeat(300_000)}${GOOD}\n`);
    expect(await failureOf(read(path))).toMatch(/^ERR_SOURCE_LAYOUT .*the first lines are blank/);
    expect(await failureOf(read(path, { layout: LAYOUT, badLinesMax: 7 }))).toMatch(
      /^ERR_SOURCE_LINE .*:1: 8 malformed lines up to line 8, .*: lines 1, 2, 3, 4, 5, .../,
    );
  });

  it('is refused: a first line that ends in CR where others end in LF', async () => {
    const path = directory.write(`${GOOD}\r${GOOD}\n${GOOD}\n`);
    expect(await failureOf(read(path, { badLinesMax: 9 }))).toMatch(
      /^ERR_SOURCE_LAYOUT .*carriage return alone, and others in a line feed/,
    );
  });

  it('is refused without waiting: a directory, a FIFO, a socket, a device, nothing', async () => {
    const folder = join(directory.path, 'folder');
    mkdirSync(folder);
    expect(await failureOf(read(folder))).toMatch(/^ERR_SOURCE_FILE .*is a directory/);
    const fifo = join(directory.path, 'fifo');
    expect(spawnSync('mkfifo', [fifo]).status).toBe(0);
    expect(await failureOf(read(fifo))).toMatch(/^ERR_SOURCE_FILE .*is no regular file/);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(directory.path, 'sock'), resolve));
    expect(await failureOf(read(join(directory.path, 'sock')))).toMatch(
      /^ERR_SOURCE_FILE .*is no regular file/,
    );
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(read('/dev/null'))).toMatch(/^ERR_SOURCE_FILE .*is no regular file/);
    expect(await failureOf(read(join(directory.path, 'none')))).toMatch(/^ERR_IO .*no such file/);
  });

  it('is refused: a file that may not be read', async () => {
    const path = directory.write(GOOD, 'locked.txt');
    chmodSync(directory.path, 0o755);
    chmodSync(path, 0o000);
    // Root may read everything, so root steps down for a moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await failureOf(read(path))).toMatch(/^ERR_IO .*permission denied/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('is refused: more bytes than the limit, decompressed', async () => {
    const text = `${GOOD}\n`.repeat(1_000);
    for (const content of [text, gzipSync(text)]) {
      const path = directory.write(content);
      expect(await failureOf(read(path, { sourceBytesMax: 21_999 }))).toMatch(/^ERR_LIMIT .*21999/);
      expect((await read(path, { sourceBytesMax: 22_000 })).report.sourceBytes).toBe(22_000);
    }
  });

  it('is refused: a file that changes while it is read', async () => {
    const path = directory.write(GOOD);
    const file = await openSource(path, 1_000);
    await file.assertUnchanged();
    appendFileSync(path, '\n');
    expect(await failureOf(file.assertUnchanged())).toMatch(/^ERR_SOURCE_FILE .*was changed/);
    await file.close();
  });
});

describe('gzip', () => {
  const text = `${GOOD}\n`.repeat(50_000);

  it('is told by its first bytes, not by the name, and may have several members', async () => {
    const members = Buffer.concat([gzipSync(text), gzipSync('0475123457;15/03/2021\n')]);
    const list = await read(directory.write(members, 'list.csv'));
    expect(list.report).toMatchObject({
      lines: 50_001,
      keys: 2,
      packing: 'gzip',
      sourceBytes: 1_100_022,
    });
    const plain = await read(directory.write(text, 'list.gz'));
    expect(plain.report).toMatchObject({ lines: 50_000, keys: 1, packing: 'plain' });
  });

  it('is refused where it is cut short, corrupted, or followed by something', async () => {
    const whole = gzipSync(text);
    const cut = [1, 4, 8, 9, 20].map((bytes) => whole.subarray(0, whole.length - bytes));
    const flipped = Buffer.from(whole);
    flipped[whole.length - 5] = ~(whole[whole.length - 5] ?? 0) & 0xff; // in the checksum
    const inside = Buffer.from(whole);
    inside.fill(0xff, 30, 60);
    const trailing = Buffer.concat([whole, Buffer.from(`${GOOD}\n`)]);
    for (const content of [...cut, whole.subarray(0, 2), flipped, inside, trailing]) {
      const path = directory.write(content);
      for (const layout of ['auto' as const, LAYOUT]) {
        expect(await failureOf(read(path, { layout }))).toMatch(/^ERR_SOURCE_FILE .*gzip data/);
      }
    }
  });
});

it('accounts for every line of a damaged source, or refuses it with a code', async () => {
  const random = randomOf(23);
  const piecesOf = ['\n', '\r\n', ';', ',', '"', ' ', '\0', '\x80', '9', 'x', '\ufeff', '0475123'];
  let accepted = 0;
  for (let round = 0; round < 300; round++) {
    const entries = randomEntries(random, 1 + random(40));
    let text = renderSource(entries, { ...LAYOUT, header: random(2) === 0 }).toString('latin1');
    for (let damage = random(4); damage > 0; damage--) {
      const at = random(text.length + 1);
      const piece = piecesOf[random(piecesOf.length)] ?? '';
      text = text.slice(0, at) + piece + text.slice(at + random(3));
    }
    const path = directory.write(Buffer.from(text, 'latin1'), 'damaged.txt');
    try {
      const { layout, report, numbers } = await read(path, { badLinesMax: 5 });
      const lines = text.replace(/[\r\n]+$/, '').split('\n').length - (layout.header ? 1 : 0);
      expect(report.lines, JSON.stringify(text)).toBe(lines);
      expect(report.keys + report.duplicates + report.badLines.length).toBe(lines);
      expect(numbers.length).toBe(report.keys);
      accepted++;
    } catch (error) {
      expect(error, JSON.stringify(text)).toMatchObject({
        code: expect.stringMatching(/^ERR_SOURCE_(FILE|LAYOUT|LINE)$/),
      });
    }
  }
  expect(accepted).toBeGreaterThan(100);
});
