import { COMPLETION_SHELLS } from '../../options/commands.ts';
import { COMMANDS, type CommandOptions } from '../../options/help/every-command.ts';
import type { Option } from '../../options/option.ts';
import { optionsOf } from '../../options/table.ts';
import { variableOf } from '../../options/variables.ts';
import { type Command, EXIT_DONE, readArguments, usage } from '../arguments.ts';
import { print } from '../print.ts';

/** `tacet completion`: what a shell sources to complete commands and options. */
export const command: Command = {
  help: `Usage: tacet completion ${COMPLETION_SHELLS.join('|')}

Prints what makes a shell complete commands, options and their values:
  bash   source <(tacet completion bash), or as /etc/bash_completion.d/tacet
  zsh    as the file _tacet in a folder of $fpath
  fish   as ~/.config/fish/completions/tacet.fish`,
  async run(args) {
    const { operands: shell } = readArguments(args, {}, ([name = '', another]) => {
      const known = COMPLETION_SHELLS.find((candidate) => candidate === name);
      if (known !== undefined && another === undefined) return known;
      throw usage(`one of ${COMPLETION_SHELLS.join(', ')} is expected, got "${args.join(' ')}"`);
    });
    await print({ bash, zsh, fish }[shell]());
    return EXIT_DONE;
  },
};

const optionsOfAll = ({ groups }: CommandOptions): Option<unknown>[] =>
  groups.flatMap(({ table }) => optionsOf(table));

/** The options of a command, each with what it does and its variable. */
const described = ({ groups }: CommandOptions): [Option<unknown>, string][] =>
  groups.flatMap(({ table, variableOf: named = variableOf }) =>
    optionsOf(table).map((option): [Option<unknown>, string] => {
      const variable = named(option);
      return [option, variable === undefined ? option.help : `${option.help} (${variable})`];
    }),
  );

/** The words that a value is one of; none if it is anything else. */
function choicesOf({ placeholder }: Option<unknown>): string[] {
  return /^[a-z-]+(\|[a-z-]+)+$/.test(placeholder) ? placeholder.split('|') : [];
}

/** The words that may come after each beginning of a command: none yet, or a command. */
function wordsAfter(): Map<string, Map<string, string>> {
  const after = new Map<string, Map<string, string>>();
  for (const { name, about } of COMMANDS) {
    const [first = '', second] = name.split(' ');
    const begun = second === undefined ? '' : first;
    if (!after.has(begun)) after.set(begun, new Map());
    after.get(begun)?.set(second ?? first, about);
    if (second !== undefined) after.get('')?.set(first, `${first} ...`);
  }
  after.set('completion', new Map(COMPLETION_SHELLS.map((shell) => [shell, `for ${shell}`])));
  return after;
}

function bash(): string {
  const after = wordsAfter();
  const parents = [...after.keys()].filter((name) => name !== '');
  const words = [...after].map(
    ([begun, names]) => `    '${begun}') words='${[...names.keys()].join(' ')}' ;;`,
  );
  const values = COMMANDS.flatMap((one) =>
    optionsOfAll(one)
      .filter((option) => choicesOf(option).length > 0)
      .map((option) => {
        const choices = choicesOf(option).join(' ');
        return `    '${one.name} --${option.flag}') values='${choices}' ;;`;
      }),
  );
  const flags = COMMANDS.map((one) => {
    const names = [...optionsOfAll(one).map(({ flag }) => flag), 'help'];
    return `    '${one.name}') flags='${names.map((flag) => `--${flag}`).join(' ')}' ;;`;
  });
  return `# bash completion of tacet, made by \`tacet completion bash\`
_tacet() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command='' words='' values='' flags=''
  if (( COMP_CWORD > 1 )); then command=\${COMP_WORDS[1]}; fi
  case $command in ${parents.join('|')})
    if (( COMP_CWORD > 2 )); then command="$command \${COMP_WORDS[2]}"; fi ;;
  esac
  case $command in
${words.join('\n')}
  esac
  case "$command $previous" in
${values.join('\n')}
  esac
  case $command in
${flags.join('\n')}
  esac
  if [[ $current != -* ]]; then flags=''; fi
  if [[ -n $values ]]; then words=''; flags=''; fi
  COMPREPLY=($(compgen -W "$words $values $flags" -- "$current"))
}
complete -o default -F _tacet tacet
`;
}

/** For single quotes of zsh and fish, and the brackets and colons of \`_arguments\`. */
const quoted = (text: string): string => text.replaceAll("'", '’').replace(/[[\]:\\]/g, ' ');

function zsh(): string {
  const cases = COMMANDS.map((one) => {
    const options = described(one).map(([option, about]) => {
      const choices = choicesOf(option);
      const value = choices.length > 0 ? `:value:(${choices.join(' ')})` : ':value:_files';
      const takes = option.placeholder === '' ? '' : value;
      const repeats = option.separator === undefined ? '' : '*';
      return `      '${repeats}--${option.flag}[${quoted(about)}]${takes}' \\`;
    });
    const lines = [...options, `      '--help[explain the command]' '*:file:_files' ;;`];
    return `    '${one.name}') _arguments \\\n${lines.join('\n')}`;
  });
  const words = [...wordsAfter()].map(([begun, names]) => {
    const offered = [...names].map(([word, about]) => `'${word}:${quoted(about)}'`);
    return `    '${begun}') words=(${offered.join(' ')}) ;;`;
  });
  return `#compdef tacet
# zsh completion of tacet, made by \`tacet completion zsh\`
_tacet() {
  local command='' at=2
  local -a words_after
  while (( at < CURRENT )); do
    command="\${command:+$command }\${words[at]}"
    (( at++ ))
    case $command in ${[...wordsAfter().keys()].filter(Boolean).join('|')}) ;; *) break ;; esac
  done
  if (( at == CURRENT )); then
    case $command in
${words.join('\n').replaceAll('words=', 'words_after=')}
    esac
    if (( $#words_after )); then _describe 'command' words_after; return; fi
  fi
  shift $(( at - 2 )) words
  (( CURRENT -= at - 2 ))
  case $command in
${cases.join('\n')}
  esac
}
compdef _tacet tacet
`;
}

function fish(): string {
  const lines = ['# fish completion of tacet, made by `tacet completion fish`'];
  for (const [begun, names] of wordsAfter()) {
    const when =
      begun === ''
        ? '__fish_use_subcommand'
        : `__fish_seen_subcommand_from ${begun}; and not __fish_seen_subcommand_from ` +
          [...names.keys()].join(' ');
    for (const [word, about] of names) {
      lines.push(`complete -c tacet -f -n '${when}' -a ${word} -d '${quoted(about)}'`);
    }
  }
  for (const one of COMMANDS) {
    const seen = one.name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
    for (const [option, about] of described(one)) {
      const choices = choicesOf(option);
      const values = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : ' -r';
      lines.push(
        `complete -c tacet -n '${seen.join('; and ')}' -l ${option.flag}` +
          `${option.placeholder === '' ? '' : values} -d '${quoted(about)}'`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
