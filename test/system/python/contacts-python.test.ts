import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode, type Encoding, encode } from '../../contacts/examples/encodings.ts';
import { EXAMPLES } from '../../contacts/examples/examples.ts';
import { casesOf, KINDS } from '../../contacts/examples/kinds/generate.ts';
import { LIST } from '../../contacts/examples/numbers.ts';
import { RANDOM_LIST, tableOf } from '../../contacts/examples/random-tables.ts';
import { Bench, ENGINES } from '../../contacts/examples/run-case.ts';
import type { Form } from '../../contacts/examples/sheet.ts';
import { python } from './python.ts';

/**
 * Python's csv module reads every callable file again: none holds a listed number where a dialler
 * would dial it, and no row has more cells than its header.
 */

const SEED = 20_263;
const TABLES = 20;
const SCRIPT = new URL('contacts_reader.py', import.meta.url).pathname;

/** A callable file that a run has written. */
interface Written {
  readonly title: string;
  readonly form: Form;
  readonly bytes: Buffer;
}

const PYTHON_ENCODINGS: Readonly<Record<Encoding, string>> = {
  'utf-8': 'utf-8',
  'utf-8-sig': 'utf-8-sig',
  'windows-1252': 'cp1252',
  'utf-16le': 'utf-16',
  'utf-16be': 'utf-16',
};

interface Read {
  readonly rows: number;
  readonly wrong: readonly { path: string; row: number; what: string }[];
}

async function readByPython(
  folder: string,
  written: readonly Written[],
  list: ReadonlyMap<string, string>,
): Promise<Read> {
  const files = written.map(({ form, bytes }, index) => {
    const path = `${folder}/callable-${index}.csv`;
    writeFileSync(path, bytes);
    return {
      path,
      encoding: PYTHON_ENCODINGS[form.encoding],
      separator: form.separator,
      sep_line: form.sepLine !== '',
      header: form.header,
      width: form.columns.length,
      dialled: form.dialled,
    };
  });
  const input = JSON.stringify({ listed: [...list.keys()], files });
  try {
    return JSON.parse((await python(folder, [SCRIPT], { input })).stdout) as Read;
  } catch (error) {
    const { code, stdout } = error as { code?: number; stdout?: string };
    if (code !== 1 || !stdout) throw error;
    const read = JSON.parse(stdout) as Read;
    expect(read.wrong.length).toBeGreaterThan(0);
    return read;
  }
}

/** The same file, with a listed number as one more contact of each dialled column in turn. */
function spoilt({ title, form, bytes }: Written, national: string): Written[] {
  const { columns, separator, lineEnd, encoding, sepLine } = form;
  const text = decode(bytes, encoding);
  const ended = /[\r\n]$/.test(text) || text === '' ? text : text + lineEnd;
  return form.dialled.map((dialled) => {
    const cells = columns.map((_, column) => (column === dialled ? `"+32 ${national}"` : 'x'));
    const row = cells.join(separator) + lineEnd;
    const before = text === '' && form.header ? sepLine + columns.join(separator) + lineEnd : ended;
    return { title, form, bytes: encode(before + row, encoding) };
  });
}

describe.each([
  { name: 'the examples', list: LIST, cases: () => [...EXAMPLES] },
  {
    name: `generated files of seed ${SEED}`,
    list: LIST,
    cases: () => KINDS.flatMap((kind) => casesOf(kind, SEED)),
  },
  {
    name: `random tables of seeds from ${SEED}`,
    list: RANDOM_LIST,
    cases: () =>
      Array.from({ length: TABLES }, (_, index) => {
        return { ...tableOf(SEED + index), title: `seed ${SEED + index}`, right: null };
      }),
  },
])('$name', ({ list, cases }) => {
  const bench = new Bench(list);
  const written: Written[] = [];
  beforeAll(async () => {
    await bench.start();
    for (const { title, input, flags, form, right } of cases()) {
      if (right !== null && 'refused' in right) continue;
      for (const engine of ENGINES) {
        const { code, stderr, outputs } = await bench.run(input, flags, engine);
        expect({ title, code, stderr }).toEqual({ title, code: 0, stderr: expect.any(String) });
        written.push({ title, form, bytes: outputs.callable ?? Buffer.alloc(0) });
      }
    }
  });
  afterAll(() => bench.stop());

  it('hold no listed number in a dialled column, and no row beyond its header', async () => {
    const { rows, wrong } = await readByPython(bench.folder.path, written, list);
    const titles = wrong.map(({ path, row, what }) => {
      return { title: written[Number(/(\d+)\.csv$/.exec(path)?.[1])]?.title, row, what };
    });
    expect(titles).toEqual([]);
    expect(rows).toBeGreaterThan(0);
  });

  it('would be found out by one listed number in any of them', async () => {
    const [national = ''] = list.keys();
    const wrongFiles = written.flatMap((file) => spoilt(file, national));
    expect(wrongFiles.length).toBeGreaterThan(0);
    const { wrong } = await readByPython(bench.folder.path, wrongFiles, list);
    const what = 'a listed number in a dialled column';
    const found = new Set(wrong.filter((one) => one.what === what).map(({ path }) => path));
    expect(found.size).toBe(wrongFiles.length);
  });
});
