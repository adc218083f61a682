/** The process of `syncInProcess`: receives options once, answers once, exits. */
import { errorToData } from '../errors.ts';
import type { SyncOptions } from './options.ts';
import { syncOnce } from './sync.ts';
import type { SyncAnswer } from './sync-process.ts';

const abort = new AbortController();
process.once('disconnect', () => abort.abort());
// A signal to the whole process group also reaches the server, which then ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.once('message', (message) => {
  // The other side is sync-process.ts from the same build: it sends nothing else.
  void answer(message as SyncOptions);
});

async function answer(options: SyncOptions): Promise<void> {
  let result: SyncAnswer;
  try {
    result = { outcome: await syncOnce(options, { signal: abort.signal }) };
  } catch (error) {
    result = { error: errorToData(error) };
  }
  if (!process.connected) return;
  process.send?.(result, undefined, undefined, () => {
    if (process.connected) process.disconnect();
  });
}
