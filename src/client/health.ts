import { service as healthService } from 'grpc-health-check';
import { type ConnectionOptions, openChannel } from './channel/channel.ts';
import { callUnary } from './unary-call.ts';

/**
 * Asks a server's `grpc.health.v1` whether it serves fresh verdicts. Errors: ERR_SERVER if it does
 * not answer within `timeoutMs`.
 */
export async function isServing(
  address: string,
  { timeoutMs = 2000, ...connection }: ConnectionOptions & { readonly timeoutMs?: number } = {},
): Promise<boolean> {
  const method = healthService['Check'];
  if (method === undefined) throw new Error('the health service has no Check');
  const { client, calls } = openChannel(address, connection);
  const calling = { timeoutMs, retriesMax: 0, calls };
  try {
    const asked = { service: 'tacet.v1.DedupeService' };
    const answer = await callUnary(client, method, asked, calling);
    return 'status' in answer && answer.status === 'SERVING';
  } finally {
    client.close();
  }
}
