import type { Serving } from '../../serving/serving.ts';
import type { ServiceContext } from '../context.ts';

/** Runs `use` with the current lists and holds them until it has ended. */
export function heldFor<Result>(
  context: ServiceContext,
  sha256: string,
  use: (served: Serving) => Result,
): Result {
  // A unary call ends before any limit on how long a version may be held.
  const user = { expire: (): void => undefined };
  const served = context.lists.acquire(user, sha256);
  const release = (): void => context.lists.release(user, served);
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
