/**
 * The arithmetic of docs/SCALING.md: from costs per thread, as measured, to what machines would give.
 *
 *     npx tsc -p bench && node build/bench/scaling.js
 *
 * Prints the tables in Markdown. The costs stand below, with the commands that gave them; change
 * them to those of your machine.
 */
import { pathToFileURL } from 'node:url';

/**
 * CPU seconds per 100 M numbers, dates asked for, 21 % listed. Measured on 2 x AMD EPYC, Node 20.20.2:
 * the event loop and the workers with messages of 8,192 and `--inline-bytes-max 0` (1.9 to 2.2 and
 * 2.2 to 2.4 in all), garbage by the threads that are neither. At 20 M entries the workers' share is
 * worked out from the totals of the streaming table, 5.5 against 4.25.
 */
export const COSTS = {
  /** Of the event loop when workers answer: HTTP/2, copies to and from slots, tasks. */
  eventLoop: 2.0,
  /** Of V8's own threads. */
  garbage: 1.2,
  /** Of the workers, by entries of the list. Beyond 20 M not measured here: taken as for 20 M. */
  match: new Map([
    [1_500_000, 2.3],
    [20_000_000, 3.3],
    [150_000_000, 3.3],
    [250_000_000, 3.3],
  ]),
  /** Memory besides the index, in MiB, and of the index by entries; the last two are worked out. */
  baseMib: 105,
  indexMib: new Map([
    [1_500_000, 22],
    [20_000_000, 57],
    [150_000_000, 790],
    [250_000_000, 1310],
  ]),
} as const;

/** A number takes eight bytes up; down a verdict, and four bytes of a day for 21 %. */
const UP_BYTES = 8.02;
const DOWN_BYTES = 1.85;
/** What HTTP/2, TCP and Ethernet add. */
const FRAMING = 1.04;

const CORES = [4, 16, 64] as const;
const GIGABITS = [1, 10, 25, 100] as const;

/** Millions of numbers a second through a link, full duplex: up is what fills it. */
export function linkMillions(gigabits: number): number {
  return (gigabits * 1e9) / 8 / (Math.max(UP_BYTES, DOWN_BYTES) * FRAMING) / 1e6;
}

/**
 * Millions of numbers a second that `processes` on `cores` give: each has one event loop, which can
 * be no more than one core busy; all cores together do event loops and matching.
 */
export function coresMillions(cores: number, processes: number, matchSeconds: number): number {
  const byEventLoops = (processes * 100) / COSTS.eventLoop;
  const byCores = (cores * 100) / (COSTS.eventLoop + COSTS.garbage + matchSeconds);
  return Math.min(byEventLoops, byCores);
}

/** The least processes that use all cores. */
export function processesFor(cores: number, matchSeconds: number): number {
  return Math.max(
    1,
    Math.ceil((cores * COSTS.eventLoop) / (COSTS.eventLoop + COSTS.garbage + matchSeconds) - 0.01),
  );
}

export function tables(): string {
  const lines: string[] = [];
  lines.push('| link | numbers/s it carries |', '|---|---|');
  for (const gigabits of GIGABITS) {
    lines.push(`| ${gigabits} Gbit/s | ${linkMillions(gigabits).toFixed(0)} M |`);
  }
  lines.push(
    '',
    `| entries | cores | one process | processes for all cores | all of them | ${GIGABITS.map((g) => `at ${g} Gbit/s`).join(' | ')} | memory |`,
    `|---|---|---|---|---|${GIGABITS.map(() => '---').join('|')}|---|`,
  );
  for (const [entries, match] of COSTS.match) {
    for (const cores of CORES) {
      const one = coresMillions(cores, 1, match);
      const processes = processesFor(cores, match);
      const all = coresMillions(cores, processes, match);
      const limits = GIGABITS.map((gigabits) => {
        const link = linkMillions(gigabits);
        return link < all ? `${link.toFixed(0)} M, link` : `${all.toFixed(0)} M, CPU`;
      });
      const index = COSTS.indexMib.get(entries) ?? 0;
      const mib = processes * (COSTS.baseMib + index);
      const size = mib < 2048 ? `${mib.toFixed(0)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
      const name = entries < 1e7 ? `${entries / 1e6} M` : `${Math.round(entries / 1e6)} M`;
      lines.push(
        `| ${name} | ${cores} | ${one.toFixed(0)} M/s | ${processes} | ${all.toFixed(0)} M/s | ${limits.join(' | ')} | ${size} |`,
      );
    }
  }
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(tables());
