import { REGISTER_EXPORT_OPTIONS } from '../../options/register.ts';
import { helpOf } from '../../options/table.ts';
import type { Register } from '../../registers/standing.ts';
import type { ExportedEntryMessage } from '../../wire/gen/messages.ts';
import { protoJson } from '../../wire/json.ts';
import { type Command, EXIT_DONE, readArguments, usage } from '../arguments.ts';
import { print } from '../print.ts';
import { registerOperand } from './edit.ts';
import { openDesk } from './open-desk.ts';

const HEADER = 'phone_number,advertiser,day\n';

/** `tacet register export`: all that stands in a register. */
export const command: Command = {
  help: `Usage: tacet register export REGISTER (--server HOST:PORT | --state DIR) [options]

Writes all that stands in a register to standard output: a row for each number and advertiser, with
the day of its objection, or of its latest opt-in unless that has ended. The whole firm is *.

${helpOf(REGISTER_EXPORT_OPTIONS)}`,
  async run(args) {
    const { values, operands: register } = readArguments(args, REGISTER_EXPORT_OPTIONS, (given) => {
      if (given.length > 1) throw usage('one REGISTER expected, more given');
      return registerOperand(given);
    });
    const { advertiser = '', format } = values;
    const desk = await openDesk(values, false);
    try {
      if (format === 'csv') await print(HEADER);
      for await (const entries of desk.export(register, advertiser)) {
        const write = format === 'csv' ? asRow : asJson;
        await print(entries.map((entry) => write(register, entry)).join(''));
      }
      return EXIT_DONE;
    } finally {
      await desk.close();
    }
  },
};

// Numbers, ids and days have nothing that CSV would quote.
function asRow(register: Register, entry: ExportedEntryMessage): string {
  return `${Object.values(factsOf(register, entry)).join(',')}\n`;
}

function asJson(register: Register, entry: ExportedEntryMessage): string {
  return protoJson(factsOf(register, entry));
}

function factsOf(register: Register, { e164, standing }: ExportedEntryMessage) {
  const { advertiser = '', objectionDay = '', optInDay = '' } = standing ?? {};
  return {
    phoneNumber: e164,
    advertiser,
    day: register === 'objections' ? objectionDay : optInDay,
  };
}
