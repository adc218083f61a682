import type { ServeOptions } from '../options/serve/table.ts';
import { answerBuffer } from '../rpc/frames.ts';
import type { MessageBuffers } from '../rpc/message-buffers.ts';
import { MatchPool } from '../threads/pool.ts';
import type { ServerTuning } from './tuning.ts';

/** The pool that answers a server's batches, into buffers that are used again. */
export function createPool(
  options: ServeOptions & ServerTuning,
  buffers: MessageBuffers,
): MatchPool {
  return new MatchPool({
    workers: options.workers,
    numbersMax: options.numbersPerMessageMax,
    messageBytesMax: options.messageBytesMax,
    inlineBytesMax: options.inlineBytesMax,
    copiedIndexBytesMax: options.indexCopyMax,
    allocate: (bytes) => answerBuffer(buffers, bytes),
    ...(options.batchesMax > 0 && { batchesMax: options.batchesMax }),
  });
}
