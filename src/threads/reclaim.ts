import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Makes the first {@link collectGarbage} as short as the others: a context takes 15 ms to make. */
export function prepareCollection(): void {
  if (collect !== undefined) return;
  setFlagsFromString('--expose-gc');
  // The flag makes `gc` a global of contexts made from now on.
  collect = runInNewContext('gc') as () => void;
}

/**
 * Collects garbage now. A mapping is unmapped when its Buffer is collected, and a thread that has
 * nothing to do allocates nothing that would set a collection off: without this, an old list stays
 * mapped for as long as the server is idle. Called once per thread and list swap.
 */
export function collectGarbage(): void {
  prepareCollection();
  collect?.();
}
