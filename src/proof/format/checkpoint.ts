/** The head of a log: c2sp.org/tlog-checkpoint, without extension lines. */
import { TacetError } from '../../errors.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { readDecimal } from './text.ts';
import { HASH_BYTES } from './tree.ts';

/** What a log says it holds. */
export interface Checkpoint {
  /** The log's name, and that of its key. */
  readonly origin: string;
  /** How many entries. */
  readonly size: number;
  readonly root: Buffer;
}

/** The text of the note. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** Reads the text of a note as a checkpoint. Errors: ERR_PROOF. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', end, ...more] = text.split('\n');
  if (origin === '' || end !== '' || more.length > 0) {
    throw new TacetError('ERR_PROOF', { what: 'a checkpoint is not origin, size and root' });
  }
  return {
    origin,
    size: readDecimal(size, 'the size of a checkpoint'),
    root: decodeBase64(root, 'the root of a checkpoint', HASH_BYTES),
  };
}
