import { readFile } from 'node:fs/promises';
import { brusselsTime, validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { ioError } from '../errors.ts';
import { type PackResult, packList } from '../list/pack.ts';
import { PACK_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { describeLayout, type Layout, parseLayout } from '../source/layout/layout.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments, usage } from './arguments.ts';
import { printFacts, withCommas } from './print.ts';

/** `tacet pack`: packs the txt list into a list file. */
export const command: Command = {
  help: `Usage: tacet pack SOURCE.txt --out LIST.tacet [options]

Packs the txt list into a list file: plain, gzip, or a zip with one file in it, which is told by
its content. The list file appears under its name only when it is complete; one that is there is
replaced by renaming.

${helpOf(PACK_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('SOURCE.txt');
    const { values, operands: source } = readArguments(args, PACK_OPTIONS, one);
    const { layout, snapshotDay, json, quiet, ...rest } = values;
    // Both must be real files: they are mapped and named later. ./- is a file called "-".
    if (source === '-') throw usage('SOURCE.txt must be a file, not standard input');
    if (values.out === '-') throw usage('--out must be a file, not standard output');
    const result = await packList({
      ...rest,
      source,
      layout: await layoutOf(layout),
      ...(snapshotDay !== undefined && { snapshotDay }),
    });
    const { header, report } = result;
    const facts = {
      ...{ out: values.out, name: header.name, entries: header.entries, sha256: header.sha256 },
      snapshotDate: formatIsoDay(header.snapshotDay),
      validUntilUnix: validUntilMs(header.snapshotDay) / 1000,
      sourceSha256: header.sourceSha256,
      ...report,
    };
    if (!quiet) await printFacts(json, facts, reportOf(result, values.out));
    return EXIT_DONE;
  },
};

async function layoutOf(path: string): Promise<Layout | 'auto'> {
  if (path === 'auto') return 'auto';
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
  lines.push(`valid   until ${brusselsTime(validUntil)}${past}`);
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
