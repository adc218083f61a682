import { validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { closeListFile, openListFile, readLayout } from '../list/list.ts';
import { INSPECT_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { ListPlaces } from '../serving/places.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from './arguments.ts';
import { print, validUntilText, withCommas } from './print.ts';

/** `tacet inspect`: what a list file says of itself. */
export const command: Command = {
  help: `Usage: tacet inspect LIST.tacet|STORE [--json]

Shows, of a list file or of the current version of a store, name, entries, snapshot date, digests,
the layout of the source, sections, and how the file would be mapped. Checks the header; tacet
verify checks every byte.

${helpOf(INSPECT_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('LIST.tacet');
    const { values, operands: path } = readArguments(args, INSPECT_OPTIONS, one);
    const [found] = await new ListPlaces([path]).find();
    const handle = await openListFile(found?.file ?? path);
    try {
      const { header } = handle;
      const facts = {
        name: header.name,
        entries: header.entries,
        snapshot_date: formatIsoDay(header.snapshotDay),
        valid_until: new Date(validUntilMs(header.snapshotDay)).toISOString(),
        valid_until_unix: validUntilMs(header.snapshotDay) / 1000,
        sha256: header.sha256,
        source_sha256: header.sourceSha256,
        format_version: header.formatVersion,
        file_bytes: header.fileBytes,
        mapping: handle.kind,
        mapping_reason: handle.reason,
        layout: (await readLayout(handle)) ?? null,
        sections: header.sections,
      };
      await print(values.json ? `${JSON.stringify(facts, null, 2)}\n` : asText(facts));
    } finally {
      closeListFile(handle);
    }
    return EXIT_DONE;
  },
};

function asText(facts: {
  readonly sections: readonly object[];
  readonly valid_until_unix: number;
}): string {
  const shown = (value: unknown): string => {
    if (typeof value === 'number') return withCommas(value);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const { sections, valid_until_unix: validUntil, ...rest } = facts;
  const texts = { ...rest, valid_until: validUntilText(validUntil) };
  const lines = Object.entries(texts).map(([key, value]) => `${key.padEnd(16)}${shown(value)}`);
  for (const section of sections) {
    lines.push(`section         ${JSON.stringify(section)}`);
  }
  return `${lines.join('\n')}\n`;
}
