import type { Block } from './blocks.ts';
import { type Column, choosePhoneColumn, findColumn, TableSample } from './columns.ts';
import type { DayFormat } from './day-format.ts';
import { type DetectedDialect, detectDialect } from './dialect.ts';
import type { ContactInput } from './input.ts';
import type { DedupeFilesOptions, Limits } from './options.ts';
import type { ContactOutput } from './output.ts';
import { partitionPlanOf } from './partition.ts';
import type { ScanPlan } from './scan.ts';

/** Everything a run works with, checked and open. */
export interface RunContext {
  readonly options: DedupeFilesOptions;
  readonly limits: Limits;
  readonly dayFormat: DayFormat;
  /** Rows a batch at most. */
  readonly rowsMax: number;
  readonly input: ContactInput;
  readonly outputs: readonly ContactOutput[];
  /** Phone numbers written nationally are read as Belgian. */
  readonly belgian: boolean;
}

/** How the file is to be read, settled from its first block. */
export interface Plan extends DetectedDialect {
  readonly column: Column | null;
  readonly optInColumn: Column | null;
  /** Columns of the first row, which every other should have. */
  readonly columnCount: number;
}

/** Settles it. Errors: ERR_CSV, ERR_USAGE. */
export function settlePlan(context: RunContext, head: Block): Plan {
  const { options, limits, input } = context;
  const { rowBytesMax } = limits;
  const { name } = input;
  const header = options.header ?? true;
  const { final } = head;
  const bytes = head.bytes.subarray(0, head.length);
  const detected = detectDialect({ bytes, final, name }, { header, rowBytesMax });
  const sample = new TableSample({ ...detected, bytes, final, header, rowBytesMax, name });
  // The first row's own trouble is told by the scan that follows.
  const rowless = sample.rows.length === 0;
  const optIn = options.optInColumn;
  const optInColumn =
    rowless || optIn === undefined ? null : findColumn(sample, optIn, '--opt-in-column');
  const column = rowless ? null : choosePhoneColumn(sample, options.column, optInColumn);
  return { ...detected, column, optInColumn, columnCount: sample.columnCount };
}

/** What the threads that scan must know of it. */
export function scanPlanOf(
  { dayFormat, limits, outputs, belgian }: RunContext,
  plan: Plan,
): ScanPlan {
  return {
    shape: {
      separator: plan.separator,
      phoneColumn: (plan.column?.number ?? 0) - 1,
      optInColumn: (plan.optInColumn?.number ?? 0) - 1,
      rowBytesMax: limits.rowBytesMax,
    },
    charset: plan.charset,
    dayFormat,
    belgian,
    hasOptIns: plan.optInColumn !== null,
    columnCount: plan.columnCount,
    partition: partitionPlanOf(outputs, plan.dialect.separator ?? ','),
  };
}
