import { REGISTER_LIFT_OPTIONS } from '../../options/register.ts';
import { helpOf } from '../../options/table.ts';
import { type Command, readArguments } from '../arguments.ts';
import { editOperands, editRegister } from './edit.ts';

/** `tacet register lift`: ends objections or opt-ins. */
export const command: Command = {
  help: `Usage: tacet register lift REGISTER NUMBER... (--server HOST:PORT | --state DIR) [options]

Lifts objections of one advertiser, or without --advertiser those of the whole firm and no other;
the opt-ins that they ended stay ended. Or withdraws opt-ins: those up to the day. With --mistake
what was entered never was: an objection has ended no opt-in then, and of opt-ins only the one of
that day is removed. With - numbers are read from standard input, one a line.

${helpOf(REGISTER_LIFT_OPTIONS)}`,
  run(args) {
    const { values, operands } = readArguments(args, REGISTER_LIFT_OPTIONS, editOperands);
    return editRegister(values.mistake ? 'lift-mistake' : 'lift', operands, values);
  },
};
