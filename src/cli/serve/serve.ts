import { setImmediate } from 'node:timers/promises';
import { brusselsTime } from '../../calendar/brussels.ts';
import { TacetError } from '../../errors.ts';
import { LogOutput } from '../../observe/log-output.ts';
import { parseFlags } from '../../options/flags.ts';
import { groupsHelp, SERVE_GROUPS } from '../../options/help/groups.ts';
import {
  type OptionTexts,
  printConfig,
  readServeOptions,
  SERVED,
} from '../../options/serve/serve.ts';
import { CONFIG_OPTIONS, type ServeOptions } from '../../options/serve/table.ts';
import { optionsOf, UNITS_HELP } from '../../options/table.ts';
import { addressText } from '../../options/values.ts';
import type { TacetServer } from '../../server/server.ts';
import { secretsOf } from '../../sync/options.ts';
import type { ListVersionMessage } from '../../wire/gen/messages.ts';
import { type Command, EXIT_DONE } from '../arguments.ts';
import { packageVersion } from '../package.ts';
import { print, withCommas } from '../print.ts';
import { handleSignals, isStopAsked } from './early-signals.ts';
import { ServiceNotices } from './systemd.ts';

/** The exit codes after a second signal, by shell convention. */
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

${groupsHelp(SERVE_GROUPS)}

${UNITS_HELP}`,
  async run(args) {
    const { texts, printsConfig } = textsOf(args);
    if (printsConfig) {
      await print(printConfig(texts));
      return EXIT_DONE;
    }
    const options = readServeOptions(texts);
    // Loaded only once the options are valid, because they load gRPC and the worker pool.
    const { pino } = await import('pino');
    const { TacetServer } = await import('../../server/server.ts');
    const output = new LogOutput(2, options.logBufferMax, (lines) =>
      log.warn({ lines }, 'lines of the log are missing: nobody took them, or no disk had room'),
    );
    const log = pino({ level: options.logLevel }, output);
    // Modules may all load within one turn of the event loop, which alone hears of signals: one
    // that was sent in it is heard before the end of the next.
    for (let turn = 0; turn < 2; turn++) await setImmediate();
    if (isStopAsked()) {
      log.info('stopped before the start');
      return EXIT_DONE;
    }
    const notices = new ServiceNotices(process.env, (err) =>
      log.warn({ err }, 'systemd could not be told: is systemd-notify installed?'),
    );
    const waiting = new AbortController();
    const starting = TacetServer.start(options, {
      version: packageVersion(),
      log,
      logLinesDropped: () => output.dropped,
      syncSecrets: secretsOf(process.env),
      signal: waiting.signal,
    });
    const stopped = untilStopped(starting, waiting, notices);
    let server: TacetServer;
    try {
      server = await starting;
    } catch (error) {
      if (!(waiting.signal.aborted && hasStopped(error))) throw error;
      log.info('stopped');
      return EXIT_DONE;
    }
    notices.ready();
    // Nobody may read the output.
    print(banner(server, options)).catch(() => undefined);
    await stopped;
    // What nobody has read would keep the process alive.
    process.exit(EXIT_DONE);
  },
};

function hasStopped(error: unknown): boolean {
  return error instanceof TacetError && error.code === 'ERR_STOPPING';
}

/** Collects the sources of the options, and all syntax errors in the flags. */
function textsOf(args: readonly string[]): { texts: OptionTexts; printsConfig: boolean } {
  const known = [...SERVED, ...optionsOf(CONFIG_OPTIONS)];
  const { given, positionals, mistakes } = parseFlags(args, known);
  const { config, 'print-config': printsConfig, ...flags } = Object.fromEntries(given);
  const texts = {
    flags,
    environment: process.env,
    config: config?.[0],
    mistakes: [
      ...positionals.map((positional) => `unexpected argument "${positional}"`),
      ...mistakes.map(({ what, fix }) => (fix === undefined ? what : `${what}. ${fix}`)),
    ],
  };
  return { texts, printsConfig: printsConfig !== undefined };
}

const SCREEN_COLUMNS = 100;
/** Lists beyond this are only counted. */
const LISTS_SHOWN = 5;

/** What is served, where, and with which limits, on one screen: 24 lines of 100 columns. */
function banner(server: TacetServer, options: ServeOptions): string {
  const versions = server.lists.current?.versions ?? [];
  const lists = versions.slice(0, LISTS_SHOWN).map(listLines);
  if (versions.length > LISTS_SHOWN) {
    lists.push(`list    and ${versions.length - LISTS_SHOWN} more: see /metrics`);
  }
  const many = (count: number, what: string): string => `${withCommas(count)} ${what}`;
  const { numbersPerMessageMax, messageBytesMax, batchCheckNumbersMax } = options;
  return `tacet ${packageVersion()} is serving
gRPC    ${addressText({ ...options.listen, port: server.grpcPort })}
HTTP    ${addressText({ ...options.http, port: server.httpPort })} (/metrics, /livez, /readyz)
${lists.join('\n')}
limits  ${many(numbersPerMessageMax, 'numbers')} and ${many(messageBytesMax, 'bytes a message')}, \
${many(batchCheckNumbersMax, 'numbers a BatchCheck')}
        ${many(options.batchesPerStreamMax, 'batches a stream')}, \
${many(options.streamsPerConnectionMax, 'calls a connection')}, \
${many(options.connectionsMax, 'connections')}, ${many(options.workers, 'workers')}
dates   ${options.discloseDates ? 'disclosed to who asks' : 'not disclosed'}
`;
}

function listLines(version: ListVersionMessage): string {
  const { name, snapshotDate, entries } = version;
  const head = `list    ${name} of ${snapshotDate},`;
  const until = `valid until ${brusselsTime(version.validUntilUnix * 1000)}`;
  const rest = `${withCommas(entries)} entries, ${until}`;
  const fits = head.length + 1 + rest.length <= SCREEN_COLUMNS;
  return `${head}${fits ? ' ' : '\n        '}${rest}\n        sha256 ${version.sha256}`;
}

/**
 * Resolves when a signal has ended the server; a second signal ends the process at once. A signal
 * during startup takes effect once the server has started, or ends its wait for a first list.
 */
function untilStopped(
  starting: Promise<TacetServer>,
  waiting: AbortController,
  notices: ServiceNotices,
): Promise<void> {
  const stopped = new Promise<void>((resolve, reject) => {
    let stopping = false;
    const stop = (signal: keyof typeof EXIT_BY_SIGNAL): void => {
      if (stopping) process.exit(EXIT_BY_SIGNAL[signal]);
      stopping = true;
      notices.stopping();
      waiting.abort();
      starting.then((server) => server.stop()).then(resolve, reject);
    };
    let isReloadAsked = false;
    const reload = async (): Promise<void> => {
      const server = await starting;
      isReloadAsked = false;
      notices.reloading();
      await server.reload().finally(() => notices.ready());
    };
    handleSignals((signal) => {
      if (signal !== 'SIGHUP') return stop(signal);
      // Several during the start are one reload after it.
      if (isReloadAsked) return;
      isReloadAsked = true;
      reload().catch(() => undefined);
    });
  });
  // The code that awaits the start reports its failure.
  stopped.catch(() => undefined);
  return stopped;
}
