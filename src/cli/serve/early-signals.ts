/** A signal that a server obeys. */
type ServerSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const held: ServerSignal[] = [];
let handle = (signal: ServerSignal): void => void held.push(signal);

/** Whether a signal that stops the server has arrived and is not handled yet. */
export function isStopAsked(): boolean {
  return held.some((signal) => signal !== 'SIGHUP');
}

/** Hands `next` the signals that have arrived so far, and every later one. */
export function handleSignals(next: (signal: ServerSignal) => void): void {
  handle = next;
  for (const signal of held.splice(0)) next(signal);
}

// Imported first of all: loading the server takes a third of a second, in which a signal without a
// handler would kill the process, or be lost where it is the first of its container.
if (process.argv[2] === 'serve') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => handle(signal));
  }
  // Without a handler Node opens a debugger at the first, for good, and dies of the second. Whoever
  // rotates logs may send either.
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined);
}
