import { type Estimate, estimate } from './statistics.ts';

/** What is measured of a contestant in one run; what does not apply is left out. */
export interface Sample {
  /** Million numbers, rows or calls a second. */
  readonly millionsPerSecond: number;
  readonly seconds: number;
  /** CPU seconds per 100 million numbers. */
  readonly serverCpu?: number;
  readonly clientCpu?: number;
  /** CPU seconds of the run, on both sides. */
  readonly cpuSeconds?: number;
  readonly memoryMib?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  readonly p999Us?: number;
}

export type Metric = keyof Sample;

/** Takes part in every round of its contest, in its turn. */
export interface Contestant {
  readonly name: string;
  /** Measures once; throws where an answer is wrong. */
  run(round: number): Promise<Sample>;
}

/** A figure of the table: `metric` of `of`, divided by that of `by` in the same round. */
export interface Ratio {
  readonly what: string;
  readonly metric: Metric;
  readonly of: string;
  /** Without it the figure stands for itself. */
  readonly by?: string;
  /** The bar it must meet. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Contest {
  readonly title: string;
  readonly contestants: readonly Contestant[];
  readonly ratios: readonly Ratio[];
}

export interface ContestResult {
  readonly title: string;
  readonly rows: readonly { readonly name: string; readonly samples: readonly Sample[] }[];
  readonly ratios: readonly (Ratio & { readonly estimate: Estimate })[];
}

/** Runs all contestants in turn, `runs` times, after one round that is not counted. */
export async function hold(
  contest: Contest,
  runs: number,
  print: (line: string) => void,
): Promise<ContestResult> {
  const rows = contest.contestants.map(({ name }) => ({ name, samples: [] as Sample[] }));
  for (let round = 0; round <= runs; round++) {
    print(`${contest.title}: ${round === 0 ? 'warming up' : `run ${round} of ${runs}`}`);
    for (const [index, contestant] of contest.contestants.entries()) {
      const sample = await contestant.run(round);
      if (round > 0) rows[index]?.samples.push(sample);
    }
  }
  const series = (name: string, metric: Metric): number[] => {
    const row = rows.find((candidate) => candidate.name === name);
    if (row === undefined) throw new Error(`no contestant is named ${name}`);
    return row.samples.map((sample) => sample[metric] ?? Number.NaN);
  };
  const ratios = contest.ratios.map((ratio) => {
    const of = series(ratio.of, ratio.metric);
    const by = ratio.by === undefined ? of.map(() => 1) : series(ratio.by, ratio.metric);
    return { ...ratio, estimate: estimate(of.map((value, run) => value / (by[run] ?? 0))) };
  });
  return { title: contest.title, rows, ratios };
}
