/** Values as people write them; an invalid or out-of-range value reads as undefined. */

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

/** The address a gRPC or HTTP server listens on: a port, or the path of a socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

export function readInteger(text: string, range: Range): number | undefined {
  return /^\d{1,15}$/.test(text) ? inRange(Number(text), range) : undefined;
}

/** `250ms`, `30s`, `5m`, `1h`, `2d`, in milliseconds. */
export function readDuration(text: string, range: Range): number | undefined {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  return inRange(Number(match?.[1]) * (DURATION_MS[match?.[2] ?? ''] ?? Number.NaN), range);
}

/** `65536`, `64KiB`, `2MiB`, in bytes. */
export function readSize(text: string, range: Range): number | undefined {
  const match = /^(\d{1,12})(B|KiB|MiB|GiB)?$/.exec(text);
  return inRange(Number(match?.[1]) * (SIZE_BYTES[match?.[2] ?? ''] ?? Number.NaN), range);
}

function inRange(value: number, { min, max }: Range): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

/** As {@link readDuration} reads it. */
export function durationText(ms: number): string {
  return withUnit(ms, DURATION_MS, ms === 0 ? 's' : 'ms');
}

/** As {@link readSize} reads it. */
export function sizeText(bytes: number): string {
  return withUnit(bytes, SIZE_BYTES, '');
}

/** A number in the largest unit that keeps it whole. */
function withUnit(value: number, units: Readonly<Record<string, number>>, least: string): string {
  let text = `${value}${least}`;
  for (const [unit, worth] of Object.entries(units)) {
    if (worth > 1 && value > 0 && value % worth === 0) text = `${value / worth}${unit}`;
  }
  return text;
}

/** What Linux takes; Node cuts longer ones short without a word. */
const SOCKET_PATH_BYTES_MAX = 107;

/**
 * `127.0.0.1:50051`, `[::1]:50051`, `localhost:0`, where port 0 is any free one; or
 * `unix:/run/tacet.sock`.
 */
export function readAddress(text: string): Address | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    const isUsable = path.startsWith('/') && Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX;
    return isUsable ? { path } : undefined;
  }
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** As {@link readAddress} reads it. */
export function addressText(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  const { host, port } = address;
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach the address. */
export function isLoopback(address: Address): boolean {
  if ('path' in address) return true;
  const { host } = address;
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
