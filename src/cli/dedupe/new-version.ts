import { stat } from 'node:fs/promises';
import { TacetError } from '../../errors.ts';
import type { DedupeValues } from '../../options/dedupe.ts';
import { printError, withCommas } from '../print.ts';
import type { RunVersion } from './engine.ts';

/** What a run does if its version is gone. */
type NewVersion = Pick<DedupeValues, 'newVersion' | 'restartsMax'>;

/** Calls `run`, and again from the first row if the list version is gone, as often as allowed. */
export async function startingOver<Result>(
  { newVersion, restartsMax }: NewVersion,
  files: { readonly input: string; readonly outputs: readonly (string | undefined)[] },
  run: () => Promise<Result>,
): Promise<Result> {
  const times = newVersion === 'restart' && (await canStartOver(files)) ? restartsMax : 0;
  for (let restarts = 0; ; restarts++) {
    try {
      return await run();
    } catch (error) {
      const gone = error instanceof TacetError && error.code === 'ERR_LIST_VERSION';
      if (!gone || restarts >= times) throw error;
      printError(
        `the list version this run began with is served no more: starting over with the newer ` +
          `one, time ${restarts + 1} of at most ${times}; nothing had been published`,
      );
    }
  }
}

/** Whether `input` can be read again and no output receives anything before the end. */
export async function canStartOver(files: {
  readonly input: string;
  readonly outputs: readonly (string | undefined)[];
}): Promise<boolean> {
  const input = files.input === '-' ? undefined : await stat(files.input).catch(() => undefined);
  if (input?.isFile() !== true) return false;
  for (const output of files.outputs) {
    if (output === undefined || output === '/dev/null') continue;
    if (output === '-') return false;
    // A device receives data at once; a file appears only at the end.
    const there = await stat(output).catch(() => undefined);
    if (there !== undefined && !there.isFile()) return false;
  }
  return true;
}

/** Consecutive numbers answered from the same lists. */
type AnsweredNumbers = ReturnType<typeof answeredNumbers>[number];

/** Which lists answered which numbers. */
export function answeredNumbers(versions: readonly RunVersion[], numbers: number) {
  return versions.map(({ firstNumber, lists }, index) => ({
    /** From 1, in row order; the row number if there is one phone column and no row in doubt. */
    firstNumber: firstNumber + 1,
    numbers: (versions[index + 1]?.firstNumber ?? numbers) - firstNumber,
    listSha256s: lists.map(({ sha256 }) => sha256),
  }));
}

/** Lines that say which version answered which numbers; none if there was only one. */
export function versionLines(versions: readonly AnsweredNumbers[]): string[] {
  if (versions.length < 2) return [];
  return versions.map(({ firstNumber: first, numbers, listSha256s: sha256s }) => {
    const last = first + numbers - 1;
    const span = `${withCommas(first)} to ${withCommas(last)}`;
    return `numbers ${span} were answered from ${sha256s.join(', ')}`;
  });
}
