import { TacetError } from '../errors.ts';
import { throwIfAborted } from './abort.ts';
import { parseDayFormat } from './cells/day-format.ts';
import { openInput } from './input.ts';
import { rowsThatFit } from './judge/batch.ts';
import { PhoneColumnsFound } from './judge/findings.ts';
import {
  type Answerer,
  type DedupeFilesOptions,
  type DedupeFilesResult,
  readLimits,
} from './options.ts';
import { ContactOutput } from './output/output.ts';
import { settlePlaces } from './output/places.ts';
import { runDedupe } from './run.ts';

/**
 * Reads a contact file, has its phone numbers answered in batches, and writes each row, in order,
 * to the output for its outcome. Callable rows are written unchanged, byte for byte; blocked and
 * undecided rows get the columns `tacet_verdict` and `tacet_reason`. Every row is judged, or
 * undecided if its structure is in doubt. Memory does not grow with the file.
 *
 * The outputs are temporary files until `commit()` on the result. If this function throws, it
 * removes them; what went to standard output cannot be taken back. If columns the user did not name
 * turn out to hold phone numbers, it also removes them and the result names the columns: call again
 * with `phoneColumns`.
 *
 * Errors: ERR_USAGE, ERR_OPTION, ERR_IO, ERR_CSV (the file cannot be read as asked), ERR_RECONCILE
 * (an answer that does not match the request), ERR_CANCELLED, and those of the answerer.
 */
export async function dedupeFiles(
  options: DedupeFilesOptions,
  answerer: Answerer,
): Promise<DedupeFilesResult | PhoneColumnsFound> {
  const { signal, stdout, digests = true } = options;
  // Accessing process.stdin opens it, so only do that if it is read.
  const stdin = options.input === '-' ? (options.stdin ?? process.stdin) : undefined;
  const limits = readLimits(options);
  const dayFormat = parseDayFormat(options.optInFormat ?? 'YYYY-MM-DD');
  const { numbersMax, bytesMax, inFlightMax } = answerer;
  const batchNumbers = Math.min(limits.batchNumbers, numbersMax, rowsThatFit(bytesMax));
  if (!(batchNumbers >= 1 && inFlightMax >= 1)) {
    throw new TacetError('ERR_LIMIT', { what: 'the answerer takes not even one number at a time' });
  }
  throwIfAborted(signal);
  const places = await settlePlaces(options, stdin);
  const input = await openInput({ name: options.input, stdin, digests, signal });
  const outputs: ContactOutput[] = [];
  const discard = async () => {
    for (const output of outputs) await output.discard();
  };
  try {
    for (const place of places) {
      const { gzipLevel } = limits;
      outputs.push(await ContactOutput.open({ place, stdout, gzipLevel, digests, signal }));
    }
    const settled = { options, answerer, limits, dayFormat, batchNumbers };
    const report = await runDedupe({ ...settled, input, outputs });
    throwIfAborted(signal);
    return { ...report, commit: () => commit(outputs), discard };
  } catch (error) {
    await discard();
    if (error instanceof PhoneColumnsFound) return error;
    throw error;
  } finally {
    input.destroy();
  }
}

/** Flushes everything to disk before giving any file its name. */
async function commit(outputs: readonly ContactOutput[]): Promise<void> {
  try {
    for (const output of outputs) await output.sync();
    for (const output of outputs) await output.publish();
  } catch (error) {
    for (const output of outputs) await output.discard();
    throw error;
  }
}
