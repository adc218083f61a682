import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { run as runKernel } from '../../bench/kernel.ts';
import { run as runSeveral } from '../../bench/lists/several.ts';
import { run as runSearch } from '../../bench/search.ts';
import { run as runSoak } from '../../bench/soak.ts';
import { run as runStore } from '../../bench/store.ts';
import { run as runStream } from '../../bench/stream.ts';
import { run as runSwap } from '../../bench/swap.ts';
import { run as runThreads } from '../../bench/threads.ts';
import { run as runTls } from '../../bench/tls/tls.ts';
import { compareCallable, run as runVersions } from '../../bench/versions.ts';

/** The benches run small, so that none rots; they check their answers themselves. */
describe('bench', () => {
  it('search measures both kernels and prints that they agree', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const results = await runSearch({ entries: [20_000], queries: 65_536, timeMs: 20, print });
    expect(new Set(results.map(({ kernel }) => kernel)).size).toBeGreaterThanOrEqual(2);
    for (const { millionsPerSecond } of results) expect(millionsPerSecond).toBeGreaterThan(0);
    expect(lines.join('\n')).toContain('ranks agree');
  });

  it('kernel compares both indexes with the reference and measures them', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const results = await runKernel({ entries: [5000], queries: 20_000, runs: 1, print });
    expect(results.map(({ index, dates }) => `${index} ${dates}`)).toEqual([
      'bitmap false',
      'bitmap true',
      'directory false',
      'directory true',
    ]);
    for (const { millionsPerSecond } of results) expect(millionsPerSecond).toBeGreaterThan(0);
    expect(lines).toHaveLength(4);
  });

  it('stream compares every verdict and prints a row for each kind of load', async () => {
    const lines: string[] = [];
    const results = await runStream({
      entries: 20_000,
      numbers: 1 << 17,
      batches: [8192],
      runs: 1,
      print: (line) => void lines.push(line),
    });
    expect(results.map(({ what }) => what)).toEqual([
      'numbers',
      'numbers, dates asked for',
      'text, messy writings',
    ]);
    for (const { millionsPerSecond } of results) expect(millionsPerSecond).toBeGreaterThan(0);
    expect(lines.join('\n')).toContain('0 differences');
  });

  it('several lists compares every verdict, and two lists with one', async () => {
    const lines: string[] = [];
    const results = await runSeveral({
      ...{ entries: 5000, numbers: 1 << 16, queries: 1 << 16, pairs: 1 },
      against: undefined,
      print: (line) => void lines.push(line),
    });
    expect(results.map(({ title }) => title)).toEqual(['numbers', 'numbers, dates asked for']);
    for (const { rows } of results) expect(rows.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('two lists / one');
  });

  it('threads tells what each kind of thread costs, and counts what is blocked', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const sizes = { numbers: 1 << 22, checks: 2000, runs: 1 };
    const [result] = await runThreads({ entries: [20_000], ...sizes, print });
    expect(result?.entries).toBe(20_000);
    // The kernel counts in hundredths of a second; both take several.
    expect(result?.eventLoop).toBeGreaterThan(0);
    expect(result?.workers).toBeGreaterThan(0);
    expect(result?.checkUs).toBeGreaterThan(0);
    expect(lines.at(-1)).toMatch(/^\| 20000 \| /);
  });

  it('tls tells what numbers and handshakes cost, and compares every verdict', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const sizes = { entries: 20_000, numbers: 1 << 17, batch: 8192, pairs: 1, handshakes: 50 };
    const results = await runTls({ ...sizes, print });
    expect(results.map(({ what }) => what)).toEqual(['numbers', 'text, messy writings']);
    expect(lines.filter((line) => line.startsWith('| numbers | '))).toHaveLength(1);
    expect(lines.at(-1)).toMatch(/^a handshake: [1-9]\d* us of server CPU$/);
  });

  it('soak swaps lists and crashes workers under load, and finds no wrong answer', async () => {
    const lines: string[] = [];
    const { minutes } = await runSoak({
      minutes: 3,
      entries: 20_000,
      minuteMs: 2000,
      scrapeMs: 250,
      calibrateMs: 300,
      print: (line) => void lines.push(line),
    });
    expect(minutes).toHaveLength(3);
    for (const { numbers, wrong, failedScrapes, pssMib, openFiles, checkP99Ms } of minutes) {
      expect(numbers).toBeGreaterThan(10_000);
      expect({ wrong, failedScrapes }).toEqual({ wrong: 0, failedScrapes: 0 });
      expect(pssMib).toBeGreaterThan(20);
      expect(openFiles).toBeGreaterThan(10);
      expect(checkP99Ms).toBeGreaterThan(0);
    }
    // What happens in the last minute is over at its end, but for the scrape that shows it.
    expect(minutes.at(-1)?.restarts).toBeGreaterThanOrEqual(2);
    expect(minutes.at(-1)?.reloads).toBeGreaterThanOrEqual(2);
    expect(lines.at(-1)).toMatch(/^(GOOD|BAD): \d+ numbers, 0 wrong, 0 exits, 0 calls failed, /);
  });

  it('swap answers every stream from one version, and leaves nothing open or mapped', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const options = { entries: 20_000, swaps: 4, rounds: 2, seconds: 0.2, print };
    const { swaps, messages, p99Ratio } = await runSwap(options);
    expect(swaps).toBe(13);
    expect(messages).toBeGreaterThan(128);
    expect(p99Ratio.median).toBeGreaterThan(0);
    expect(lines[0]).toContain('0 wrong');
  });

  it('store keeps a version a day, archives the old ones and opens them again', async () => {
    const lines: string[] = [];
    const print = (line: string): void => void lines.push(line);
    const { versions, bytes, openSeconds } = await runStore({ days: 12, entries: 20_000, print });
    expect(versions).toBe(12);
    // Seven plain ones of some 4 MB, and five that are much smaller.
    expect(bytes).toBeLessThan(8 * 4_200_000);
    expect(openSeconds).toBeGreaterThan(0);
    expect(openSeconds).toBeLessThan(2);
    expect(lines.at(-1)).toContain('12 versions of 20000 numbers');
  });

  it('versions compares two checkouts in four ways, and finds this one like itself', async () => {
    const lines: string[] = [];
    const results = await runVersions({
      against: fileURLToPath(new URL('../..', import.meta.url)),
      rows: 2000,
      entries: 20_000,
      pairs: 1,
      flags: ['--workers', '1'],
      print: (line) => void lines.push(line),
    });
    expect(results.map(({ title, onlyHere, onlyThere }) => [title, onlyHere, onlyThere])).toEqual([
      ['clean, --list', 0, 0],
      ['clean, --server', 0, 0],
      ['messy, --list', 0, 0],
      ['messy, --server', 0, 0],
    ]);
    for (const { rowsPerSecond, cpuSeconds } of results) {
      expect(rowsPerSecond.median).toBeGreaterThan(0);
      expect(cpuSeconds.median).toBeGreaterThan(0);
    }
    expect(lines.filter((line) => line.includes('rows/s, this / other'))).toHaveLength(4);
  }, 180_000); // 24 processes, one after the other.
});

describe('the rows that two versions let through', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tacet-versions-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  /** What a version wrote, by contact id. */
  const wrote = (name: string, ...ids: number[][]): { name: string; outputs: string[] } => {
    const outputs = ids.map((of, index) => {
      const path = join(folder, `${name}-${index}`);
      writeFileSync(path, `contact_id;phone\n${of.map((id) => `C000${id};\n`).join('')}`);
      return path;
    });
    return { name, outputs };
  };

  it('are counted one by one', async () => {
    const here = wrote('here', [1, 5], [2], [3, 4]);
    const there = wrote('there', [1, 3, 4], [2, 5], []);
    expect(await compareCallable({ here, there, rows: 5 })).toEqual({ both: 1, here: 1, there: 2 });
  });

  it.each([
    ['a row is missing', [1], [2]],
    ['a row is there twice', [1, 2], [2, 3]],
    ['a row was not in the input', [1, 2], [3, 4]],
  ])('are not counted where %s', async (_, callable, blocked) => {
    const here = wrote('here', [1, 2], [3], []);
    const there = wrote('there', callable, blocked, []);
    const counted = compareCallable({ here, there, rows: 3 });
    await expect(counted).rejects.toThrow('there did not write each of 3 rows once');
  });
});
