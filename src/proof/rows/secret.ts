import { readFile } from 'node:fs/promises';
import { ioError, TacetError } from '../../errors.ts';

/**
 * Reads the secret of a job: 64 hex digits, and a line end if any. Errors: ERR_OPTION if the file
 * holds anything else; ERR_IO.
 */
export async function readJobSecret(path: string): Promise<Buffer> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw ioError(path, 'read the secret', cause);
  });
  if (/^[0-9a-f]{64}\r?\n?$/i.test(text)) return Buffer.from(text.slice(0, 64), 'hex');
  throw new TacetError('ERR_OPTION', { what: 'no secret of 64 hex digits', where: path });
}
