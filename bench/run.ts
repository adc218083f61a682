/**
 * `make bench`: our own benches, one after the other, each with its defaults.
 * `bench/README.md` says what was measured where.
 */
import { cpus } from 'node:os';
import { run as runKernel } from './kernel.js';
import { run as runSearch } from './search.js';
import { run as runStream } from './stream.js';

const print = (line: string): void => console.log(line);

print(`Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown CPU'}\n`);
await runSearch({ entries: [1_500_000, 20_000_000], queries: 1 << 20, timeMs: 1000, print });
print('');
await runKernel({ entries: [1_500_000, 20_000_000], queries: 1 << 22, runs: 9, print });
print('');
await runStream({
  entries: 1_500_000,
  numbers: 20_000_000,
  batches: [8192, 32_768],
  runs: 3,
  print,
});
