/**
 * The arithmetic of docs/SCALING.md: from costs per thread, as measured, to what machines would
 * give.
 *
 *     npx tsc -p bench && node build/bench/scaling.js
 *
 * Prints the tables in Markdown. The costs stand below; change them to those that
 * `node build/bench/threads.js` measures on your machine.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * CPU seconds per 100 M numbers, dates asked for, 21 % listed, messages of 8,192, no batch answered
 * by the event loop: the medians of `threads.js` on 2 x AMD EPYC, Node 20.20.2.
 */
export const COSTS = {
  /** Of the event loop when workers answer: HTTP/2, copies to and from slots, tasks. */
  eventLoop: 1.9,
  /** Of V8's own threads. */
  garbage: 0.2,
  /** Of the workers, by entries of the list. Beyond 20 M not measured here: taken as for 20 M. */
  match: new Map([
    [1_500_000, 2.4],
    [20_000_000, 2.5],
    [150_000_000, 2.5],
    [250_000_000, 2.5],
  ]),
  /** Memory besides the index after the load, in MiB: 213 and 247, rounded up. */
  baseMib: 250,
  /** Of the index, by entries; the last two are worked out. */
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
    '| entries | cores | one process | processes for all cores | all of them | ' +
      `${GIGABITS.map((g) => `at ${g} Gbit/s`).join(' | ')} | memory |`,
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
        `| ${name} | ${cores} | ${one.toFixed(0)} M/s | ${processes} | ${all.toFixed(0)} M/s | ` +
          `${limits.join(' | ')} | ${size} |`,
      );
    }
  }
  return lines.join('\n');
}

/** Millions of numbers a second that are asked for. */
const LOADS = [10, 40, 100, 400] as const;
/** What is between a machine and its clients in the table of machines. */
const FLEET_GIGABITS = 10;
/** Share of what a machine can do that is planned with. */
const USED_SHARE = 0.5;

/** How many machines a load takes: each half used, and one more that may be lost. */
export function machinesFor(loadMillions: number, machineMillions: number): number {
  return Math.ceil(loadMillions / (machineMillions * USED_SHARE)) + 1;
}

/** How many machines, by load and size, each with a process for all its cores. */
export function machineTable(): string {
  const heads = CORES.map((cores) => `of ${cores} cores`);
  const lines = [
    `| numbers/s | machines ${heads.join(' | machines ')} |`,
    `|---|${CORES.map(() => '---').join('|')}|`,
  ];
  const match = COSTS.match.get(1_500_000) ?? 0;
  for (const load of LOADS) {
    const counts = CORES.map((cores) => {
      const all = coresMillions(cores, processesFor(cores, match), match);
      return machinesFor(load, Math.min(all, linkMillions(FLEET_GIGABITS)));
    });
    lines.push(`| ${load} M | ${counts.join(' | ')} |`);
  }
  return lines.join('\n');
}

/** The sizes that the manifests ask for. */
export interface PodSizes {
  readonly cpus: number;
  readonly requestMib: number;
  readonly limitMib: number;
  readonly podsMin: number;
  readonly podsMax: number;
  /** Of the CPUs asked for, above which pods are added, percent. */
  readonly utilization: number;
}

/** Reads them. `folder`: deploy/kubernetes, with a slash at its end. */
export function podSizes(folder: URL): PodSizes {
  const text = ['deployment', 'horizontalpodautoscaler']
    .map((name) => readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
    .join('\n');
  const find = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new Error(`the manifests have no ${pattern}`);
    return Number(found);
  };
  return {
    cpus: find(/requests: { cpu: '(\d+)'/),
    requestMib: find(/requests: .*memory: (\d+)Mi/),
    limitMib: 1024 * find(/limits: { memory: (\d+)Gi/),
    podsMin: find(/minReplicas: (\d+)/),
    podsMax: find(/maxReplicas: (\d+)/),
    utilization: find(/averageUtilization: (\d+)/),
  };
}

/** What pods of these sizes give, by entries of the list. */
export function podTable(sizes: PodSizes): string {
  const { cpus, requestMib, limitMib, podsMin, podsMax, utilization } = sizes;
  const lines = [
    `| entries | a pod of ${cpus} CPUs | at ${utilization} % | ` +
      `${podsMin} pods at ${utilization} % | ${podsMax} pods at ${utilization} % | ` +
      'memory, and while a list is swapped |',
    '|---|---|---|---|---|---|',
  ];
  for (const [entries, match] of COSTS.match) {
    const pod = coresMillions(cpus, 1, match);
    const used = (pod * utilization) / 100;
    const index = COSTS.indexMib.get(entries) ?? 0;
    const [usual, swapping] = [COSTS.baseMib + index, COSTS.baseMib + 2 * index];
    const fits = swapping > limitMib ? 'above the limit' : 'fits';
    const note = usual > requestMib ? `${fits}: ask for more` : fits;
    lines.push(
      `| ${entries / 1e6} M | ${pod.toFixed(0)} M/s | ${used.toFixed(0)} M/s | ` +
        `${(used * podsMin).toFixed(0)} M/s | ${(used * podsMax).toFixed(0)} M/s | ` +
        `${usual} and ${swapping} MiB, ${note} |`,
    );
  }
  return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(tables());
  console.log(machineTable());
  // From build/bench, where it is compiled to.
  console.log(podTable(podSizes(new URL('../../deploy/kubernetes/', import.meta.url))));
}
