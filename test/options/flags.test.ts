import { expect, it } from 'vitest';
import { ENGINE_OPTIONS, INSPECT_OPTIONS } from '#tacet/options/commands.js';
import { parseFlags } from '#tacet/options/flags.js';
import { optionsOf } from '#tacet/options/table.js';

const OPTIONS = optionsOf({ ...ENGINE_OPTIONS, ...INSPECT_OPTIONS });

/** Flags given, positionals, and what is said of mistakes. */
function parsed(line: string) {
  const { given, positionals, mistakes } = parseFlags(line.split(' '), OPTIONS);
  return [Object.fromEntries(given), positionals, mistakes.map(({ what }) => what)];
}

it.each([
  ['a --json --list x --list=y b', { json: ['true'], list: ['x', 'y'] }, ['a', 'b'], []],
  ['list --json', { json: ['true'] }, ['list'], []],
  ['-- list --json', {}, ['list', '--json'], []],
  ['-- --list --json', {}, ['--list', '--json'], []],
  ['--list --json', { json: ['true'] }, [], ['--list: the value is missing']],
  ['--list -x', {}, [], ['--list: the value is missing']],
  ['--list=-x', { list: ['-x'] }, [], []],
  ['--list -', { list: ['-'] }, [], []],
  ['--list=', {}, [], ['--list: the value is empty']],
  ['--json=yes', {}, [], ['--json takes no value']],
  ['--server a:1 --server b:1', { server: ['a:1'] }, [], ['--server is given twice']],
])('%s', (line, given, positionals, mistakes) => {
  expect(parsed(line)).toEqual([given, positionals, mistakes]);
});

it('names every mistake', () => {
  const [, , mistakes] = parsed('--wat x --json=1 --server');
  expect(mistakes).toEqual([
    'unknown option --wat: arguments that begin with a hyphen go last, behind " -- "',
    '--json takes no value',
    '--server: the value is missing',
  ]);
});
