import { Client, credentials } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { OpenCalls } from './open-calls.ts';
import { callUnary } from './unary-call.ts';

/**
 * Asks a server's `grpc.health.v1` whether it serves fresh verdicts. Errors: ERR_SERVER if it does
 * not answer within `timeoutMs`.
 */
export async function isServing(
  address: string,
  { timeoutMs = 2000 }: { timeoutMs?: number } = {},
): Promise<boolean> {
  const method = healthService['Check'];
  if (method === undefined) throw new Error('the health service has no Check');
  const client = new Client(address, credentials.createInsecure());
  const calling = { timeoutMs, retriesMax: 0, calls: new OpenCalls() };
  try {
    const asked = { service: 'tacet.v1.DedupeService' };
    const answer = await callUnary(client, method, asked, calling);
    return 'status' in answer && answer.status === 'SERVING';
  } finally {
    client.close();
  }
}
