/**
 * Values that were measured once and that no operator could set better: they depend on the protocol
 * and the code, not on the machine or its load. Tests and benches change them to see the effect.
 */
export interface ServerTuning {
  /**
   * Requests above this size always go to a worker; for smaller ones, the event loop decides by how
   * much time it has.
   */
  readonly inlineBytesMax: number;
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** How long a start rehearses; 0 = not at all. */
  readonly rehearsalMs: number;
}

export const TUNING: ServerTuning = {
  // InlineShare moves batches, if need be all of them, to the workers as the event loop runs out of
  // time. A smaller bound only adds hops, which cost 5.3 to 7.2 CPU seconds per 100 M numbers
  // instead of 3.5 to 4.1; a larger one blocks other calls for longer than 65,536 numbers take.
  inlineBytesMax: 512 * 1024,
  // A request of 131,072 numbers, the default maximum, arrives in one piece.
  streamWindowBytes: 1024 ** 2,
  // By default, one stream may have this much unanswered; a smaller window would pause it earlier.
  connectionWindowBytes: 4 * 1024 ** 2,
  // A client that has vanished holds its streams for at most 80 s. Balancers and NAT forget
  // connections that are silent for some minutes; pings keep these from ever being silent.
  keepaliveTimeMs: 60_000,
  keepaliveTimeoutMs: 20_000,
  // V8 compiles what runs often, on threads of its own; without this it would do so while the first
  // clients wait. Most of it passes while another thread reads the list: a start of 1.5 M numbers
  // took 0.1 s longer.
  rehearsalMs: 150,
};
