import { isServing } from '../client/health.ts';
import { TacetError } from '../errors.ts';
import {
  type Command,
  EXIT_DONE,
  EXIT_FAILED,
  readArguments,
  readServer,
  usage,
} from './arguments.ts';
import { print, printError } from './print.ts';

/** `tacet health`: for container probes. */
export const command: Command = {
  help: `Usage: tacet health [--server HOST:PORT]

Asks a server whether it serves a fresh list. Exit code 0 if it does, else 1.

  --server HOST:PORT   default 127.0.0.1:50051`,
  async run(args) {
    const { values, positionals } = readArguments(args, { server: { type: 'string' } });
    if (positionals.length > 0) throw usage('tacet health takes no arguments');
    const server = readServer(values.server ?? '127.0.0.1:50051');
    try {
      const serving = await isServing(server);
      await print(serving ? 'serving\n' : 'not serving\n');
      return serving ? EXIT_DONE : EXIT_FAILED;
    } catch (error) {
      if (!(error instanceof TacetError)) throw error;
      printError(`tacet health: ${server}: ${error.message}`);
      return EXIT_FAILED;
    }
  },
};
