/** A contact file put together row by row, with what must become of each. */
import { type Encoding, encode } from './encodings.ts';

export const OUTPUTS = ['callable', 'blocked', 'undecided'] as const;
export type Output = (typeof OUTPUTS)[number];

export type Verdict = 'callable' | 'blocked' | 'callable-opt-in' | 'not-covered' | 'unreadable';

/** A number that is asked, and what the answer must be. */
export interface Asked {
  readonly verdict: Verdict;
  readonly reason: string;
}

export type DoubtKind =
  | 'text-behind-quote'
  | 'open-quote'
  | 'lone-line-end'
  | 'more-cells'
  | 'rows-in-cell'
  | 'nul';

export interface Row {
  /** As it stands in the file, without its line end. */
  readonly text: string;
  /** As it stands in its output: in front of the two cells of blocked and undecided. */
  readonly written: string;
  /** Its line end. */
  readonly end: string;
  readonly output: Output;
  /** The two cells. */
  readonly verdict: string;
  readonly reason: string;
  readonly asked: readonly Asked[];
  readonly lookedUp: number;
  readonly doubt?: DoubtKind;
}

/** What the summary must say; counts left out are not determined. */
export interface RightSummary {
  readonly rows: number;
  readonly rowsInDoubt: Readonly<Record<string, number>>;
  readonly doubts: readonly { kind: DoubtKind; rows: number; first_line: number }[];
  readonly counts: Readonly<Record<string, number>>;
  /** Printed reasons of numbers that may not be called. */
  readonly reasons?: Readonly<Record<string, number>>;
}

export interface Divided {
  readonly outputs: Readonly<Record<Output, Buffer>>;
  readonly summary: RightSummary;
}

/** Wrong usage: exit code 2, nothing written, and what the message must name. */
export interface Refused {
  readonly refused: readonly string[];
}

export interface ContactCase {
  readonly title: string;
  readonly input: Buffer;
  readonly flags: readonly string[];
  readonly right: Divided | Refused;
  /** For readers of the outputs. */
  readonly form: Form;
}

/** How a file is written. */
export interface Form {
  readonly separator: string;
  readonly lineEnd: string;
  readonly encoding: Encoding;
  /** The first lines: `sep=`, then titles; each with its line end. */
  readonly sepLine: string;
  readonly titles: readonly string[];
  /** Names of the columns as they stand in the file; without a header they stand nowhere. */
  readonly columns: readonly string[];
  readonly header: boolean;
  /** 0-based. */
  readonly dialled: readonly number[];
}

export const PLAIN: Form = {
  separator: ';',
  lineEnd: '\n',
  encoding: 'utf-8',
  sepLine: '',
  titles: [],
  columns: ['name', 'phone', 'city'],
  header: true,
  dialled: [1],
};

export const LISTED: Asked = { verdict: 'blocked', reason: 'listed' };
export const CALLABLE: Asked = { verdict: 'callable', reason: 'not-listed' };
export const OPTED_IN: Asked = { verdict: 'callable-opt-in', reason: 'opt-in-later' };
export const FOREIGN: Asked = { verdict: 'not-covered', reason: 'foreign' };
export const unreadable = (reason: string): Asked => ({ verdict: 'unreadable', reason });

const OUTPUT_OF: Readonly<Record<Verdict, Output>> = {
  callable: 'callable',
  blocked: 'blocked',
  'callable-opt-in': 'callable',
  'not-covered': 'undecided',
  unreadable: 'undecided',
};

export class Sheet {
  readonly form: Form;
  readonly rows: Row[] = [];

  constructor(form: Partial<Form> = {}) {
    this.form = { ...PLAIN, ...form };
  }

  /** Adds a row that is judged; the first of `asked` decides. `other` has the last word. */
  judged(cells: readonly string[], asked: readonly Asked[], other: Partial<Row> = {}): this {
    const [decides = unreadable('empty')] = asked;
    const { separator, lineEnd } = this.form;
    const output = other.output ?? OUTPUT_OF[decides.verdict];
    const text = other.text ?? cells.join(separator);
    this.rows.push({
      text,
      written: output === 'callable' ? text : this.fitted(cells),
      end: lineEnd,
      output,
      ...decides,
      asked: asked.length === 0 ? [decides] : asked,
      lookedUp: 0,
      ...other,
    });
    return this;
  }

