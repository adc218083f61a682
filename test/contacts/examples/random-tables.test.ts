import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, ENCODINGS, encode } from './encodings.ts';
import { type Expected, expectedOf, writtenOf } from './oracle.ts';
import { RANDOM_LIST, type Table, tableOf } from './random-tables.ts';
import { Bench, ENGINES, expectNoneListed, type Outcome } from './run-case.ts';
import { OUTPUTS, type Output } from './sheet.ts';
import { contactsOf, expectEveryRowOnce, type OutputBytes, textsOf } from './walk.ts';

/**
 * Whatever a table is written like and whatever happened to it: each number is judged in its own
 * row, or its row is undecided.
 */

const SEED = Number(process.env['TEST_SEED'] ?? 20_262);
const TABLES = Number(process.env['TEST_TABLES'] ?? 40);
const seeds = Array.from({ length: TABLES }, (_, index) => SEED + index);

const bench = new Bench(RANDOM_LIST);
beforeAll(() => bench.start());
afterAll(() => bench.stop());

function expectReconciled(
  table: Table,
  { summary }: Outcome,
  counts: Readonly<Record<string, number>>,
): void {
  const { header, dialled } = table.form;
  const rows = contactsOf(table.text, table.form).length;
  const said = (summary ?? {}) as Record<string, number>;
  const outputs = (summary?.['outputs'] ?? []) as { kind: Output; rows: number }[];
  const written = (kind: Output) => (counts[kind] ?? 0) - (header ? 1 : 0);
  expect(outputs.map(({ kind, rows: count }) => [kind, count])).toEqual(
    OUTPUTS.map((kind) => [kind, written(kind)]),
  );
  expect(said['rows']).toBe(rows);
  const inDoubt = (summary?.['rows_in_doubt'] ?? {}) as Record<string, number>;
  expect(inDoubt['row-structure'] ?? 0).toBe(counts['row-structure'] ?? 0);
  const verdicts = ['callable', 'blocked', 'callable_opt_in', 'not_covered', 'unreadable'];
  const numbers = verdicts.reduce((sum, verdict) => sum + (said[verdict] ?? 0), 0);
  expect(said['numbers']).toBe(numbers);
  if (dialled.length > 1) return;
  // One number a row, none of a row in doubt, and those that were looked up too.
  const asked = rows - (counts['row-structure'] ?? 0) + (said['looked_up_too'] ?? 0);
  expect(said['numbers']).toBe(asked);
}

/** Each number that came in goes out once; listed ones never as a cell of a callable row. */
function expectEachNumberOnce({ text, form, known }: Table, outputs: OutputBytes): void {
  const texts = textsOf(form, outputs);
  for (const number of known.keys()) {
    const found = OUTPUTS.map((kind) => texts[kind].split(number).length - 1);
    expect(found.reduce((sum, count) => sum + count)).toBe(text.split(number).length - 1);
  }
  const cells = contactsOf(texts.callable, form).flatMap((row) => row.cells);
  const values = cells.map(({ value }) => value.trim());
  const listed = values.filter((value) => /^(0|\+32)/.test(value) && known.get(value) === 'listed');
  expect(listed).toEqual([]);
}

describe.each(ENGINES)(`random tables of seeds from ${SEED}, %s`, (engine) => {
  it.each(seeds)('seed %i', async (seed) => {
    const table = tableOf(seed);
    const outcome = await bench.run(table.input, table.flags, engine);
    const { code, stderr } = outcome;
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
    expectNoneListed(table, outcome.outputs.callable, RANDOM_LIST);
    expectReconciled(table, outcome, expectEveryRowOnce(table.text, table, outcome.outputs));
    expectEachNumberOnce(table, outcome.outputs);
  });
});

