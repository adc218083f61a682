import { REGISTER_ADD_OPTIONS } from '../../options/register.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, readArguments } from '../arguments.ts';
import { editOperands, editRegister } from './edit.ts';

/** `tacet register add`: enters objections or opt-ins. */
export const command: Command = {
  help: `Usage: tacet register add objections NUMBER... (--server HOST:PORT | --state DIR) [options]
       tacet register add opt-ins NUMBER... --advertiser ID --day YYYY-MM-DD ...

Enters objections, which hold at once and until they are lifted, or opt-ins with their day. It is on
the disk when the command returns. With - numbers are read from standard input, one a line. A number
that is refused has a line that says why: it cannot be read, or somebody with an objection cannot
opt in until it is lifted. Exit code 1 if any was.

${helpOf(REGISTER_ADD_OPTIONS)}`,
  run(args) {
    const { values, operands } = readArguments(args, REGISTER_ADD_OPTIONS, editOperands);
    return editRegister('add', operands, values);
  },
};
