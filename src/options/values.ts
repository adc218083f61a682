import { TacetError } from '../errors.ts';

/** Readers of option values as people write them. Each throws ERR_OPTION naming `where`. */

const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const SIZE_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** A range of numbers, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Where a gRPC or HTTP server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export function readInteger(text: string, where: string, range: Range): number {
  if (!/^\d{1,15}$/.test(text)) throw bad(where, 'a whole number', text);
  return inRange(Number(text), where, { range, unit: '' });
}

/** `250ms`, `30s`, `5m`, `1h`, `2d`, in milliseconds. */
export function readDuration(text: string, where: string, range: Range): number {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  const unitMs = DURATION_MS[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) throw bad(where, 'a time such as 30s or 5m', text);
  return inRange(Number(match[1]) * unitMs, where, { range, unit: ' ms' });
}

/** `65536`, `64KiB`, `2MiB`, in bytes. */
export function readSize(text: string, where: string, range: Range): number {
  const match = /^(\d{1,12})(B|KiB|MiB|GiB)?$/.exec(text);
  const unitBytes = SIZE_BYTES[match?.[2] ?? ''];
  if (match === null || unitBytes === undefined) {
    throw bad(where, 'a size such as 64KiB or 2MiB', text);
  }
  return inRange(Number(match[1]) * unitBytes, where, { range, unit: ' bytes' });
}

export function readBoolean(text: string, where: string): boolean {
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw bad(where, 'true or false', text);
}

export function readChoice<Choice extends string>(
  text: string,
  where: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw bad(where, choices.join(' or '), text);
  return choice;
}

/** `127.0.0.1:50051`, `[::1]:50051`, `localhost:0`; port 0 is any free one. */
export function readAddress(text: string, where: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) {
    throw bad(where, 'HOST:PORT such as 127.0.0.1:50051', text);
  }
  return { host, port };
}

/** Whether only this machine can reach the address. */
export function isLoopback({ host }: Address): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function inRange(
  value: number,
  where: string,
  { range, unit }: { range: Range; unit: string },
): number {
  if (value < range.min || value > range.max) {
    throw bad(where, `${range.min} to ${range.max}${unit}`, String(value));
  }
  return value;
}

function bad(where: string, expected: string, got: string): TacetError {
  return new TacetError('ERR_OPTION', { what: 'bad value', where, expected, got: `"${got}"` });
}
