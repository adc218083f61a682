/** All faults that are played against a server; `run.ts` and the soak draw from them. */
import type { Fault } from './fault.js';
import { BROKEN } from './grpc/broken.js';
import { CALLS } from './grpc/calls.js';
import { CONNECTIONS } from './grpc/connections.js';
import { FLOODS } from './grpc/floods.js';
import { HEADERS } from './grpc/headers.js';
import { WINDOWS } from './grpc/windows.js';
import { HTTP_CONNECTIONS } from './http/connections.js';
import { REQUESTS } from './http/requests.js';
import { PROCESS } from './process.js';

export const FAULTS: readonly Fault[] = [
  ...FLOODS,
  ...HEADERS,
  ...WINDOWS,
  ...BROKEN,
  ...CALLS,
  ...CONNECTIONS,
  ...REQUESTS,
  ...HTTP_CONNECTIONS,
  ...PROCESS,
];
