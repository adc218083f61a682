import { type Found, isRequired, type Option, type Table } from './option.ts';
import { variableOf } from './variables.ts';

/** Names the variable of an option, if it has one. */
export type VariableOf = (option: Option<unknown>) => string | undefined;

export function optionsOf(table: object): Option<unknown>[] {
  return Object.values(table);
}

/**
 * Reads every option of a table.
 *
 * @param find what is given for an option, if anything
 * @param fail called for an option that is missing or whose texts are no valid value; if it does
 *   not throw, the result must not be used
 */
export function readTable<Values>(
  table: Table<Values>,
  find: (option: Option<unknown>) => Found | undefined,
  fail: (option: Option<unknown>, found: Found | undefined) => void,
): Values {
  const values: Partial<Values> = {};
  for (const name in table) {
    const option = table[name];
    const found = find(option);
    const initial = option.initial === undefined ? [] : [option.initial];
    const texts = found === undefined ? initial : found.texts;
    const parsed = texts === undefined ? undefined : option.parse(texts);
    if (parsed === undefined) fail(option, found);
    else values[name] = parsed.value;
  }
  // Every name of the table has its value, or `fail` was called.
  return values as Values;
}

/** Refuses invalid values from code: a number out of range, a text that no flag could have. */
export function checkValues<Values>(
  table: Table<Values>,
  values: Values,
  fail: (option: Option<unknown>, got: string) => never,
): void {
  for (const name in table) {
    const option = table[name];
    const value: unknown = values[name];
    const { min, max } = option.range ?? { min: 0, max: 0 };
    const isGood =
      typeof value === 'number'
        ? Number.isSafeInteger(value) && value >= min && value <= max
        : typeof value !== 'string' || option.parse([value]) !== undefined;
    if (!isGood) fail(option, String(value));
  }
}

/** How values with a unit are written. */
export const UNITS_HELP = `TIME is a number with its unit: ms, s, m, h or d.
SIZE is a number of bytes, or one of KiB, MiB or GiB.`;

const COLUMNS = 100;
/** The column where the sentences of the help begin. */
const INDENT = 27;

/** The help of the options of a table, with their variables, within 100 columns. */
export function helpOf(table: object, named: VariableOf = variableOf): string {
  return optionsOf(table)
    .map((option) => {
      const head = `  ${headOf(option)}`;
      const lines = wrapped(sentenceOf(option, named), COLUMNS - INDENT);
      if (head.length + 2 > INDENT) lines.unshift('');
      const body = lines.join(`\n${' '.repeat(INDENT)}`);
      return `${head.length + 2 > INDENT ? head : head.padEnd(INDENT)}${body}`;
    })
    .join('\n');
}

/** What an option does, with its facts and its variable in brackets. */
export function sentenceOf(option: Option<unknown>, named: VariableOf = variableOf): string {
  const facts = factsOf(option);
  const variable = named(option);
  if (variable !== undefined) {
    const { separator } = option;
    const between = separator === undefined ? '' : `, "${separator}" between several`;
    facts.push(`${variable}${between}`);
  }
  return facts.length === 0 ? option.help : `${option.help} (${facts.join('; ')})`;
}

/** The flag with the placeholder for its value. */
export function headOf({ flag, placeholder }: Option<unknown>): string {
  return `--${flag}${placeholder === '' ? '' : ` ${placeholder}`}`;
}

/** Whether it may be repeated, its range, and its default or that it is required. */
function factsOf(option: Option<unknown>): string[] {
  const facts: string[] = [];
  if (option.separator !== undefined) facts.push('may be repeated');
  if (option.range !== undefined) facts.push(option.range.text);
  const initial = option.initialText ?? option.initial;
  if (isRequired(option)) facts.push('required');
  else if (initial !== undefined && initial !== '' && option.placeholder !== '') {
    facts.push(`default ${initial}`);
  }
  return facts;
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
