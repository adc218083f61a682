import type { Sample } from './contest.ts';
import type { Server } from './processes.ts';

/** What a closed loop measured; `serverSeconds`: the CPU of its server. */
export function sampleOf(
  result: { numbers: number; seconds: number; cpuSeconds: number },
  serverSeconds: number,
  server: Server,
): Sample {
  const { numbers, seconds, cpuSeconds } = result;
  return {
    millionsPerSecond: numbers / seconds / 1e6,
    seconds,
    serverCpu: (serverSeconds / numbers) * 1e8,
    clientCpu: (cpuSeconds / numbers) * 1e8,
    memoryMib: server.pssMib(),
  };
}

/** The latencies of a load client's result; it has them all or none. */
export function latencyOf(result: {
  p50Us?: number;
  p99Us?: number;
  p999Us?: number;
}): Pick<Sample, 'p50Us' | 'p99Us' | 'p999Us'> {
  const { p50Us, p99Us, p999Us } = result;
  if (p50Us === undefined || p99Us === undefined || p999Us === undefined) return {};
  return { p50Us, p99Us, p999Us };
}
