import type { RpcServer } from '../rpc/server.ts';
import { reflectedPackage } from '../wire/service.ts';

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
    new ReflectionService(reflectedPackage()).addToServer(this.#grpc);
    this.#isAdded = true;
  }
}
