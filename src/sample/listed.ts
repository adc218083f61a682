import { createReadStream } from 'node:fs';
import { parseIsoDay } from '../calendar/day.ts';
import { ioError, shapeOf, TacetError } from '../errors.ts';
import { ListedNumbers } from './phones.ts';
import { readTruthLine, rememberRegistration, type TruthList } from './truth.ts';

/** A longer line is refused at once, or it would be buffered to its end. */
const LINE_CHARACTERS_MAX = 256;

/**
 * Reads a list that `writeSampleList` wrote, in any of its forms. Takes about 130 bytes of memory
 * per line.
 *
 * @param options.linesMax more lines are refused with ERR_LIMIT
 * @throws ERR_IO, ERR_SOURCE_LINE, ERR_LIMIT
 */
export async function readList(path: string, options: { linesMax: number }): Promise<ReadList> {
  const list = new ReadList(path, options.linesMax);
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) list.add(line);
      if (rest.length > LINE_CHARACTERS_MAX) list.refuse(rest);
    }
  } catch (cause) {
    throw cause instanceof TacetError ? cause : ioError(path, 'read', cause);
  }
  if (rest !== '') list.add(rest);
  return list;
}

/** A list in memory, once for the generator and once for the truth. */
export class ReadList {
  readonly numbers = new ListedNumbers();
  /** Epoch day of the registration of `numbers.at(i)`. */
  readonly days: number[] = [];
  readonly truth: TruthList = new Map();
  /** The newest registration; 0 for an empty list. */
  newestDay = 0;
  private readonly path: string;
  private readonly linesMax: number;
  /** Each date once: lists have few dates and many lines. */
  private readonly dates = new Map<string, { readonly date: string; readonly day: number }>();

  constructor(path: string, linesMax: number) {
    this.path = path;
    this.linesMax = linesMax;
  }

  add(line: string): void {
    const read = readTruthLine(line);
    if (read === undefined) this.refuse(line);
    if (this.numbers.count === this.linesMax) {
      throw new TacetError('ERR_LIMIT', {
        what: `the list has more than ${this.linesMax} lines`,
        where: this.path,
        fix: 'Use a smaller list: its lines are kept in memory as text',
      });
    }
    let known = this.dates.get(read.date);
    if (known === undefined) {
      known = { date: read.date, day: parseIsoDay(read.date) };
      if (!(known.day > 0)) this.refuse(line);
      this.dates.set(read.date, known);
    }
    this.numbers.add(Number(read.national));
    this.days.push(known.day);
    this.newestDay = Math.max(this.newestDay, known.day);
    rememberRegistration(this.truth, read.national, known.date);
  }

  refuse(line: string): never {
    throw new TacetError('ERR_SOURCE_LINE', {
      what: `line ${this.numbers.count + 1} is not a line of a sample list`,
      expected: 'a Belgian number and a date, 9999999999;99/99/9999',
      got: shapeOf(line),
      where: this.path,
      fix: 'Use a txt written by `tacet sample list`',
    });
  }
}