  /** Adds a row in doubt: `cells` may have anything in them; nothing is asked. */
  doubtful(kind: DoubtKind, cells: readonly string[], other: Partial<Row> = {}): this {
    const verdict = { verdict: 'undecided', reason: 'row-structure', asked: [], doubt: kind };
    return this.judged(cells, [], { output: 'undecided', ...verdict, ...other });
  }

  /** Adds a row whose dialled numbers may be called, and which holds a listed one besides. */
  otherListed(cells: readonly string[], asked: readonly Asked[], lookedUp: number): this {
    const printed = { verdict: 'undecided', reason: 'other-column-listed' };
    return this.judged(cells, asked, { output: 'undecided', ...printed, lookedUp });
  }

  /** A short row is padded; blank cells beyond the header's go. */
  fitted(cells: readonly string[]): string {
    const { columns, separator } = this.form;
    const kept = [...cells];
    while (kept.length > columns.length && /^ *$|^" *"$/.test(kept.at(-1) ?? '')) kept.pop();
    while (kept.length < columns.length) kept.push('');
    return kept.join(separator);
  }

  /** The last row has no line end. */
  withoutLastEnd(): this {
    const last = this.rows.pop();
    if (last !== undefined) this.rows.push({ ...last, end: '' });
    return this;
  }

  case(title: string, flags: readonly string[] = [], counted = true): ContactCase {
    const head = this.#head('');
    const text = this.form.titles.join('') + head + this.rows.map(inFile).join('');
    return {
      title,
      input: this.#bytes(text),
      flags,
      right: { outputs: this.#outputs(head), summary: this.#summary(counted) },
      form: this.form,
    };
  }

  refused(title: string, names: readonly string[], flags: readonly string[] = []): ContactCase {
    return { ...this.case(title, flags), right: { refused: names } };
  }

  #bytes(text: string): Buffer {
    return encode(this.form.sepLine + text, this.form.encoding);
  }

  #head(more: string): string {
    const { columns, separator, lineEnd, header } = this.form;
    return header ? columns.join(separator) + more + lineEnd : '';
  }

  #outputs(callableHead: string): Divided['outputs'] {
    const { separator } = this.form;
    const head = this.#head(`${separator}tacet_verdict${separator}tacet_reason`);
    const rowsOf = (output: Output) => this.rows.filter((row) => row.output === output);
    const marked = ({ written, verdict, reason, end }: Row) =>
      written + separator + verdict + separator + reason + end;
    return {
      callable: this.#bytes(
        callableHead +
          rowsOf('callable')
            .map(({ written, end }) => written + end)
            .join(''),
      ),
      blocked: this.#bytes(head + rowsOf('blocked').map(marked).join('')),
      undecided: this.#bytes(head + rowsOf('undecided').map(marked).join('')),
    };
  }

  #summary(counted: boolean): RightSummary {
    const asked = this.rows.flatMap((row) => row.asked);
    const verdicts = (verdict: Verdict) => asked.filter((one) => one.verdict === verdict).length;
    const inDoubt = this.rows.filter((row) => row.verdict === 'undecided');
    const counts = {
      numbers: asked.length,
      callable: verdicts('callable'),
      blocked: verdicts('blocked'),
      callable_opt_in: verdicts('callable-opt-in'),
      not_covered: verdicts('not-covered'),
      unreadable: verdicts('unreadable'),
      looked_up_too: this.rows.reduce((sum, row) => sum + row.lookedUp, 0),
    };
    const refusing = asked.filter(({ verdict }) => !verdict.startsWith('callable'));
    return {
      rows: this.rows.length,
      rowsInDoubt: tally(inDoubt.map((row) => row.reason)),
      doubts: this.#doubts(),
      counts: counted ? counts : {},
      ...(counted && { reasons: tally(refusing.map((one) => one.reason)) }),
    };
  }

  #doubts(): RightSummary['doubts'] {
    const doubts = new Map<DoubtKind, { kind: DoubtKind; rows: number; first_line: number }>();
    let line = 1 + linesIn(this.form.sepLine + this.form.titles.join('') + this.#head(''));
    for (const row of this.rows) {
      const { doubt: kind } = row;
      if (kind !== undefined) {
        const before = doubts.get(kind) ?? { kind, rows: 0, first_line: line };
        doubts.set(kind, { ...before, rows: before.rows + 1 });
      }
      line += linesIn(row.text + row.end);
    }
    return [...doubts.values()];
  }
}

const inFile = ({ text, end }: Row): string => text + end;

const linesIn = (text: string): number => text.split(/\r\n|\n|\r/).length - 1;

export function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
