import { readBoolean, readChoice, readDuration, readInteger, readSize } from './values.ts';

/** One option: its flag, what is shown of it, and how its text becomes a value. */
export interface OptionSpec<Value> {
  /** Without `--`; also the key of a config file and, as TACET_..., of the environment. */
  readonly flag: string;
  /** What stands for the value in the help; empty for a flag without one. */
  readonly value: string;
  /** As it would be written; undefined = must be given. */
  readonly initial: string | undefined;
  readonly help: string;
  read(text: string, where: string): Value;
}

export function option<Value>(
  flag: string,
  value: string,
  initial: string | undefined,
  help: string,
  read: (text: string, where: string) => Value,
): OptionSpec<Value> {
  return { flag, value, initial, help, read };
}

export function flagOption(flag: string, help: string): OptionSpec<boolean> {
  return option(flag, '', 'false', help, readBoolean);
}

export function durationOption(
  flag: string,
  initial: string,
  help: string,
  range = { min: 1, max: 2 ** 31 - 1 },
): OptionSpec<number> {
  return option(flag, 'TIME', initial, help, (text, where) => readDuration(text, where, range));
}

export function sizeOption(
  flag: string,
  initial: string,
  help: string,
  range: { min: number; max: number },
): OptionSpec<number> {
  return option(flag, 'SIZE', initial, help, (text, where) => readSize(text, where, range));
}

export function countOption(
  flag: string,
  initial: string,
  help: string,
  range: { min: number; max: number },
): OptionSpec<number> {
  return option(flag, 'N', initial, help, (text, where) => readInteger(text, where, range));
}

export function choiceOption<const Choice extends string>(
  flag: string,
  choices: readonly [Choice, ...Choice[]],
  help: string,
): OptionSpec<Choice> {
  return option(flag, choices.join('|'), choices[0], help, (text, where) =>
    readChoice(text, where, choices),
  );
}
