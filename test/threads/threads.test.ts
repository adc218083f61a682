import { describe, expect, it } from 'vitest';
import { Threads } from '#tacet/threads/threads.js';
import { afterTest, until } from './fixture.ts';

interface Options {
  readonly count?: number;
  readonly retriesMax?: number;
  readonly data?: unknown;
}

/** Threads of a module that is written out: `task`, `place` and `data` are in its reach. */
function threadsOf(handler: string, { count = 2, retriesMax = 0, data }: Options = {}) {
  const source = `export const startThread = (data) => async (task, place) => { ${handler} };`;
  const threads = new Threads<unknown, unknown>({
    module: `data:text/javascript,${encodeURIComponent(source)}`,
    data,
    count,
    retriesMax,
    died: (deaths) => ({ what: `died ${deaths} times` }),
  });
  afterTest(() => threads.destroy());
  return threads;
}

/** The places of all threads: each keeps its task until all have one. */
async function placesOf(threads: Threads<unknown, unknown>): Promise<unknown[]> {
  const met = new Int32Array(new SharedArrayBuffer(4));
  const places = Array.from({ length: threads.count }, () => threads.run({ met }));
  return (await Promise.all(places)).sort();
}

const PLACE = `for (Atomics.add(task.met, 0, 1); Atomics.load(task.met, 0) < data;);
  return place;`;

describe('a task', () => {
  it('is done by the module that the threads are for, with their data', async () => {
    const threads = threadsOf('return data * task', { data: 7 });
    expect(await Promise.all([1, 2, 3, 4, 5].map((task) => threads.run(task)))).toEqual([
      7, 14, 21, 28, 35,
    ]);
  });

  it('that fails is an error with the code it had, and the thread goes on', async () => {
    const threads = threadsOf(`if (task === 'good') return 'done';
      throw Object.assign(new Error('no such thing'), { code: 'ERR_OTHER' });`);
    await expect(threads.run('bad')).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      cause: expect.stringContaining('no such thing'),
    });
    await expect(threads.run('good')).resolves.toBe('done');
    expect(threads.restarts).toBe(0);
  });

  it('fails where the module cannot be loaded, and no thread dies of it', async () => {
    const options = { count: 1, retriesMax: 3, died: () => ({ what: 'died' }) };
    const threads = new Threads({
      module: 'data:text/javascript,throw new Error("bad")',
      ...options,
    });
    afterTest(() => threads.destroy());
    await expect(threads.run(1)).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
    expect(threads.restarts).toBe(0);
  });
});

describe('a thread that dies', () => {
  it.each([0, 2])('costs its task, after %i retries', async (retriesMax) => {
    const threads = threadsOf(`return task === 'good' ? 'done' : process.exit(1)`, { retriesMax });
    await expect(threads.run('bad')).rejects.toMatchObject({
      code: 'ERR_WORKER',
      message: `died ${retriesMax + 1} times`,
    });
    await expect(threads.run('good')).resolves.toBe('done');
  });

  it('has its task run again, as it is to be run again', async () => {
    const threads = threadsOf(`return task === 'again' ? task : process.exit(1)`, {
      retriesMax: 1,
    });
    await expect(threads.run('first', 'again')).resolves.toBe('again');
  });

  it('of what it throws between two tasks costs nobody one', async () => {
    const threads = threadsOf(
      `if (task !== 'good') setTimeout(() => { throw new Error('late'); }, 1);
      return task`,
      { count: 1 },
    );
    await expect(threads.run('bad')).resolves.toBe('bad');
    await until('it is replaced', () => threads.restarts === 1);
    await expect(threads.run('good')).resolves.toBe('good');
  });

  it('leaves its place to the one that replaces it', async () => {
    const count = 3;
    const threads = threadsOf(PLACE, { count, data: count });
    expect(await placesOf(threads)).toEqual([0, 1, 2]);
    for (let kill = 0; kill < count; kill++) {
      await threads.threads[0]?.terminate();
      await until('it is replaced', () => threads.restarts === kill + 1);
      expect(await placesOf(threads)).toEqual([0, 1, 2]);
    }
  });
});

describe('threads that are destroyed', () => {
  it('reject what is under way and what comes later', async () => {
    const threads = threadsOf('for (;;);');
    const stuck = Promise.allSettled([1, 2, 3].map((task) => threads.run(task)));
    await threads.destroy();
    for (const result of await stuck) {
      expect(result).toMatchObject({ reason: { code: 'ERR_STOPPING' } });
    }
    await expect(threads.run(4)).rejects.toMatchObject({ code: 'ERR_STOPPING' });
    expect(threads.threads).toHaveLength(0);
  });
});
