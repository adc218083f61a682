import { readFileSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // What the flag brings.

/**
 * Bytes in use, without what only waits to be collected; maps go in the turn after that. Maps and
 * memories of kernels count as far as they are resident. Of the heaps of V8 and malloc it is what
 * is in them that counts (large buffers twice, as they are maps too): both keep pages that are
 * empty. V8 of Node 24 lets the room for new objects grow for most of a year, by some 20 MB, and
 * what is freed to malloc stays resident beneath anything that is not, in some runs another 20 MB.
 */
export async function memoryInUse(): Promise<number> {
  for (let turns = 0; turns < 3; turns++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const mallocKib = /\[heap\]\n(?:.+\n)*?Rss: +(\d+) kB\n/.exec(
    readFileSync('/proc/self/smaps', 'utf8'),
  );
  const heaps = getHeapStatistics().total_physical_size + Number(mallocKib?.[1]) * 1024;
  return rss - heaps + heapUsed + external + arrayBuffers;
}
