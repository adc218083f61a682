import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Folder, packSource, type Serving, serve, stop, tacet } from '../commands.ts';

/** The flags that say how a contact file is to be read and what becomes of its rows. */

const folder = new Folder();
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

const KINDS = ['callable', 'blocked', 'undecided'] as const;

/** What both engines make of `text` alike: the outputs, or how they ended and what they say. */
async function divide(text: string, flags: readonly string[]) {
  const engines = [
    ['embedded', ['--list', list]],
    ['served', ['--server', server.address]],
  ] as const;
  const [embedded, served] = await Promise.all(
    engines.map(async ([name, engine]) => {
      const outputs = KINDS.flatMap((kind) => [`--${kind}`, folder.file(`${name}-${kind}`)]);
      const ended = await tacet(['dedupe', '-', ...engine, ...outputs, ...flags], { input: text });
      if (ended.code !== 0) return { code: ended.code, stderr: ended.stderr };
      const texts = KINDS.map((kind) => [kind, folder.text(`${name}-${kind}`)]);
      return { code: 0, ...(Object.fromEntries(texts) as Record<string, string>) };
    }),
  );
  expect(served).toEqual(embedded);
  return embedded;
}

const ADDED = (separator: string) => `${separator}tacet_verdict${separator}tacet_reason`;

describe('--separator', () => {
  it.each([
    ['|', '|'],
    ['tab', '\t'],
    ['\\t', '\t'],
    ['~', '~'],
    [':', ':'],
  ])('%j is what is between cells, and before the verdict', async (flag, separator) => {
    const line = (...cells: string[]) => `${cells.join(separator)}\n`;
    // A comma and a semicolon in each row, which would be found otherwise.
    const text =
      line('na,me;x', 'phone') + line('A,B;C', '0475123456') + line('D,E;F', '0475999999');
    const flags = ['--separator', flag, '--column', 'phone'];
    expect(await divide(text, flags)).toEqual({
      code: 0,
      callable: line('na,me;x', 'phone') + line('D,E;F', '0475999999'),
      blocked:
        `${['na,me;x', 'phone'].join(separator)}${ADDED(separator)}\n` +
        line('A,B;C', '0475123456', 'blocked', 'listed'),
      undecided: `${['na,me;x', 'phone'].join(separator)}${ADDED(separator)}\n`,
    });
  });

  it.each(['', 'ab', 'x', '4', '"', '+', 'é'])('%j is wrong usage', async (separator) => {
    const { code, stderr } = await tacet([
      ...['dedupe', '-', '--list', list, '--callable', '-', `--separator=${separator}`],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--separator: ');
  });
});

describe('--skip-lines', () => {
  const TITLE = 'Contacts of 2026\n\n';
  const ROWS = 'name;phone\nA;0475123456\nB;0475999999\n';

  it('passes over a title, which goes nowhere', async () => {
    expect(await divide(TITLE + ROWS, ['--skip-lines', '2'])).toEqual({
      code: 0,
      callable: 'name;phone\nB;0475999999\n',
      blocked: `name;phone${ADDED(';')}\nA;0475123456;blocked;listed\n`,
      undecided: `name;phone${ADDED(';')}\n`,
    });
  });

  it('is what the refusal of a title advises', async () => {
    const refused = await divide(TITLE + ROWS, []);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused).toMatchObject({
      stderr: expect.stringContaining('Say --skip-lines 2 if the header is in line 3'),
    });
  });

  it('counts its lines where doubts are told', async () => {
    const outputs = ['--undecided', '/dev/null', '--skip-lines', '2'];
    const input = `${TITLE}${ROWS}C;0475999998;more\n`;
    const { stderr } = await tacet(['dedupe', '-', '--list', list, ...outputs], { input });
    expect(stderr).toMatch(/more-cells +1, first in line 6\n/);
  });

  it.each(['-1', '1001', 'x'])('%s is wrong usage', async (lines) => {
    const flags = ['--callable', '-', `--skip-lines=${lines}`];
    const { code, stderr } = await tacet(['dedupe', '-', '--list', list, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain('--skip-lines: expected a whole number from 0 to 1000');
  });
});

describe('several columns', () => {
  const ROWS = [
    'name;home;mobile',
    'both;022345679;0475999999',
    'one listed;022345678;0475999999',
    'other listed;022345679;"0475123456"',
    'all listed;022345678;0475123456',
    'one unreadable;geen;0475999999',
    'one empty;;0475999999',
    'listed and empty;;0475123456',
    'foreign and listed;+33140000000;0475123456',
    'none;;',
    '',
  ].join('\r\n');
  const COLUMNS = ['--column', 'home', '--column', 'mobile'];
  const HEAD = 'name;home;mobile';
  const lines = (...rows: string[]) => rows.map((row) => `${row}\r\n`).join('');

  it('block a row if one number is, else leave it undecided if one is', async () => {
    expect(await divide(ROWS, COLUMNS)).toEqual({
      code: 0,
      callable: lines(HEAD, 'both;022345679;0475999999', 'one empty;;0475999999'),
      blocked: lines(
        HEAD + ADDED(';'),
        'one listed;022345678;0475999999;blocked;listed',
        'other listed;022345679;"0475123456";blocked;listed',
        'all listed;022345678;0475123456;blocked;listed',
        'listed and empty;;0475123456;blocked;listed',
        'foreign and listed;+33140000000;0475123456;blocked;listed',
      ),
      undecided: lines(
        HEAD + ADDED(';'),
        'one unreadable;geen;0475999999;unreadable;no-digits',
        'none;;;unreadable;empty',
      ),
    });
    expect(await divide(ROWS, [...COLUMNS, '--blocked-cells', 'keep'])).toEqual(
      await divide(ROWS, COLUMNS),
    );
  });

  it('with --blocked-cells empty keep the numbers that may be called', async () => {
    expect(await divide(ROWS, [...COLUMNS, '--blocked-cells', 'empty'])).toEqual({
      code: 0,
      callable: lines(
        HEAD,
        'both;022345679;0475999999',
        'one listed;;0475999999',
        'other listed;022345679;',
        'one unreadable;;0475999999',
        'one empty;;0475999999',
      ),
      // As they came.
      blocked: lines(
        HEAD + ADDED(';'),
        'all listed;022345678;0475123456;blocked;listed',
        'listed and empty;;0475123456;blocked;listed',
        'foreign and listed;+33140000000;0475123456;blocked;listed',
      ),
      undecided: lines(HEAD + ADDED(';'), 'none;;;unreadable;empty'),
    });
  });

  it.each(['', 'drop', 'EMPTY'])('--blocked-cells %j is wrong usage', async (value) => {
    const flags = ['--callable', '-', `--blocked-cells=${value}`];
    const { code, stderr } = await tacet(['dedupe', '-', '--list', list, ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain('--blocked-cells: ');
  });

  it('need an opt-in column each, or none', async () => {
    const { code, stderr } = await tacet([
      ...['dedupe', '-', '--list', list, '--callable', '-', ...COLUMNS],
      ...['--opt-in-column', 'name'],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('--opt-in-column is given 1 times, --column 2 times');
  });
});
