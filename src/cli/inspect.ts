import { brusselsTime, validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import { closeListFile, openListFile, readLayout } from '../list/list.ts';
import { INSPECT_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { ListPlaces } from '../serving/places.ts';
import { protoName, protoNames } from '../wire/json.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from './arguments.ts';
import { print, withCommas } from './print.ts';

/** `tacet inspect`: what a list file says about itself. */
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
        snapshotDate: formatIsoDay(header.snapshotDay),
        validUntil: new Date(validUntilMs(header.snapshotDay)).toISOString(),
        validUntilUnix: validUntilMs(header.snapshotDay) / 1000,
        sha256: header.sha256,
        sourceSha256: header.sourceSha256,
        formatVersion: header.formatVersion,
        fileBytes: header.fileBytes,
        mapping: handle.kind,
        mappingReason: handle.reason,
        // In the form that `tacet pack --layout` accepts, with its field names.
        layout: (await readLayout(handle)) ?? null,
        sections: header.sections,
      };
      await print(values.json ? asJson(facts) : asText(facts));
    } finally {
      closeListFile(handle);
    }
    return EXIT_DONE;
  },
};

function asJson({ layout, sections, ...facts }: Record<string, unknown>): string {
  return `${JSON.stringify({ ...protoNames(facts), layout, sections }, null, 2)}\n`;
}

function asText(facts: {
  readonly sections: readonly object[];
  readonly validUntilUnix: number;
}): string {
  const shown = (value: unknown): string => {
    if (typeof value === 'number') return withCommas(value);
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const { sections, validUntilUnix, ...rest } = facts;
  const texts = { ...rest, validUntil: brusselsTime(validUntilUnix * 1000) };
  const lines = Object.entries(texts).map(
    ([key, value]) => `${protoName(key).padEnd(16)}${shown(value)}`,
  );
  for (const section of sections) {
    lines.push(`section         ${JSON.stringify(section)}`);
  }
  return `${lines.join('\n')}\n`;
}
