import { type ChildProcess, fork } from 'node:child_process';
import { type ErrorData, errorFromData, TacetError } from '../errors.ts';
import type { SyncOptions } from './options.ts';
import type { SyncOutcome } from './outcome.ts';

/** The single answer of the process. */
export type SyncAnswer = { readonly outcome: SyncOutcome } | { readonly error: ErrorData };

/** How long a cancelled sync has to clean up. */
const CANCEL_MS = 10_000;
const STDERR_BYTES_MAX = 4_096;

/**
 * Runs {@link syncOnce} in its own process, not a thread: packing takes 20 bytes a line and seconds
 * of CPU time. Whatever happens, even if it runs out of memory, the server keeps answering and gets
 * the memory back afterwards. Options go over a channel, so no secret is on a command line. The
 * process ends when this one does.
 * Errors: ERR_OPTION; ERR_WORKER if the process ends without an answer; ERR_CANCELLED.
 */
export async function syncInProcess(
  options: SyncOptions,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SyncOutcome> {
  if (isCancelled(signal)) throw cancelled();
  const child = fork(new URL('./sync-main.js', import.meta.url), [], {
    execArgv: [],
    serialization: 'json',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let killer: NodeJS.Timeout | undefined;
  // Disconnecting tells it to end, and it cleans up first.
  const cancel = (): void => {
    if (child.connected) child.disconnect();
    killer = setTimeout(() => child.kill('SIGKILL'), CANCEL_MS);
  };
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const answer = await answerOf(child, options);
    if ('error' in answer) throw errorFromData(answer.error);
    return answer.outcome;
  } catch (error) {
    throw isCancelled(signal) ? cancelled() : error;
  } finally {
    clearTimeout(killer);
    signal?.removeEventListener('abort', cancel);
  }
}

/** Resolves once the process has ended, so that its lock and files are gone. */
function answerOf(child: ChildProcess, options: SyncOptions): Promise<SyncAnswer> {
  return new Promise((resolve, reject) => {
    let answer: SyncAnswer | undefined;
    let stderr = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      stderr = (stderr + bytes.toString()).slice(-STDERR_BYTES_MAX);
    });
    child.on('message', (message) => {
      // The other side is sync-main.ts from the same build: it sends nothing else.
      answer = message as SyncAnswer;
    });
    child.on('error', (cause) => reject(died(cause)));
    // Not on `close`: it is not emitted if this side disconnected. After `disconnect` no answer can
    // still arrive.
    let ended: string | undefined;
    const end = (): void => {
      if (ended === undefined || child.connected) return;
      if (answer !== undefined) resolve(answer);
      else reject(died(`${ended}: ${stderr}`));
    };
    child.on('disconnect', end);
    child.on('exit', (code, signal) => {
      ended = `exit code ${code}, signal ${signal}`;
      end();
    });
    child.send(options, (cause) => {
      if (cause !== null) reject(died(cause));
    });
  });
}

function died(cause: unknown): TacetError {
  return new TacetError('ERR_WORKER', {
    what: 'the process of the sync ended without an answer',
    fix: 'It is started again; if it ran out of memory, give the machine 20 bytes a line more',
    cause,
  });
}

/** A function, because the value changes across awaits. */
function isCancelled(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function cancelled(): TacetError {
  return new TacetError('ERR_CANCELLED', { what: 'the sync was cancelled' });
}
