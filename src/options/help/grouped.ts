import assert from 'node:assert/strict';
import { optionsOf, type VariableOf } from '../table.ts';

/** Options that are explained together. */
export interface OptionGroup {
  /** What they are for; empty if there is only one group. */
  readonly title: string;
  readonly table: object;
  /** Default: the variables that all commands share. */
  readonly variableOf?: VariableOf;
}

/** Where options go that no group names: none should, which a test says. */
const UNPLACED = 'more';

/** Parts of a table by title, each option in one of them; what no part names comes last. */
export function grouped(table: object, parts: Readonly<Record<string, string>>): OptionGroup[] {
  const left = new Map(optionsOf(table).map((option) => [option.flag, option]));
  const parted = (title: string, flags: string): OptionGroup[] => {
    const options = flags.split(' ').flatMap((flag) => {
      const option = left.get(flag);
      assert.ok(option !== undefined || flag === '', `no option, or twice: --${flag}`);
      left.delete(flag);
      return option ?? [];
    });
    return options.length === 0 ? [] : [{ title, table: options }];
  };
  const named = Object.entries(parts).flatMap(([title, flags]) => parted(title, flags));
  return [...named, ...parted(UNPLACED, [...left.keys()].join(' '))];
}
