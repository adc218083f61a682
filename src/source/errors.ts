/** The errors of a source that cannot be packed. */
import { TacetError } from '../errors.ts';
import { describeLayout, type Layout } from './layout/layout.ts';
import type { Trailer } from './trailer.ts';

/** The most line numbers that an error shows. */
const SHOWN_LINES = 5;
/** A count this large might be a phone number and is not shown. */
const SHOWN_COUNT_MAX = 10_000_000;

/** A malformed line that was tolerated. */
export interface BadLine {
  /** 1-based, including the header. */
  readonly lineNumber: number;
  /** Why, in one clause; user data as a shape. */
  readonly reason: string;
}

/**
 * The error for one malformed line too many.
 *
 * @param badLines in the order of the file; the last is the one too many
 * @param advice a layout change with which the first can be read; null if there is none
 */
export function tooManyMalformed(
  { path, layout, badLinesMax }: { path: string; layout: Layout; badLinesMax: number },
  badLines: readonly BadLine[],
  advice: string | null,
): TacetError {
  const [first, last] = [badLines[0], badLines.at(-1)];
  const shown = badLines.slice(0, SHOWN_LINES).map(({ lineNumber }) => lineNumber);
  const what =
    badLinesMax === 0
      ? `malformed line: ${first?.reason}`
      : `${badLines.length} malformed lines up to line ${last?.lineNumber}, more than the ` +
        `${badLinesMax} allowed: lines ${shown.join(', ')}` +
        `${badLines.length > SHOWN_LINES ? ', ...' : ''}; the first: ${first?.reason}`;
  const write =
    advice === null ? ',' : `; if it is right, say so with --layout FILE, ${advice} in it;`;
  return new TacetError('ERR_SOURCE_LINE', {
    what,
    where: `${path}:${first?.lineNumber}`,
    fix:
      `The layout is: ${describeLayout(layout)}. Fetch the file again${write} or let malformed ` +
      'lines pass with --bad-lines-max',
  });
}

/** The error for a source without numbers: its list would make every number callable. */
export function emptySource(path: string, hasHeader: boolean): TacetError {
  return new TacetError('ERR_SOURCE_FILE', {
    what: hasHeader ? 'the file holds a header and no number' : 'the file is empty',
    where: path,
    fix: 'Fetch the file again',
  });
}

/** The error for a source that lacks the trailer of its layout. */
export function noTrailer(path: string, form: string): TacetError {
  return new TacetError('ERR_SOURCE_FILE', {
    what: 'the file has no trailer: it is cut short',
    expected: `a last line like ${JSON.stringify(form)}`,
    where: path,
    fix: 'Fetch the file again; if it has none any more, give --layout FILE without "trailer"',
  });
}

/** The error for a source with fewer or more lines than its trailer says. */
export function wrongCount(where: string, trailer: Trailer, lines: number): TacetError {
  const isShown = trailer.count < SHOWN_COUNT_MAX;
  return new TacetError('ERR_SOURCE_FILE', {
    what: 'the trailer does not count the lines that there are: the file is cut or damaged',
    expected: `${lines}, as many as were read`,
    got: isShown ? String(trailer.count) : `"${'9'.repeat(String(trailer.count).length)}"`,
    where,
    fix: 'Fetch the file again',
  });
}
