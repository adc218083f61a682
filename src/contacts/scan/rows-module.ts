import { readFileSync } from 'node:fs';

/** What `assembly/rows.ts` exports. */
export interface RowsModule {
  scanRows(
    origin: number,
    start: number,
    end: number,
    final: number,
    shape: number,
    place: number,
    from: number,
    result: number,
  ): void;
  lastRowEnd(start: number, end: number, separator: number, lineEnd: number): number;
  countLines(start: number, end: number, lineEnd: number): number;
  readKeys(
    origin: number,
    starts: number,
    ends: number,
    count: number,
    belgian: number,
    belgians: number,
    utf8: number,
    keys: number,
    others: number,
  ): number;
  tally(outcomes: number, count: number, counts: number): void;
  countFilled(
    block: number,
    place: number,
    from: number,
    count: number,
    column: number,
    separator: number,
  ): number;
  readCandidates(
    origin: number,
    candidates: number,
    count: number,
    utf8: number,
    keys: number,
  ): number;
  partitionRows(
    block: number,
    place: number,
    count: number,
    outcomes: number,
    into: number,
    intoEnd: number,
    wanted: number,
    table: number,
    separator: number,
    result: number,
  ): void;
}

let compiled: WebAssembly.Module | undefined;

/** The module, compiled once per thread. */
function moduleOf(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./rows.wasm', import.meta.url)));
  return compiled;
}

/** The module for one thread, over the memory that all threads share. */
export function openRowsModule(memory: WebAssembly.Memory): RowsModule {
  const instance = new WebAssembly.Instance(moduleOf(), { env: { memory } });
  // assembly/rows.ts exports exactly these.
  return instance.exports as unknown as RowsModule;
}
