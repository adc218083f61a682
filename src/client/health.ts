import { type ChannelCredentials, Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { serverError } from './server-error.ts';

const SERVING = 'SERVING';

/**
 * Asks a server's `grpc.health.v1` whether it serves fresh verdicts. Errors: ERR_SERVER if it does
 * not answer within `timeoutMs`.
 */
export async function isServing(
  address: string,
  options: { timeoutMs?: number; credentials?: ChannelCredentials } = {},
): Promise<boolean> {
  const method = healthService['Check'];
  if (method === undefined) throw new Error('the health service has no Check');
  const client = new Client(address, options.credentials ?? credentials.createInsecure());
  try {
    return await new Promise<boolean>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        { service: 'tacet.v1.DedupeService' },
        { deadline: Date.now() + (options.timeoutMs ?? 2000) },
        (error: ServiceError | null, response?: object) => {
          if (error !== null) return reject(serverError(error));
          resolve((response as { status: string }).status === SERVING);
        },
      );
    });
  } finally {
    client.close();
  }
}
