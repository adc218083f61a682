import { TacetError } from '../errors.ts';
import type { DayFormat } from './cells/day-format.ts';
import { QuotedCells } from './cells/doubts.ts';
import { ROLE_BEYOND, ROLE_LOOKED_AT, type RowShape } from './cells/rows.ts';
import { saysOtherNumber, saysPhone } from './columns/column-names.ts';
import {
  type ChosenColumns,
  type Column,
  chooseColumns,
  columnAt,
  isHalfNumbers,
} from './columns/columns.ts';
import { refuseContactAsHeader, refuseDoubtfulHeader, refuseTitle } from './columns/header.ts';
import { type FileHead, TableSample } from './columns/sample.ts';
import { type DetectedDialect, detectDialect } from './dialect.ts';
import type { ContactInput } from './input.ts';
import { OUTPUT_KINDS } from './judge/outcome.ts';
import type { Answerer, DedupeFilesOptions, Limits } from './options.ts';
import type { ContactOutput } from './output/output.ts';
import type { BlockModule } from './scan/block-module.ts';
import type { Block } from './scan/blocks.ts';
import { LOOK_UP_ALL, LOOK_UP_LIKELY, LOOK_UP_NOT } from './scan/look-up.ts';
import type { ScanPlan } from './scan/scan-plan.ts';

/** Everything a run needs, validated and open. */
export interface RunContext {
  readonly options: DedupeFilesOptions;
  readonly answerer: Answerer;
  readonly limits: Limits;
  readonly dayFormat: DayFormat;
  /** The most numbers in a batch. */
  readonly batchNumbers: number;
  readonly input: ContactInput;
  readonly outputs: readonly ContactOutput[];
}

/** How to read the file, decided from its first block. */
export interface Plan extends DetectedDialect {
  readonly columns: ChosenColumns;
  /** Columns the user did not name that hold phone numbers. */
  readonly lookedUpColumns: readonly Column[];
  /** How to look up each column. */
  readonly lookUp: Uint8Array;
  /** Number of cells in the first row, and of columns up to the last one with a name. */
  readonly columnCount: number;
  readonly namedCount: number;
  /** Where the content of the header ends, and where the contacts begin. */
  readonly headerContentEnd: number;
  readonly contactsStart: number;
}

/** Makes the plan. Errors: ERR_CSV, ERR_USAGE, ERR_LIMIT. */
export function settlePlan(context: RunContext, block: Block, module: BlockModule): Plan {
  const { options, limits, input } = context;
  const { rowBytesMax, skipLines } = limits;
  const { name, utf16 } = input;
  const { final, address, length } = block;
  const head: FileHead = { bytes: block.bytes.subarray(0, length), address, final, name };
  const { header = true, separator } = options;
  const asked = { header, rowBytesMax, skipLines, separator, utf16 };
  const detected = detectDialect(module, head, asked);
  const sample = new TableSample(head, detected.rows, { ...detected, header });
  const [first] = sample.rows;
  const { columnCount, namedCount } = sample;
  if (first === undefined) {
    if (detected.start < head.bytes.length) throw rowTooLong(head.name, 1, rowBytesMax);
    return emptyPlan(detected);
  }
  refuseColumns(sample, limits);
  if (header) {
    const quoted = new QuotedCells(detected, columnCount, detected.charset);
    refuseDoubtfulHeader(sample, quoted.settle(head.bytes, first, first.doubts));
  }
  if (options.header === undefined) {
    refuseTitle(sample, (row) => {
      const range = { start: detected.prefixEnd, end: sample.rows[row]?.start ?? 0 };
      return module.countLines(address, range, detected.lineEnd);
    });
    refuseContactAsHeader(sample);
  }
  const columns = chooseColumns(sample, options);
  const lookUp = lookUpOf(sample, columns, options.phoneColumns ?? []);
  return {
    ...detected,
    columns,
    lookUp,
    lookedUpColumns: [...lookUp.keys()]
      .filter((column) => lookUp[column] === LOOK_UP_ALL)
      .map((column) => columnAt(sample, column)),
    columnCount,
    namedCount,
    headerContentEnd: header ? first.contentEnd : first.start,
    contactsStart: header ? first.end : first.start,
  };
}

