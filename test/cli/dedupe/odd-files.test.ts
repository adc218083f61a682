import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../contacts/scan/scenario.ts';
import { Folder, packSource, type Serving, serve, stop, tacet } from '../commands.ts';

/** Files of many blocks that are hard to cut into rows, against what each row was made for. */

const folder = new Folder();
const KINDS = ['callable', 'blocked', 'undecided'] as const;
const ROW_BYTES_MAX = 1 << 20;

/** Phone cells of a Windows-1252 file, a character a byte, with verdict and reason; see SOURCE. */
const PHONES = [
  ['0475123456', 'blocked', 'listed'],
  ['+32 (0)475 12 34 57', 'blocked', 'listed'],
  ['"02/234.56.78"', 'blocked', 'listed'],
  ['0475999999', 'callable', ''],
  ['022345679', 'callable', ''],
  ['"tel:+32475999998"', 'callable', ''],
  ['+33612345678', 'not-covered', 'foreign'],
  ['0800 12 345', 'not-covered', 'special-number'],
  ['geen', 'unreadable', 'no-digits'],
  ['32123456.00', 'unreadable', 'decimal'],
  ['', 'unreadable', 'empty'],
] as const;

const EMPTY = ['unreadable', 'empty'];
const COLUMNS = 4;

interface Shape {
  readonly name: string;
  readonly separator: string;
  readonly lineEnd: string;
  readonly bom: string;
  /** The last row ends with it. */
  readonly lastLineEnd: string;
  /** A space between digits, in the bytes of the file. */
  readonly noBreakSpace: string;
  readonly seed: number;
}

const SHAPES: readonly Shape[] = [
  {
    ...{ name: 'semicolons, CRLF, a byte order mark', separator: ';', lineEnd: '\r\n' },
    ...{ bom: '\u00ef\u00bb\u00bf', lastLineEnd: '', noBreakSpace: '\u00c2\u00a0', seed: 1 },
  },
  {
    ...{ name: 'tabs, LF, Windows-1252', separator: '\t', lineEnd: '\n' },
    ...{ bom: '', lastLineEnd: '\n', noBreakSpace: '\u00a0', seed: 2 },
  },
  {
    ...{ name: 'commas, LF, no line end at the end', separator: ',', lineEnd: '\n' },
    ...{ bom: '', lastLineEnd: '', noBreakSpace: '\u00c2\u00a0', seed: 3 },
  },
];

/** What the file is, and what each output must be; one character a byte. */
function fileOf({ separator, lineEnd, bom, lastLineEnd, noBreakSpace, seed }: Shape) {
  const random = randomFrom(seed);
  const header = ['id', 'note', 'phone', 'more'].join(separator);
  let input = bom + header + lineEnd;
  const told = bom + [header, 'tacet_verdict', 'tacet_reason'].join(separator) + lineEnd;
  const outputs = { callable: input, blocked: told, undecided: told };
  const note = (bytes: number): string => {
    const text = ['plain', `a "" b`, `one${lineEnd}two`, separator, '\n\n', ''][random(6)] ?? '';
    return `"${text.repeat(Math.ceil(bytes / Math.max(1, text.length))).slice(0, bytes)}"`;
  };
  const rows = 60_000;
  for (let row = 0; row < rows; row++) {
    const [phone, ...given] = PHONES[random(PHONES.length)] ?? PHONES[0];
    const written = random(9) === 0 ? phone.replaceAll(' ', noBreakSpace) : phone;
    const kind = random(20_000);
    let text = [row, note(0), written, 'x'].join(separator);
    let printed: readonly string[] = given;
    if (kind < 3000) [text, printed] = [String(row), EMPTY];
    else if (kind < 6000) [text, printed] = ['', EMPTY];
    else if (kind < 12_000) {
      text = [row, evenQuotes(note(random(80))), written, '"x"'].join(separator);
    } else if (kind < 12_004) {
      const rest = separator + written + separator;
      const bytes = ROW_BYTES_MAX - random(40) - rest.length - lineEnd.length - 10;
      text = [row, evenQuotes(note(bytes))].join(separator) + rest;
    }
    const end = row === rows - 1 ? lastLineEnd : lineEnd;
    // An empty row needs its line end to be one.
    if (text === '' && end === '') [text, printed] = [String(row), EMPTY];
    input += text + end;
    if (printed[0] === 'callable') outputs.callable += text + end;
    else {
      const kind = printed[0] === 'blocked' ? 'blocked' : 'undecided';
      // A row of less than two cells is padded: the verdict stands under its name.
      const missing = text.includes(separator) ? '' : separator.repeat(COLUMNS - 1);
      outputs[kind] += text + missing + separator + printed.join(separator) + end;
    }
  }
  return { input, outputs };
}

