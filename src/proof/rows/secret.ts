import { randomBytes } from 'node:crypto';
import { readSmallFile, writeSecretFile } from '../../disk/small-file.ts';
import { hasCode, ioError, TacetError } from '../../errors.ts';

const SECRET_BYTES = 32;
/** Of a file that may be another one: it is told as what it is not. */
const BYTES_MAX = 4_096;

/**
 * Reads the secret of a job: 64 hex digits, and a line end if any. Errors: ERR_OPTION if the file
 * holds anything else; ERR_IO, ERR_LIMIT.
 */
export async function readJobSecret(path: string): Promise<Buffer> {
  const text = (await readSmallFile(path, BYTES_MAX)).toString();
  if (/^[0-9a-f]{64}\r?\n?$/i.test(text)) return Buffer.from(text.slice(0, 64), 'hex');
  throw new TacetError('ERR_OPTION', { what: 'no secret of 64 hex digits', where: path });
}

/** Reads the secret of a job, or makes one where there is no file. Errors: as readJobSecret. */
export async function obtainJobSecret(path: string): Promise<Buffer> {
  try {
    return await readJobSecret(path);
  } catch (error) {
    if (!(error instanceof TacetError && hasCode(error.detail.cause, 'ENOENT'))) throw error;
  }
  const secret = randomBytes(SECRET_BYTES);
  try {
    await writeSecretFile(path, `${secret.toString('hex')}\n`);
  } catch (cause) {
    throw ioError(path, 'write the secret', cause);
  }
  return secret;
}
