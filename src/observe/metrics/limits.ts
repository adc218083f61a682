import { Counter, type Registry } from 'prom-client';
import { status } from '../../wire/grpc-status.ts';
import type { EndStatus } from '../call-events.ts';

/** The limits that are counted when a client runs into them. */
const LIMIT_REASONS = [
  'checks-per-minute', // a budget of the access file: a call was refused
  'connections', // --connections-max: a connection was closed
  'header-timeout', // --header-timeout: a connection of the gRPC port was closed
  'http-connections', // --http-connections-max: a connection was closed
  'message-bytes', // --message-bytes-max: a message was refused
  'metadata', // --metadata-bytes-max or --metadata-entries-max: a call was refused
  'numbers', // --numbers-per-message-max or --batch-check-numbers-max: a message was refused
  'numbers-per-day', // a budget of the access file: a call was refused
  'stopped', // a client that was stopped: a call was refused
  'stream-pin', // --stream-pin-max: a stream was ended so that its old list could be released
  'stream-resets', // --stream-resets-max: a connection whose client cancels too much was closed
  'stream-stall', // --stream-stall-max: a client took no answers and its stream was reset
  'other', // any other RESOURCE_EXHAUSTED
] as const;

export type LimitReason = (typeof LIMIT_REASONS)[number];

const NAMES: ReadonlySet<string> = new Set(LIMIT_REASONS);

/** The limit that ended a call, if it was one. */
export function limitOf({ code, info }: EndStatus): LimitReason | undefined {
  const limit = info?.metadata['limit'] ?? '';
  if (isLimitReason(limit)) return limit;
  return code === status.RESOURCE_EXHAUSTED ? 'other' : undefined;
}

function isLimitReason(name: string): name is LimitReason {
  return NAMES.has(name);
}

/** Counts the limits that were reached. */
export class LimitMetrics {
  readonly #reached: Counter<'reason'>;

  constructor(registry: Registry) {
    this.#reached = new Counter({
      name: 'tacet_limits_reached_total',
      help: 'Calls, messages and connections that a limit ended, by which limit.',
      labelNames: ['reason'],
      registers: [registry],
    });
    for (const reason of LIMIT_REASONS) this.#reached.inc({ reason }, 0);
  }

  count(reason: LimitReason): void {
    this.#reached.inc({ reason });
  }
}
