/** The process of `syncInProcess`: takes options once, answers once, ends. */
import { errorToData } from '../errors.ts';
import type { SyncOptions } from './options.ts';
import { syncOnce } from './sync.ts';
import type { SyncAnswer } from './sync-process.ts';

const abort = new AbortController();
process.once('disconnect', () => abort.abort());
// Sent to a whole group, these reach the server too: it is the one that ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.once('message', (message) => {
  // The other side is sync-process.ts, of the same build: it sends nothing else.
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
