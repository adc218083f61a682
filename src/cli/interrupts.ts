/** What a shell sends to end a command: by a key, by kill, by the end of its terminal. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

let received: NodeJS.Signals | undefined;

/**
 * Aborted by the first signal that is to end this command, so that it can clean up; a second one
 * ends it at once.
 */
export function interrupted(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ENDING) {
    process.once(signal, () => {
      received ??= signal;
      abort.abort();
    });
  }
  return abort.signal;
}

/**
 * If a signal has ended the command, dies of it: a shell's loop goes on after an exit code, but
 * ends with a command that Ctrl-C has killed.
 */
export function dieOfSignal(): void {
  if (received === undefined) return;
  for (const signal of ENDING) process.removeAllListeners(signal);
  process.kill(process.pid, received);
}