/** What comes out if the oracle is followed; rows that it leaves open are undecided. */
function outputsByOracle(table: Table): Record<Output, Buffer> {
  const { form, text } = table;
  const { columns, separator, lineEnd, encoding, sepLine, header } = form;
  const marks = ['tacet_verdict', 'tacet_reason'];
  const texts = { callable: '', blocked: '', undecided: '' };
  if (header) {
    texts.callable = columns.join(separator) + lineEnd;
    texts.blocked = [...columns, ...marks].join(separator) + lineEnd;
    texts.undecided = texts.blocked;
  }
  for (const row of contactsOf(text, form)) {
    const { output, reason } = expectedOf(row, table) ?? { output: 'undecided', reason: null };
    const cells =
      output === 'blocked' ? ['blocked', 'listed'] : ['undecided', reason ?? 'row-structure'];
    const marked = [writtenOf(row, form), ...cells].join(separator);
    texts[output] += (output === 'callable' ? row.text : marked) + row.end;
  }
  const bytes = (kind: Output) => encode(sepLine + texts[kind], encoding);
  return { callable: bytes('callable'), blocked: bytes('blocked'), undecided: bytes('undecided') };
}

describe('the tables', () => {
  const tables = seeds.map(tableOf);
  const expected = tables.flatMap((table) =>
    contactsOf(table.text, table.form).map((row) => expectedOf(row, table)),
  );
  const share = (test: (one: Expected | null) => boolean) =>
    expected.filter(test).length / expected.length;

  it('keep the promise if the oracle is followed', () => {
    for (const table of tables) {
      const outputs = outputsByOracle(table);
      expectNoneListed(table, outputs.callable, RANDOM_LIST);
      expectEveryRowOnce(table.text, table, outputs);
      expectEachNumberOnce(table, outputs);
    }
  });

  it('would show a listed number that came out as callable', () => {
    for (const table of tables) {
      const { separator, lineEnd, encoding, columns, dialled } = table.form;
      const [listed = ''] = [...table.known].find(([, standing]) => standing === 'listed') ?? [];
      const cells = columns.map((_, column) => (dialled.includes(column) ? listed : 'x'));
      const callable = decode(outputsByOracle(table).callable, encoding);
      const spoilt = callable + lineEnd + cells.join(separator) + lineEnd;
      const check = () => expectNoneListed(table, encode(spoilt, encoding), RANDOM_LIST);
      expect(check).toThrow();
    }
  });

  it('are the same for a seed', () => {
    const textsOfTables = (some: readonly Table[]) => some.map(({ text }) => text);
    expect(textsOfTables(seeds.map(tableOf))).toEqual(textsOfTables(tables));
  });

  it('leave little open, and have rows of every fate', () => {
    const shares = {
      open: share((one) => one === null),
      callable: share((one) => one?.output === 'callable'),
      blocked: share((one) => one?.output === 'blocked'),
      doubt: share((one) => one?.reason === 'row-structure'),
      other: share((one) => one?.reason === 'other-column-listed'),
    };
    expect(shares.open).toBeLessThan(0.03);
    expect(shares.callable).toBeGreaterThan(0.2);
    expect(shares.blocked).toBeGreaterThan(0.2);
    expect(shares.doubt).toBeGreaterThan(0.03);
    expect(shares.other).toBeGreaterThan(0.01);
  });

  it('are of every dialect', () => {
    const has = (test: (table: Table) => boolean) => expect(tables.some(test)).toBe(true);
    for (const separator of [';', ',', '\t', '|']) has(({ form }) => form.separator === separator);
    for (const lineEnd of ['\n', '\r\n', '\r']) has(({ form }) => form.lineEnd === lineEnd);
    for (const encoding of ENCODINGS) has(({ form }) => form.encoding === encoding);
    for (const header of [true, false]) has(({ form }) => form.header === header);
    has(({ form }) => form.sepLine !== '');
    has(({ form }) => form.dialled.length > 1);
    has(({ alsoPhones }) => alsoPhones.length > 0);
  });
});
