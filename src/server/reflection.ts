import { fileURLToPath } from 'node:url';
import { protoPath as healthPath } from 'grpc-health-check';
import type { RpcServer } from '../rpc/server.ts';
import { type ProtoFile, reflectedPackage } from '../wire/service.ts';

const PREFIX = '/grpc.reflection.';

/**
 * Server reflection, loaded by its first call: it would take a tenth of the start of a server, and
 * few are ever asked.
 */
export class Reflection {
  readonly #grpc: RpcServer['grpc'];
  #adding: Promise<void> | undefined;
  #isAdded = false;

  constructor(grpc: RpcServer['grpc']) {
    this.#grpc = grpc;
  }

  /** If a call of `path` must wait for reflection, resolves once it is there. */
  load(path: string): Promise<void> | undefined {
    if (this.#isAdded || !path.startsWith(PREFIX)) return undefined;
    this.#adding ??= this.#add();
    return this.#adding;
  }

  async #add(): Promise<void> {
    const { ReflectionService } = await import('@grpc/reflection');
    const described = reflectedPackage([
      { path: healthPath, name: 'grpc/health/v1/health.proto' },
      ...['v1', 'v1alpha'].map((version) => reflectionProto(version)),
    ]);
    new ReflectionService(described).addToServer(this.#grpc);
    this.#isAdded = true;
  }
}

/** Where the package keeps the proto of its own service. */
function reflectionProto(version: string): ProtoFile {
  const name = `grpc/reflection/${version}/reflection.proto`;
  const home = import.meta.resolve('@grpc/reflection');
  return { path: fileURLToPath(new URL(`../proto/${name}`, home)), name };
}
