import { brusselsTime } from '../../calendar/brussels.ts';
import { REGISTER_FIND_OPTIONS } from '../../options/register.ts';
import { helpOf } from '../../options/table.ts';
import { FIRM } from '../../registers/standing.ts';
import type {
  FindResponseMessage,
  RegisterActMessage,
  RegisterEntryMessage,
} from '../../wire/gen/messages.ts';
import { EDIT_OPERATIONS } from '../../wire/registers/edit.ts';
import { type Command, EXIT_DONE, oneOperand, readArguments } from '../arguments.ts';
import { printFacts } from '../print.ts';
import { openDesk } from './open-desk.ts';

/** `tacet register find`: what is known of a number. */
export const command: Command = {
  help: `Usage: tacet register find NUMBER (--server HOST:PORT | --state DIR) [--json]

Shows what stands of a number, for the whole firm and for each advertiser, and every act on it, the
oldest first: what was done, as of which day, when it was entered, by whom, whence and why.

${helpOf(REGISTER_FIND_OPTIONS)}`,
  async run(args) {
    const one = oneOperand('NUMBER');
    const { values, operands: phoneNumber } = readArguments(args, REGISTER_FIND_OPTIONS, one);
    const desk = await openDesk(values, false);
    try {
      const found = await desk.find(phoneNumber);
      const acts = found.acts.map(({ op, ...act }) => ({ ...act, op: operationOf(op) }));
      await printFacts(values.json, { ...found, acts }, textOf(found));
      return EXIT_DONE;
    } finally {
      await desk.close();
    }
  },
};

function operationOf(op: number): string {
  return EDIT_OPERATIONS[op] ?? String(op);
}

function textOf({ e164, standing, acts }: FindResponseMessage): string {
  const stands = standing.map((entry) => `  ${whose(entry.advertiser)}: ${entryText(entry)}`);
  const nothing = acts.length === 0 ? ['  nothing was ever entered'] : [];
  return `${[e164, ...stands, ...nothing, ...acts.flatMap(actLines)].join('\n')}\n`;
}

function whose(advertiser: string): string {
  return advertiser === FIRM ? 'the whole firm' : advertiser;
}

function entryText({ objectionDay, endedDay, optInDay }: RegisterEntryMessage): string {
  const isInForce = optInDay > objectionDay && optInDay > endedDay;
  const parts = [
    objectionDay === '' ? 'no objection' : `objection of ${objectionDay}`,
    ...(optInDay === '' ? [] : [`opt-in of ${optInDay}${isInForce ? '' : ', ended'}`]),
    ...(endedDay === '' ? [] : [`opt-ins up to ${endedDay} have ended`]),
  ];
  return parts.join('; ');
}

function actLines(act: RegisterActMessage): string[] {
  const { register, advertiser, op, day, atUnixMs, revision } = act;
  const of = day === '' ? 'the latest' : day;
  const entered = `entered ${brusselsTime(atUnixMs)}, revision ${revision}`;
  const notes = Object.entries({
    by: act.by,
    source: act.source,
    reference: act.reference,
    reason: act.reason,
  });
  return [
    `${of}  ${operationOf(op)} ${register} of ${whose(advertiser)}, ${entered}`,
    ...notes.flatMap(([name, text]) => (text === '' ? [] : [`    ${name.padEnd(10)}${text}`])),
  ];
}
