/** Three servers of one list that can be swapped, and what is in front of them. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeList } from '../../server/fixture.ts';
import { freePort } from '../../server/free-port.ts';
import type { Balancer } from './balancers.ts';
import { entriesOf, sha256Of } from './load.ts';
import { type Calls, Replica } from './replica.ts';

export const COUNT = 3;

/** Which of the numbers a version lists. */
export type Listed = (index: number) => boolean;

/** Starts what is in front of the servers. */
export type StartBalancer = (folder: string, replicas: readonly Replica[]) => Promise<Balancer>;

export class Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), 'tacet-replicas-'));
  readonly replicas: Replica[] = [];
  readonly truth: Map<string, Listed> = new Map();
  balancer: Balancer | undefined;

  async start(startBalancer: StartBalancer, listed: Listed): Promise<void> {
    const list = await this.#write('list.tacet', listed);
    for (let i = 0; i < COUNT; i++) {
      const [grpcPort, httpPort] = [await freePort(), await freePort()];
      const flags = ['--drain-timeout', '500ms', '--stream-pin-max', '500ms'];
      this.replicas.push(new Replica({ list, host: '127.0.0.1', grpcPort, httpPort, flags }));
    }
    await Promise.all(this.replicas.map((replica) => replica.start()));
    this.balancer = await startBalancer(this.folder, this.replicas);
  }

  async #write(name: string, listed: Listed): Promise<string> {
    const path = await writeList(join(this.folder, name), entriesOf(listed));
    this.truth.set(await sha256Of(path), listed);
    return path;
  }

  /** Puts another version in the place of the list; servers notice when they are told or start. */
  async swap(listed: Listed): Promise<void> {
    renameSync(await this.#write('next.tacet', listed), join(this.folder, 'list.tacet'));
  }

  replica(index: number): Replica {
    const replica = this.replicas[index];
    if (replica === undefined) throw new Error(`there is no replica ${index}`);
    return replica;
  }

  calls(): Promise<Calls[]> {
    return Promise.all(this.replicas.map((replica) => replica.calls()));
  }

  get address(): string {
    return this.balancer?.address ?? '';
  }

  async close(): Promise<void> {
    await this.balancer?.stop();
    for (const replica of this.replicas) await replica.destroy();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
