#!/usr/bin/env node
// Signals are caught before anything else is loaded.
import './serve/early-signals.ts';
import { hasCode, TacetError } from '../errors.ts';
import { ABOUT } from '../options/help/about.ts';
import { didYouMean } from '../options/suggest.ts';
import { type Command, EXIT_DONE, EXIT_FAILED, EXIT_USAGE, usage } from './arguments.ts';
import { dieOfSignal } from './interrupts.ts';
import { packageVersion } from './package.ts';
import { print, printError } from './print.ts';

/** As if SIGPIPE had ended it, which Node ignores. */
const EXIT_CLOSED_PIPE = 141;

/** Commands are loaded on demand: `health` must not load the server. */
const COMMANDS: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  pack: () => import('./pack.ts'),
  verify: () => import('./verify.ts'),
  inspect: () => import('./inspect.ts'),
  serve: () => import('./serve/serve.ts'),
  check: () => import('./check.ts'),
  dedupe: () => import('./dedupe/dedupe.ts'),
  sync: () => import('./sync.ts'),
  access: () => import('./access/access.ts'),
  sample: () => import('./sample/sample.ts'),
  list: () => import('./list/list.ts'),
  register: () => import('./register/register.ts'),
  ledger: () => import('./ledger/ledger.ts'),
  proof: () => import('./proof/proof.ts'),
  health: () => import('./health.ts'),
  completion: () => import('./help/completion.ts'),
  man: () => import('./help/man.ts'),
};

const WORDS = [...Object.keys(COMMANDS), '--help', '--version'];

/** In the order of a day's work; actions of a command count as one. */
const HELP = `Usage: tacet COMMAND ...

${ABOUT.map(([name, about]) => `  ${name.padEnd(11)}${about}`).join('\n')}

tacet COMMAND --help explains a command, tacet --version prints the version.
Exit codes: 0 done, 1 failed, 2 wrong usage.`;

async function run(argv: readonly string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === '--version') {
    await print(`${packageVersion()}\n`);
    return EXIT_DONE;
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const [topic] = args;
    const about = topic === undefined ? HELP : (await commandOf(topic)).help;
    await print(`${about}\n`);
    return EXIT_DONE;
  }
  if (name === undefined) {
    printError(HELP);
    return EXIT_USAGE;
  }
  const command = await commandOf(name);
  if (args.includes('--help') || args.includes('-h')) {
    await print(`${(await command.helpOf?.(args)) ?? command.help}\n`);
    return EXIT_DONE;
  }
  return command.run(args);
}

async function commandOf(name: string): Promise<Command> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const meant = /^-v$/i.test(name) ? 'Did you mean --version?' : didYouMean(name, WORDS);
    throw usage(`unknown command "${name}"`, `${meant} See tacet --help`.trim());
  }
  return (await load()).command;
}

/** Prints the failure and says which exit code it means. */
function failure(error: unknown, name: string): number {
  // As `head` does to others; a contact file's other outputs are missing then, which is said.
  if (isClosedOutput(error) && name !== 'dedupe') return EXIT_CLOSED_PIPE;
  const known = Object.hasOwn(COMMANDS, name);
  const speaker = known ? `tacet ${name}` : 'tacet';
  if (!(error instanceof TacetError)) {
    printError(`${speaker}: a defect of Tacet: ${error instanceof Error ? error.stack : error}`);
    return EXIT_FAILED;
  }
  printError(`${speaker}: ${error.message} (${error.code})`);
  const isUsage = error.code === 'ERR_USAGE' || error.code === 'ERR_OPTION';
  if (isUsage && !error.message.includes('--help')) printError(`See ${speaker} --help`);
  return isUsage ? EXIT_USAGE : EXIT_FAILED;
}

// Errors say what grpc-js would write to standard error by itself.
process.env['GRPC_VERBOSITY'] ??= 'NONE';

function isClosedOutput(error: unknown): boolean {
  return (
    error instanceof TacetError &&
    error.detail.where === 'standard output' &&
    hasCode(error.detail.cause, 'EPIPE')
  );
}

const argv = process.argv.slice(2);
// The write that hits a closed pipe reports it.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
try {
  process.exitCode = await run(argv);
} catch (error) {
  process.exitCode = failure(error, argv[0] ?? '');
}
dieOfSignal();
