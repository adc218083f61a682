/** Walks through the three outputs as the rows of the input come. */
import { expect } from 'vitest';
import { decode } from './encodings.ts';
import { type Expected, expectedOf, type Facts, writtenOf } from './oracle.ts';
import { type ReadRow, readRows } from './reader.ts';
import { type Form, OUTPUTS, type Output } from './sheet.ts';

export type OutputBytes = Readonly<Record<Output, Buffer | null>>;

/** The contacts of a text that begins with the header, if there is one. */
export function contactsOf(text: string, form: Form): ReadRow[] {
  const rows = readRows(text, { separator: form.separator, cr: form.lineEnd === '\r' });
  return rows.slice(form.header ? 1 : 0);
}

/** The text of each output, behind `sep=`. */
export function textsOf(form: Form, outputs: OutputBytes): Record<Output, string> {
  const [callable = '', blocked = '', undecided = ''] = OUTPUTS.map((kind) => {
    const text = decode(outputs[kind] ?? Buffer.alloc(0), form.encoding);
    expect(text.startsWith(form.sepLine)).toBe(true);
    return text.slice(form.sepLine.length);
  });
  return { callable, blocked, undecided };
}

class Walk {
  readonly counts: Record<string, number> = {};
  readonly #form: Form;
  readonly #texts: Record<Output, string>;

  constructor(form: Form, texts: Record<Output, string>) {
    this.#form = form;
    this.#texts = { ...texts };
    const { header, columns, separator, lineEnd } = form;
    const head = columns.join(separator);
    if (!header) return;
    this.#take('callable', head + lineEnd);
    const marks = `${separator}tacet_verdict${separator}tacet_reason`;
    for (const kind of ['blocked', 'undecided'] as const) this.#take(kind, head + marks + lineEnd);
  }

  /** What is left of the outputs. */
  get rest(): Record<Output, string> {
    return this.#texts;
  }

  #take(output: Output, text: string): boolean {
    const found = this.#texts[output].startsWith(text);
    if (found) {
      this.#texts[output] = this.#texts[output].slice(text.length);
      this.#count(output);
    }
    return found;
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  /** Finds the row at the head of one output; returns where and why, null if nowhere. */
  find(row: ReadRow, expected: Expected | null): { output: Output; reason: string } | null {
    for (const output of OUTPUTS) {
      if (expected !== null && expected.output !== output) continue;
      if (output === 'callable') {
        if (this.#take(output, row.text + row.end)) return { output, reason: '' };
        continue;
      }
      for (const written of new Set([writtenOf(row, this.#form), row.text])) {
        const reason = this.#takeMarked(output, written, row.end);
        if (reason !== null) return { output, reason };
      }
    }
    return null;
  }

  #takeMarked(output: Output, written: string, end: string): string | null {
    const { separator } = this.#form;
    const text = this.#texts[output];
    if (!text.startsWith(written + separator)) return null;
    const behind = text.slice(written.length + separator.length);
    const [verdict = '', reason = ''] = behind.split(/[^a-z0-9-]/, 2);
    const verdicts = output === 'blocked' ? ['blocked'] : UNDECIDED;
    if (!verdicts.includes(verdict)) return null;
    const marked = [written, verdict, reason].join(separator) + end;
    if (!this.#take(output, marked)) return null;
    if (reason === 'row-structure') this.#count(reason);
    return reason;
  }
}

const UNDECIDED: readonly string[] = ['undecided', 'not-covered', 'unreadable'];

/**
 * Fails unless each row of a text stands in the output that is right for it, once and in order, as
 * it came or with its two cells, and nothing else. Returns how many rows, headers too, are in which
 * output, and how many are undecided for their structure.
 */
export function expectEveryRowOnce(
  text: string,
  facts: Facts,
  outputs: OutputBytes,
): Readonly<Record<string, number>> {
  const walk = new Walk(facts.form, textsOf(facts.form, outputs));
  for (const row of contactsOf(text, facts.form)) {
    const expected = expectedOf(row, facts);
    const found = walk.find(row, expected);
    const where = { line: row.line, text: row.text, rest: walk.rest };
    expect(found, JSON.stringify(where)).toEqual({
      output: expected?.output ?? expect.any(String),
      reason: expected?.reason ?? found?.reason,
    });
  }
  expect(walk.rest).toEqual({ callable: '', blocked: '', undecided: '' });
  return walk.counts;
}
