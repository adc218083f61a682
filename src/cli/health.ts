import { isServing } from '../client/health.ts';
import { TacetError } from '../errors.ts';
import { HEALTH_OPTIONS } from '../options/commands.ts';
import { helpOf } from '../options/table.ts';
import { type Command, EXIT_DONE, EXIT_FAILED, readArguments, usage } from './arguments.ts';
import { connectionOf } from './connection.ts';
import { printError, printFacts } from './print.ts';

/** What is wrong with the command rather than with the server. */
const OURS: ReadonlySet<string> = new Set(['ERR_OPTION', 'ERR_USAGE', 'ERR_IO', 'ERR_TLS']);

/** `tacet health`: for container probes. */
export const command: Command = {
  help: `Usage: tacet health [--server HOST:PORT|unix:PATH] [--json]

Asks a server whether it serves a fresh list. Exit code 0: it does; 1: it does not, refuses to say,
or cannot be asked; 2: wrong usage.

${helpOf(HEALTH_OPTIONS)}`,
  async run(args) {
    const { values } = readArguments(args, HEALTH_OPTIONS, (positionals) => {
      if (positionals.length > 0) throw usage('tacet health takes no arguments');
    });
    const { server, json } = values;
    try {
      const serving = await isServing(server, await connectionOf(server, values));
      await printFacts(json, { server, serving }, serving ? 'serving\n' : 'not serving\n');
      return serving ? EXIT_DONE : EXIT_FAILED;
    } catch (error) {
      if (!(error instanceof TacetError) || OURS.has(error.code)) throw error;
      printError(`tacet health: ${server}: ${error.message}`);
      return EXIT_FAILED;
    }
  },
};
