import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { formatIsoDay } from '../../calendar/day.ts';
import {
  FIRM,
  REGISTERS,
  type Register,
  type RegisterOperation,
} from '../../registers/standing.ts';
import type { EditResponseMessage } from '../../wire/gen/messages.ts';
import type { RegisterEdit } from '../../wire/registers/edit.ts';
import { EXIT_DONE, EXIT_FAILED, usage } from '../arguments.ts';
import { printError, printFacts, withCommas } from '../print.ts';
import { type DeskValues, openDesk } from './open-desk.ts';

/** What `add` and `lift` were given. */
interface EditValues extends DeskValues {
  readonly advertiser: string | undefined;
  readonly day: number | undefined;
  readonly source: string | undefined;
  readonly reference: string | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  readonly json: boolean;
}

/** The register that is named first. Errors: ERR_USAGE. */
export function registerOperand([name]: readonly string[]): Register {
  const register = REGISTERS.find((known) => known === name);
  if (register !== undefined) return register;
  const what = name === undefined ? 'REGISTER is missing' : `there is no register "${name}"`;
  throw usage(what, `Give ${REGISTERS.join(' or ')}`);
}

/** The register, and the numbers behind it. Errors: ERR_USAGE. */
export function editOperands(positionals: readonly string[]) {
  const register = registerOperand(positionals);
  const numbers = positionals.slice(1);
  if (numbers.length === 0) throw usage('no NUMBER is given', 'Give numbers, or - to read them');
  return { register, numbers };
}

/** Does one edit and says what became of it; returns the exit code. */
export async function editRegister(
  operation: RegisterOperation,
  { register, numbers }: ReturnType<typeof editOperands>,
  values: EditValues,
): Promise<number> {
  const { advertiser = FIRM, day, requestId = randomUUID(), json } = values;
  const { source, reference, by, reason } = values;
  if (register === 'opt-ins' && advertiser === FIRM) {
    throw usage('--advertiser is missing', 'Say whose opt-in it is: --advertiser ID');
  }
  if (register === 'opt-ins' && operation === 'add' && day === undefined) {
    throw usage(
      '--day is missing',
      'Give the day of the opt-in: without it, it counts for nothing',
    );
  }
  const phoneNumbers = await numbersOf(numbers);
  if (phoneNumbers.length === 0) throw usage('standard input has no number');
  const edit = {
    ...{ register, advertiser, operation, phoneNumbers, requestId },
    ...{ source, reference, by, reason },
    day: day === undefined ? undefined : formatIsoDay(day),
  };
  const desk = await openDesk(values, true);
  try {
    const done = await desk.edit(edit);
    await tell(edit, done, json);
    return done.refused.length === 0 ? EXIT_DONE : EXIT_FAILED;
  } finally {
    await desk.close();
  }
}

/** The numbers given; `-` stands for those of standard input, one a line. */
async function numbersOf(operands: readonly string[]): Promise<string[]> {
  const numbers: string[] = [];
  for (const operand of operands) {
    if (operand !== '-') numbers.push(operand);
    else {
      for await (const line of createInterface({ input: process.stdin })) {
        if (line.trim() !== '') numbers.push(line);
      }
    }
  }
  return numbers;
}

async function tell(
  edit: RegisterEdit,
  { revision, counts, refused }: EditResponseMessage,
  json: boolean,
): Promise<void> {
  const { register, advertiser, operation, requestId, phoneNumbers } = edit;
  const changed = counts?.changed ?? 0;
  const unchanged = counts?.unchanged ?? 0;
  const named = refused.map(({ index, reason }) => ({
    ...{ index, reason },
    phoneNumber: phoneNumbers[index] ?? '',
  }));
  const whose = advertiser === FIRM ? 'the whole firm' : advertiser;
  const did = operation === 'add' ? 'added' : 'lifted';
  const text =
    `${register} of ${whose}: ${withCommas(changed)} ${did}, ` +
    `${withCommas(unchanged)} so already, ${withCommas(refused.length)} refused; ` +
    `revision ${revision}, request ${requestId}\n`;
  const facts = { register, advertiser, operation, requestId, revision, changed, unchanged };
  await printFacts(json, { ...facts, refused: named }, text);
  if (json) return;
  for (const { phoneNumber, reason } of named) {
    // One line per number, even if it holds control characters.
    printError(`refused: ${phoneNumber.replace(/\p{Cc}/gu, '?')}: ${reason}`);
  }
}
