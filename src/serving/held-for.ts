import type { AskedLists } from './asked-lists.ts';
import type { ListRequest, ServedLists } from './lists.ts';

/**
 * Runs `use` with the lists asked and holds them until it has ended. Errors: those of
 * {@link ServedLists.acquire} and of `use`.
 */
export function heldFor<Result>(
  lists: Pick<ServedLists, 'acquire' | 'release'>,
  request: ListRequest,
  use: (asked: AskedLists) => Result,
): Result {
  // Whatever this is used for ends before any limit on how long a version may be held.
  const user = { expire: (): void => undefined };
  const asked = lists.acquire(user, request);
  const release = (): void => lists.release(user, asked);
  let result: Result;
  try {
    result = use(asked);
  } catch (error) {
    release();
    throw error;
  }
  // The caller handles the promise; this branch only waits for it to settle.
  if (result instanceof Promise) result.then(release, release);
  else release();
  return result;
}
