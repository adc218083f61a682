import { createInterface } from 'node:readline';
import { formatIsoDay } from '../calendar/day.ts';
import { matchedNames } from '../client/approach.ts';
import type { CheckResult } from '../client/client.ts';
import { CHECK_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { REASON_NAMES } from '../verdict/reason.ts';
import { VERDICT_NAMES } from '../verdict/verdict.ts';
import { protoJson } from '../wire/json.ts';
import { type Command, checkAdvertiser, EXIT_DONE, readArguments, usage } from './arguments.ts';
import { print, printError } from './print.ts';

/** `tacet check`: the verdict for individual numbers. */
export const command: Command = {
  help: `Usage: tacet check NUMBER... (--server HOST:PORT | --list LIST.tacet|STORE) [options]

Prints the verdict of each number and its reason, one number a line: see docs/VERDICTS.md; where
several lists answer, also which of them it is on. With - numbers are read from standard input, one
a line. Exit code 0 whatever the verdicts.

${helpOf(CHECK_OPTIONS)}`,
  async run(args) {
    const { values, operands } = readArguments(args, CHECK_OPTIONS, (positionals) => {
      if (positionals.length === 0) throw usage('no NUMBER is given');
      return positionals;
    });
    const { optInDay, advertiser, purpose, channel } = values;
    checkAdvertiser(advertiser);
    const optInDate = optInDay === undefined ? undefined : formatIsoDay(optInDay);
    // Loaded only once the arguments are valid, because it loads gRPC and the worker pool.
    const { openEngine } = await import('./dedupe/open-engine.ts');
    const engine = await openEngine(values);
    const asked = { optInDate, advertiser, approach: { purpose, channel } };
    const notices = new Set<string>();
    try {
      for await (const phoneNumber of numbersOf(operands)) {
        const result = await engine.check({ phoneNumber, ...asked });
        for (const notice of result.notices) notices.add(notice);
        await print((values.json ? asJson : asText)(phoneNumber, result));
      }
    } finally {
      await engine.close();
    }
    if (!values.json) for (const notice of notices) printError(`notice: ${notice}`);
    return EXIT_DONE;
  },
};

/** The numbers given; `-` stands for those of standard input, one a line. */
async function* numbersOf(operands: readonly string[]): AsyncGenerator<string> {
  for (const operand of operands) {
    if (operand === '-') yield* createInterface({ input: process.stdin });
    else yield operand;
  }
}

function asText(phoneNumber: string, result: CheckResult): string {
  const { verdict, reason, e164, registrationDate, matchedLists, lists } = result;
  // One line per number, even if it holds control characters.
  const shown = phoneNumber.replace(/\p{Cc}/gu, '?');
  const columns = [shown, VERDICT_NAMES[verdict], REASON_NAMES[reason], e164, registrationDate];
  if (lists.length > 1) columns.push(matchedNames(matchedLists, lists).join(','));
  return `${columns.join('\t').trimEnd()}\n`;
}

function asJson(phoneNumber: string, result: CheckResult): string {
  const { verdict, reason, matchedLists: set, ...rest } = result;
  const names = { verdict: VERDICT_NAMES[verdict], reason: REASON_NAMES[reason] };
  const matchedLists = matchedNames(set, rest.lists);
  return protoJson({ phoneNumber, ...names, ...rest, matchedLists });
}
