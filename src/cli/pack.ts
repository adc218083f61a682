import { readFile } from 'node:fs/promises';
import { validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { ioError } from '../errors.ts';
import { type PackResult, packList } from '../list/pack.ts';
import { readSize } from '../options/values.ts';
import { describeLayout, type Layout, parseLayout } from '../source/layout/layout.ts';
import { BAD_LINES_MAX } from '../source/source.ts';
import {
  type Command,
  EXIT_DONE,
  onlyPositional,
  readArguments,
  readCount,
  readDay,
  usage,
} from './arguments.ts';
import { print, validUntilText, withCommas } from './print.ts';

const SIZES = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** `tacet pack`: the txt list into a list file. */
export const command: Command = {
  help: `Usage: tacet pack SOURCE.txt --out LIST.tacet [options]

Packs the txt list into a list file: plain, gzip, or a zip with one file in it, which is told by
its content. The list file appears under its name only when it is
complete; one that is there is replaced by renaming.

  --out LIST.tacet         the list file to write
  --name NAME              name of the list (default dncm)
  --snapshot YYYY-MM-DD    the day at whose end the source was built (default: the newest
                           registration in it; required where the source has no dates)
  --layout auto|FILE       layout of the source: detected, or a profile as inspect --json shows it
                           under "layout" (default auto)
  --bad-lines-max N        how many malformed lines may pass, each is reported (default 0)
  --source-bytes-max SIZE  of the text, unpacked (default 8GiB)`,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      out: { type: 'string' },
      name: { type: 'string' },
      snapshot: { type: 'string' },
      layout: { type: 'string' },
      'bad-lines-max': { type: 'string' },
      'source-bytes-max': { type: 'string' },
    });
    const source = onlyPositional(positionals, 'SOURCE.txt');
    if (values.out === undefined) throw usage('--out LIST.tacet is missing');
    // Both are kept, mapped and named later: a stream has no name. ./- is a file called "-".
    if (source === '-') throw usage('SOURCE.txt must be a file, not standard input');
    if (values.out === '-') throw usage('--out must be a file, not standard output');
    const badLinesMax = readCount(values['bad-lines-max'] ?? '0', 'bad-lines-max', {
      min: 0,
      max: BAD_LINES_MAX,
    });
    const size = values['source-bytes-max'];
    const result = await packList({
      source,
      out: values.out,
      badLinesMax,
      layout: await layoutOf(values.layout),
      ...(size !== undefined && {
        sourceBytesMax: readSize(size, '--source-bytes-max', SIZES),
      }),
      ...(values.name !== undefined && { name: values.name }),
      ...(values.snapshot !== undefined && { snapshotDay: readDay(values.snapshot, 'snapshot') }),
    });
    await print(reportOf(result, values.out));
    return EXIT_DONE;
  },
};

async function layoutOf(path: string | undefined): Promise<Layout | 'auto'> {
  if (path === undefined || path === 'auto') return 'auto';
  let json: string;
  try {
    json = await readFile(path, 'utf8');
  } catch (cause) {
    throw ioError(path, 'read the layout', cause);
  }
  return parseLayout(json, path);
}

function reportOf({ header, report, layout }: PackResult, out: string): string {
  const lines = [
    `${out}: ${header.name} of ${formatIsoDay(header.snapshotDay)}, ` +
      `${withCommas(header.entries)} entries`,
    `layout  ${describeLayout(layout)}`,
    `sha256  ${header.sha256}`,
    `source  ${header.sourceSha256}`,
    `lines   ${withCommas(report.lines)}, duplicates ${withCommas(report.duplicates)}, ` +
      `malformed ${withCommas(report.badLines.length)}`,
  ];
  const validUntil = validUntilMs(header.snapshotDay);
  const past = validUntil <= Date.now() ? ', which is past: nothing will be answered from it' : '';
  lines.push(`valid   until ${validUntilText(validUntil / 1000)}${past}`);
  const unusual = [
    ['outside the numbering plan', report.outsidePlan],
    ['foreign', report.foreign],
    ['special (toll free, premium ...)', report.special],
    ['without a known date', report.unknownDates],
  ] as const;
  for (const [what, count] of unusual) {
    if (count > 0) lines.push(`packed all the same: ${withCommas(count)} ${what}`);
  }
  for (const { lineNumber, reason } of report.badLines) {
    lines.push(`line ${lineNumber} left out: ${reason}`);
  }
  return `${lines.join('\n')}\n`;
}