/** The plan for a file without rows. */
function emptyPlan(detected: DetectedDialect): Plan {
  const { start } = detected;
  return {
    ...detected,
    columns: { dialled: [], optIns: [], country: null, notDialled: [] },
    lookedUpColumns: [],
    lookUp: new Uint8Array(0),
    columnCount: 0,
    namedCount: 0,
    headerContentEnd: start,
    contactsStart: start,
  };
}

/** The error for a row that is too long and begins in line `line`, from 1. */
export function rowTooLong(name: string, line: number, rowBytesMax: number): TacetError {
  return new TacetError('ERR_CSV', {
    what: `a row is longer than ${rowBytesMax} bytes`,
    where: `${name}, line ${line}`,
    fix: 'Look there for a quote (") that is not closed',
  });
}

function refuseColumns({ columnCount, head }: TableSample, { columnsMax }: Limits): void {
  if (columnCount <= columnsMax) return;
  throw new TacetError('ERR_LIMIT', {
    what: 'too many columns',
    expected: `at most ${columnsMax}`,
    got: `${columnCount}`,
    where: head.name,
    fix: 'Leave out the columns that are not needed',
  });
}

/** How to look up each column up to the last one with a name. */
function lookUpOf(
  sample: TableSample,
  { dialled, optIns, country, notDialled }: ChosenColumns,
  found: readonly number[],
): Uint8Array {
  const taken = [...dialled, ...optIns, ...notDialled, ...(country === null ? [] : [country])];
  return Uint8Array.from({ length: sample.namedCount }, (_, column) => {
    const name = sample.names[column] ?? '';
    if (taken.some(({ number }) => number === column + 1)) return LOOK_UP_NOT;
    if (saysPhone(name) || found.includes(column)) return LOOK_UP_ALL;
    if (saysOtherNumber(name)) return LOOK_UP_NOT;
    return isHalfNumbers(sample, column) ? LOOK_UP_ALL : LOOK_UP_LIKELY;
  });
}

/** How to split the file into rows, and what each column up to the last one with a name is for. */
function shapeOf(plan: Plan, rowBytesMax: number): RowShape {
  const { separator, lineEnd, columnCount, namedCount, lookUp, columns } = plan;
  const roles = Uint8Array.from({ length: columnCount }, (_, column) => {
    if (column >= namedCount) return ROLE_BEYOND;
    return lookUp[column] === LOOK_UP_NOT ? 0 : ROLE_LOOKED_AT;
  });
  slotsOf(columns).forEach((number, slot) => {
    roles[number - 1] = slot + 1;
  });
  return { separator, lineEnd, columns: columnCount, roles, rowBytesMax };
}

/**
 * Column numbers by slot, dialled ones first. Several dialled columns may share an opt-in column.
 */
function slotsOf({ dialled, optIns, country }: ChosenColumns): number[] {
  const numbers = dialled.map(({ number }) => number);
  for (const { number } of [...optIns, ...(country === null ? [] : [country])]) {
    if (!numbers.includes(number)) numbers.push(number);
  }
  return numbers;
}

/** The part of the plan that scanning threads need. */
export function scanPlanOf(context: RunContext, plan: Plan): ScanPlan {
  const { dayFormat, limits, outputs, options, batchNumbers } = context;
  const { belgian } = context.answerer;
  const { columns, lookUp, charset, dialect } = plan;
  const slots = slotsOf(columns);
  const { country } = columns;
  return {
    shape: shapeOf(plan, limits.rowBytesMax),
    charset,
    dialled: columns.dialled.length,
    optInSlots: columns.optIns.map(({ number }) => slots.indexOf(number)),
    dayFormat,
    countrySlot: country === null ? null : slots.indexOf(country.number),
    belgian,
    belgianBesideEmpty: belgian && options.regionTold === true,
    lookUp,
    emptiesCells: options.emptiesCells ?? false,
    batchNumbers,
    wanted: OUTPUT_KINDS.map((kind) => outputs.some((output) => output.kind === kind)),
    separator: dialect.separator ?? ',',
  };
}
