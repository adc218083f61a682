import { status } from '@grpc/grpc-js';
import { Counter, type Registry } from 'prom-client';

/** The limits that are counted when a client runs into them. */
export const LIMIT_REASONS = [
  'connections', // --connections-max: a connection was closed
  'message-bytes', // --message-bytes-max: a message was refused
  'numbers', // --numbers-per-message-max or --batch-check-numbers-max: a message was refused
  'stream-pin', // --stream-pin-max: a stream was ended so that its old list could go
  'stream-stall', // --stream-stall-max: a client took no answers and its stream was reset
  'other', // any other RESOURCE_EXHAUSTED
] as const;

export type LimitReason = (typeof LIMIT_REASONS)[number];

/** How a status says which limit it is about: by the fixed part of its text. */
const STATUS_TEXTS: readonly (readonly [status, RegExp, LimitReason])[] = [
  [status.RESOURCE_EXHAUSTED, /^the message is too long\b/, 'message-bytes'],
  // grpc-js answers itself, before the message is read.
  [status.RESOURCE_EXHAUSTED, /^Received message larger than max\b/, 'message-bytes'],
  [status.RESOURCE_EXHAUSTED, /^too many numbers in one message\b/, 'numbers'],
  [status.RESOURCE_EXHAUSTED, /^/, 'other'],
  [status.UNAVAILABLE, /^the stream outlived its list version\b/, 'stream-pin'],
];

/** The limit that ended a call, if it was one. */
export function limitOf(code: number, details: string): LimitReason | undefined {
  return STATUS_TEXTS.find(([of, text]) => of === code && text.test(details))?.[2];
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

  count(reason: LimitReason | undefined): void {
    if (reason !== undefined) this.#reached.inc({ reason });
  }
}
