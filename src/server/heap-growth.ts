import { setFlagsFromString } from 'node:v8';

/**
 * By how much the heap may grow over what lived through the last full collection before the next.
 * Node reads sockets into buffers of 64 KiB, which die young but count as growth until they do.
 * With V8's own factor a server under full load collects in full 7 to 16 times a second once it has
 * ever done so, as it does when its list is swapped; with this one not at all, in the same memory.
 */
const GROWTH_PERCENT = 400;

/** Lets the heap of this process grow so far. V8 looks at it after each full collection. */
export function allowHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