/** Cut to a length, a quoted cell may end between two quotes that are one. */
function evenQuotes(cell: string): string {
  return (cell.split('"').length - 1) % 2 === 0 ? cell : `${cell.slice(0, -2)}x"`;
}

let list = '';
let server: Serving;
beforeAll(async () => {
  list = await packSource(folder);
  server = await serve(list);
});
afterAll(async () => {
  await stop(server);
  folder.remove();
});

describe.each(SHAPES)('a file with $name', (shape) => {
  const { input, outputs } = fileOf(shape);
  const name = `shape-${shape.seed}.csv`;

  it.each([
    ['one thread', '', '', () => ['--list', list, '--workers', '1']],
    ['three threads', '', '', () => ['--list', list, '--workers', '3']],
    ['a server', '', '', () => ['--server', server.address]],
    ['gzip in, two threads', '.gz', '', () => ['--list', list, '--workers', '2']],
    ['gzip out, a server', '', '.gz', () => ['--server', server.address, '--workers', '2']],
  ])('is divided byte for byte: %s', async (_, inGz, outGz, engine) => {
    const bytes = Buffer.from(input, 'latin1');
    folder.write(name + inGz, inGz === '' ? bytes : gzipSync(bytes, { level: 1 }));
    const flags = KINDS.flatMap((kind) => [`--${kind}`, folder.file(`${kind}.csv${outGz}`)]);
    const columns = ['--column', 'phone'];
    const args = ['dedupe', folder.file(name + inGz), ...engine(), ...columns, ...flags];
    const { code, stderr } = await tacet(args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    for (const kind of KINDS) {
      const written = folder.read(`${kind}.csv${outGz}`);
      const plain = outGz === '' ? written : gunzipSync(written);
      const expected = Buffer.from(outputs[kind], 'latin1');
      // Megabytes that differ are not printed.
      expect([kind, plain.length, plain.equals(expected)]).toEqual([kind, expected.length, true]);
    }
  });

  it('has over 3 MB, rows of nearly a megabyte and all verdicts', () => {
    expect(input.length).toBeGreaterThan(3_000_000);
    expect(Math.min(...KINDS.map((kind) => outputs[kind].length))).toBeGreaterThan(100_000);
  });
});

describe('a file of rows so short that a block has more of them than are taken at once', () => {
  const numbers = Array.from({ length: 400_000 }, (_, row) =>
    row % 3 === 0 ? '0475123456' : `0476${String(row).padStart(6, '0')}`,
  );
  const LISTED = '0475123456';

  it.each([
    ['by its list', () => ['--list', list, '--workers', '2']],
    ['by a server', () => ['--server', server.address]],
  ])('is divided byte for byte, %s', async (_, engine) => {
    const input = folder.write('short.csv', `phone\n${numbers.join('\n')}\n`);
    const flags = KINDS.flatMap((kind) => [`--${kind}`, folder.file(`short-${kind}.csv`)]);
    const { code, stderr } = await tacet(['dedupe', input, ...engine(), ...flags]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const callable = numbers.filter((number) => number !== LISTED).join('\n');
    expect(folder.text('short-callable.csv') === `phone\n${callable}\n`).toBe(true);
    const blocked = `${LISTED};blocked;listed\n`.repeat(Math.ceil(numbers.length / 3));
    const header = 'phone;tacet_verdict;tacet_reason\n';
    expect(folder.text('short-blocked.csv').replaceAll(',', ';') === header + blocked).toBe(true);
    expect(folder.text('short-undecided.csv').replaceAll(',', ';')).toBe(header);
  });
});
