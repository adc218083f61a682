import { TacetError } from '../../errors.ts';
import type { ListHeader } from '../../list/format.ts';
import type { ListHandle } from '../../list/mapping.ts';

/**
 * Runs `verifyListFile` in its own thread, so that this one never stalls.
 *
 * @param options `signal`: ends the thread and rejects with ERR_CANCELLED
 * @throws TacetError those of verifyListFile; ERR_WORKER if the thread dies
 */
export async function verifyInWorker(
  target: string | ListHandle,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ListHeader> {
  const { signal } = options;
  const { Threads } = await import('../threads.ts');
  const threads = new Threads<string | ListHandle, ListHeader>({
    module: new URL('./verify-thread.js', import.meta.url).href,
    count: 1,
    retriesMax: 0,
    died: () => ({ what: 'the verifying thread died' }),
  });
  const end = () => threads.destroy();
  signal?.addEventListener('abort', end, { once: true });
  try {
    if (signal?.aborted) await end();
    return await threads.run(target);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new TacetError('ERR_CANCELLED', { what: 'verifying the list file was cancelled' });
  } finally {
    signal?.removeEventListener('abort', end);
    await end();
  }
}
