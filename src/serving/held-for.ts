import type { ServedLists } from './lists.ts';
import type { Serving } from './serving.ts';

/**
 * Runs `use` with the current lists and holds them until it has ended. Errors: those of
 * {@link ServedLists.acquire} and of `use`.
 *
 * @param sha256 of the version that must be served; empty = whichever is
 */
export function heldFor<Result>(
  lists: Pick<ServedLists, 'acquire' | 'release'>,
  sha256: string,
  use: (served: Serving) => Result,
): Result {
  // Whatever this is used for ends before any limit on how long a version may be held.
  const user = { expire: (): void => undefined };
  const served = lists.acquire(user, sha256);
  const release = (): void => lists.release(user, served);
  let result: Result;
  try {
    result = use(served);
  } catch (error) {
    release();
    throw error;
  }
  // The caller handles the promise; this branch only waits for it to settle.
  if (result instanceof Promise) result.then(release, release);
  else release();
  return result;
}
