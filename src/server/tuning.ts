/**
 * What was measured once, and no operator could set better: it follows from the protocol and the
 * code, not from a machine or its load. Tests and benches change it to see what it does.
 */
export interface ServerTuning {
  /**
   * Requests above this size always go to a worker; below, the event loop looks at its own time.
   */
  readonly inlineBytesMax: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

export const TUNING: ServerTuning = {
  // InlineShare moves batches to the workers, down to all of them, as the event loop runs out of
  // time: a smaller bound only adds hops, which cost 5.3 to 7.2 CPU seconds per 100 M numbers
  // against 3.5 to 4.1, and a larger one holds up the other calls for longer than 65,536 numbers
  // take.
  inlineBytesMax: 512 * 1024,
  // A request of 131,072 numbers, the most by default, comes in one piece.
  streamWindowBytes: 1024 ** 2,
  // One stream may have as much unanswered by default: a smaller one would pause it earlier.
  connectionWindowBytes: 4 * 1024 ** 2,
  // A client that is gone holds its streams for 80 s at most, and what balancers and NAT forget
  // when it is silent for some minutes is never silent.
  keepaliveTimeMs: 60_000,
  keepaliveTimeoutMs: 20_000,
};
