import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../encodings.ts';
import { readRows } from '../reader.ts';
import { Bench, ENGINES, expectNoneListed, expectRight } from '../run-case.ts';
import { type ContactCase, OUTPUTS } from '../sheet.ts';
import { casesOf, KINDS } from './generate.ts';

/** Files of every kind, from a seed, embedded and served, against what they were made for. */

const SEED = Number(process.env['TEST_SEED'] ?? 20_261);
const bench = new Bench();
beforeAll(() => bench.start());
afterAll(() => bench.stop());

describe.each(KINDS)(`$name, seed ${SEED}`, (kind) => {
  const cases = casesOf(kind, SEED);
  describe.each(ENGINES)('%s', (engine) => {
    it.each(cases)('$title', async (given) => {
      expectRight(given, await bench.run(given.input, given.flags, engine));
    });
  });
});

describe('the generator', () => {
  const all = KINDS.map((kind) => ({ kind, cases: casesOf(kind, SEED) }));

  it('gives the same files for a seed, and others for another', () => {
    const inputsOf = (cases: readonly ContactCase[]) =>
      cases.map(({ input, flags }) => [input.toString('hex'), ...flags].join(' '));
    for (const { kind, cases } of all) {
      const inputs = inputsOf(cases);
      expect(inputsOf(casesOf(kind, SEED))).toEqual(inputs);
      expect(inputsOf(casesOf(kind, SEED + 7))).not.toEqual(inputs);
    }
  });

  it('makes at least ten inputs of each kind: files, or rows of the kind in them', () => {
    const inputsOf = (files: number, { right }: ContactCase): number => {
      if (files >= 10 || 'refused' in right) return 1;
      const { rows, doubts } = right.summary;
      return doubts.length === 0 ? rows : doubts.reduce((sum, doubt) => sum + doubt.rows, 0);
    };
    const few = all.filter(({ cases }) => {
      return cases.reduce((sum, given) => sum + inputsOf(cases.length, given), 0) < 10;
    });
    expect(few.map(({ kind }) => kind.name)).toEqual([]);
  });

  it('lets each row of a file come out once, as the independent reader counts them', () => {
    for (const { right, form } of all.flatMap(({ cases }) => cases)) {
      if ('refused' in right) continue;
      const grammar = { separator: form.separator, cr: form.lineEnd === '\r' };
      const rows = OUTPUTS.map((kind) => {
        const text = decode(right.outputs[kind], form.encoding).slice(form.sepLine.length);
        return readRows(text, grammar).length - (form.header ? 1 : 0);
      });
      expect(rows.reduce((sum, count) => sum + count)).toBe(right.summary.rows);
    }
  });

  it('puts no listed number into a dialled cell of a callable file', () => {
    for (const { right, form } of all.flatMap(({ cases }) => cases)) {
      if (!('refused' in right)) expectNoneListed({ form }, right.outputs.callable);
    }
  });
});
