import { ABOUT } from '../../options/help/about.ts';
import { COMMANDS } from '../../options/help/every-command.ts';
import { headOf, optionsOf, sentenceOf, UNITS_HELP } from '../../options/table.ts';
import { type Command, EXIT_DONE, noOperand, readArguments } from '../arguments.ts';
import { packageVersion } from '../package.ts';
import { print } from '../print.ts';

/** `tacet man`: the manual page, made from the tables of options. */
export const command: Command = {
  help: `Usage: tacet man

Prints the manual page, for man -l - or as share/man/man1/tacet.1 of a folder of $MANPATH.`,
  async run(args) {
    readArguments(args, {}, noOperand);
    await print(page());
    return EXIT_DONE;
  },
};

/** Text for roff: backslashes, hyphens that are typed, and a line's first character. */
function roff(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('-', '\\-');
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

function page(): string {
  const lines = [
    `.TH TACET 1 "" "tacet ${packageVersion()}" "Tacet"`,
    '.SH NAME',
    'tacet \\- matching engine for do-not-call lists',
    '.SH SYNOPSIS',
    '.B tacet',
    'COMMAND ...',
    '.SH COMMANDS',
    ...ABOUT.flatMap(([name, about]) => ['.TP', `.B ${roff(name)}`, roff(about)]),
    '.SH OPTIONS',
    ...UNITS_HELP.split('\n').map(roff),
  ];
  for (const { name, groups } of COMMANDS) {
    for (const { title, table, variableOf } of groups) {
      lines.push(`.SS "tacet ${roff(title === '' ? name : `${name}, ${title}`)}"`);
      for (const option of optionsOf(table)) {
        lines.push('.TP', `.B ${roff(headOf(option))}`, roff(sentenceOf(option, variableOf)));
      }
    }
  }
  lines.push(
    '.SH EXIT STATUS',
    '0: done, whatever the verdicts. 1: failed. 2: wrong usage. 141: its output was not read.',
    '.SH SEE ALSO',
    roff('tacet COMMAND --help; the pages in docs of the package.'),
  );
  return `${lines.join('\n')}\n`;
}
