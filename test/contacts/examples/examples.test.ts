import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from './examples.ts';
import { Bench, ENGINES, expectRight } from './run-case.ts';
import type { ContactCase } from './sheet.ts';

/** Right results of the ten, embedded and served. */

const bench = new Bench();
beforeAll(() => bench.start());
afterAll(() => bench.stop());

/** The commands as they stand in the list of what came out wrong: a process of its own for each. */
const isPlain = ({ title }: ContactCase): boolean => /^\d+: [^,]*$/.test(title);

describe.each(ENGINES)('%s', (engine) => {
  it.each(EXAMPLES)('$title', async (example) => {
    const { input, flags } = example;
    const alone = engine === 'embedded' && isPlain(example);
    expectRight(example, await bench[alone ? 'spawn' : 'run'](input, flags, engine));
  });
});

it('the closing words say how many rows are in doubt, of which kind, and where', async () => {
  const example = EXAMPLES.find(({ title }) => title.startsWith('3'));
  if (example === undefined) throw new Error('no example 3');
  const { stderr } = await bench.run(example.input, example.flags, 'embedded');
  expect(stderr).toMatch(/\b1\b.*quot.*\bline 3\b/is);
});
