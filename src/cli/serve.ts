import { TacetError } from '../errors.ts';
import {
  printConfig,
  readServeOptions,
  SERVE_OPTIONS,
  serveOptionsHelp,
} from '../server/options.ts';
import type { TacetServer } from '../server/server.ts';
import { type Command, EXIT_DONE, readArguments, usage } from './arguments.ts';
import { packageVersion } from './package.ts';
import { print, validUntilText, withCommas } from './print.ts';

/** The exit codes of a process ended by a second signal, as shells give them. */
const EXIT_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

/** `tacet serve`: answers over gRPC until SIGTERM or SIGINT; SIGHUP reloads the lists. */
export const command: Command = {
  help: `Usage: tacet serve --list LIST.tacet|STORE [options]

Answers over gRPC from list files. A store is followed: the version it switches to serves within
--list-poll. A list file is opened again at SIGHUP; replace it by renaming a new one over it, never
by copying into it: what is written in place is noticed and nothing is answered any more, but a file
that is cut short under its map ends the process (SIGBUS), which no program can catch. With
--sync-from the server fetches its list itself, and waits for the first. SIGTERM drains and exits 0.
Flags win, then the environment, then the config file.

${serveOptionsHelp()}
  --config FILE.json
      options as a JSON object, keys like the flags (TACET_CONFIG)
  --print-config
      print the options as a config file and exit`,
  async run(args) {
    const { config, printsConfig, flags } = readFlags(args);
    const texts = { flags, environment: process.env, config };
    if (printsConfig) {
      await print(printConfig(texts));
      return EXIT_DONE;
    }
    const options = readServeOptions(texts);
    // Loaded once the options are right: they bring gRPC and the worker pool.
    const { pino } = await import('pino');
    const { TacetServer } = await import('../server/server.ts');
    const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }));
    const waiting = new AbortController();
    const starting = TacetServer.start(options, {
      version: packageVersion(),
      log,
      syncPassword: process.env['TACET_SYNC_PASSWORD'],
      signal: waiting.signal,
    });
    const stopped = untilStopped(starting, waiting);
    let server: TacetServer;
    try {
      server = await starting;
    } catch (error) {
      if (!(waiting.signal.aborted && hasStopped(error))) throw error;
      log.info('stopped');
      return EXIT_DONE;
    }
    // Nobody may be reading: that is no reason to stop.
    await print(banner(server, options)).catch(() => undefined);
    await stopped;
    return EXIT_DONE;
  },
};

function hasStopped(error: unknown): boolean {
  return error instanceof TacetError && error.code === 'ERR_STOPPING';
}

function readFlags(args: readonly string[]): {
  config: string | undefined;
  printsConfig: boolean;
  flags: Record<string, string[]>;
} {
  const specs = Object.values(SERVE_OPTIONS);
  const declared = Object.fromEntries(
    specs.map(({ flag, value }) => [
      flag,
      {
        type: value === '' ? ('boolean' as const) : ('string' as const),
        multiple: flag === 'list',
      },
    ]),
  );
  const { values, positionals } = readArguments(args, {
    ...declared,
    config: { type: 'string' },
    'print-config': { type: 'boolean' },
  });
  if (positionals.length > 0) throw usage(`unexpected argument "${positionals[0]}"`);
  const { config, 'print-config': printsConfig, ...given } = values;
  const flags: Record<string, string[]> = {};
  for (const [flag, value] of Object.entries(given)) {
    if (value !== undefined)
      flags[flag] = Array.isArray(value) ? value.map(String) : [String(value)];
  }
  return {
    config: typeof config === 'string' ? config : undefined,
    printsConfig: printsConfig === true,
    flags,
  };
}

/** What is served, where, and with which limits, on one screen. */
function banner(server: TacetServer, options: ReturnType<typeof readServeOptions>): string {
  const lists = server.lists.current?.set.versions ?? [];
  const lines = lists.map(
    (version) =>
      `list    ${version.name} of ${version.snapshot_date}, ${withCommas(version.entries)} entries, ` +
      `valid until ${validUntilText(version.valid_until_unix)}\n` +
      `        sha256 ${version.sha256}`,
  );
  return `tacet ${packageVersion()} is serving
gRPC    ${options.listen.host}:${server.grpcPort}
HTTP    ${options.http.host}:${server.httpPort} (/metrics, /livez, /readyz)
${lines.join('\n')}
limits  ${withCommas(options.numbersPerMessageMax)} numbers and ${withCommas(options.messageBytesMax)} bytes a message, \
${options.batchesPerStreamMax} batches a stream, ${options.workers} workers
dates   ${options.discloseDates ? 'disclosed to who asks' : 'not disclosed'}
`;
}

/**
 * Resolves when a signal has ended the server; a second signal ends the process at once. Signals
 * that come while the server starts wait until it has started, or end its wait for a first list.
 */
function untilStopped(starting: Promise<TacetServer>, waiting: AbortController): Promise<void> {
  const stopped = new Promise<void>((resolve, reject) => {
    let stopping = false;
    const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
      if (stopping) process.exit(EXIT_BY_SIGNAL[signal]);
      stopping = true;
      waiting.abort();
      starting.then((server) => server.stop()).then(resolve, reject);
    };
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
    process.on(
      'SIGHUP',
      () =>
        void starting.then(
          (server) => server.reload(),
          () => undefined,
        ),
    );
  });
  // A start that fails is told by whoever waits for it.
  stopped.catch(() => undefined);
  return stopped;
}
