/**
 * A bare grpc-js service: any `Check` is answered with the same bytes, none is decoded.
 *
 *     node build/bench/peers/echo-server.js ANSWER_BYTES
 */
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';

const answer = Buffer.alloc(Number(process.argv[2]));
const asIs = (bytes: Buffer): Buffer => bytes;

const server = new Server();
server.addService(
  {
    Check: {
      path: '/tacet.v1.DedupeService/Check',
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  },
  { Check: (_call: unknown, callback: sendUnaryData<Buffer>) => callback(null, answer) },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`gRPC 127.0.0.1:${port}`);
});
process.once('SIGTERM', () => server.forceShutdown());
