import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dateFromToday, Folder, tacet } from '../commands.ts';

/** The commands against the truth that `tacet sample contacts` writes beside the contacts. */

const folder = new Folder();
const ROWS = 50_000;
const SEED = 47;

async function run(args: readonly string[]): Promise<void> {
  const { code, stderr } = await tacet(args);
  if (code !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  const [txt, list, out] = ['list.txt', 'list.tacet', 'contacts.csv'].map((n) => folder.file(n));
  const seed = ['--seed', String(SEED)];
  await run(['sample', 'list', '--rows', '20000', ...seed, '--out', txt ?? '']);
  await run(['pack', txt ?? '', '--out', list ?? '', '--snapshot', dateFromToday(-1)]);
  const truth = ['--truth', folder.file('truth.tsv')];
  const contacts = ['--rows', String(ROWS), ...seed, '--list', txt ?? '', '--out', out ?? ''];
  await run(['sample', 'contacts', ...contacts, ...truth]);
});
afterAll(() => folder.remove());

/** Rows of a CSV separated by `;`, quotes respected: the contact's number, the last two cells. */
function* rowsOf(name: string): Generator<{ row: number; verdict: string; reason: string }> {
  const text = folder.text(name);
  let start = text.indexOf('\n') + 1;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (text[at] !== '\n' || quoted) continue;
    const line = text.slice(start, at).replace(/\r$/, '');
    const [verdict = '', reason = ''] = line.split(';').slice(-2);
    yield { row: Number(/^C(\d+);/.exec(line)?.[1]), verdict, reason };
    start = at + 1;
  }
}

describe(`${ROWS} contacts of seed ${SEED}`, () => {
  it.each([
    ['with their opt-ins', 1, ['--opt-in-column', 'opt_in_date']],
    ['without an opt-in column', 2, []],
  ])('%s get the verdict of the truth, row by row', async (_, truthColumn, optIn) => {
    const outputs = ['callable', 'blocked', 'undecided', 'summary'].flatMap((kind) => [
      `--${kind}`,
      folder.file(kind),
    ]);
    const list = ['--list', folder.file('list.tacet')];
    await run(['dedupe', folder.file('contacts.csv'), ...list, ...outputs, ...optIn]);
    const given = new Array<string>(ROWS + 1);
    const reasons: Record<string, number> = {};
    let rows = 0;
    for (const output of ['callable', 'blocked', 'undecided']) {
      for (const { row, verdict, reason } of rowsOf(output)) {
        if (given[row] !== undefined) throw new Error(`contact ${row} is in two outputs`);
        given[row] = output === 'callable' ? 'callable' : verdict;
        if (output !== 'callable') reasons[reason] = (reasons[reason] ?? 0) + 1;
        rows++;
      }
    }
    const counts: Record<string, number> = {};
    const wrong: string[] = [];
    for (const line of folder.text('truth.tsv').trimEnd().split('\n').slice(1)) {
      const cells = line.split('\t');
      const verdict = cells[truthColumn] ?? '';
      const key = verdict.replaceAll('-', '_');
      counts[key] = (counts[key] ?? 0) + 1;
      // Rows that may be called go out as they came: which of the two is told by the counts.
      const expected = verdict === 'callable-opt-in' ? 'callable' : verdict;
      if (given[Number(cells[0])] !== expected) wrong.push(line);
    }
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(rows).toBe(ROWS);
    const summary = JSON.parse(folder.text('summary')) as Record<string, number>;
    expect(summary).toMatchObject({ numbers: ROWS, rows: ROWS, ...counts, reasons });
    expect(summary).toMatchObject({ rows_in_doubt: {}, structure_doubts: [], looked_up_too: 0 });
    expect(Object.keys(reasons).length).toBeGreaterThan(10);
    expect(Object.keys(counts).length).toBe(truthColumn === 1 ? 5 : 4);
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(ROWS);
  });
});

it('samples of one seed are the same bytes, of another seed others', async () => {
  const sample = async (seed: string) =>
    (await tacet(['sample', 'list', '--rows', '500', '--seed', seed])).stdout;
  const first = await sample('1');
  expect(first.split('\n')).toHaveLength(501);
  expect(await sample('1')).toBe(first);
  expect(await sample('2')).not.toBe(first);
});
