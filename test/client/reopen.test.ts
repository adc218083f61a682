import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  afterTest,
  CALLABLE,
  LISTED,
  smallList,
  startServer,
  temporaryFolder,
  until,
  writeList,
} from '../server/fixture.ts';
import { connect } from './fixture.ts';

const CLI = fileURLToPath(import.meta.resolve('#tacet/cli/index.js'));

/** One number a batch, so that what is lost or doubled shows in the counts. */
const batch = (key: number) => ({ keys: [key] });

describe('a stream that the server ends', () => {
  it('because its list was superseded is opened again: nothing lost, nothing doubled', async () => {
    const folder = temporaryFolder();
    const list = await smallList(folder);
    const { address, server } = await startServer(list, { 'stream-pin-max': '150ms' });
    const call = connect(address).dedupe({ batchesInFlightMax: 4, onVersionGone: 'record' });
    const verdicts: (number | undefined)[] = [];
    let stopped = false;
    const sending = (async () => {
      while (!stopped) {
        verdicts.push((await call.send(batch(LISTED))).verdicts[0]);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    await until('it is under way', () => verdicts.length > 10);
    // In the next version the number is not listed any more.
    renameSync(await writeList(join(folder, 'next'), new Map([[CALLABLE, 0]])), list);
    expect(await server.reload()).toBe('swapped');
    await until('the newer one answers', () => verdicts.at(-1) === 1);
    stopped = true;
    await sending;
    const { numbers, blocked, callable, versions } = await call.finish();
    expect(numbers).toBe(verdicts.length);
    expect(versions).toHaveLength(2);
    // The versions meet where the second says it begins.
    const begins = versions[1]?.firstNumber ?? 0;
    expect(versions.map((version) => version.numbers)).toEqual([begins, verdicts.length - begins]);
    expect(verdicts.slice(0, begins)).toEqual(new Array(begins).fill(2));
    expect(verdicts.slice(begins)).toEqual(new Array(verdicts.length - begins).fill(1));
    expect([blocked, callable]).toEqual([begins, verdicts.length - begins]);
    await until('the old list is let go of', () => server.lists.current?.users.size === 0);
  });

  it('for that is an error where one version was wanted', async () => {
    const folder = temporaryFolder();
    const list = await smallList(folder);
    const { address, server } = await startServer(list, { 'stream-pin-max': '50ms' });
    const call = connect(address).dedupe({ versionTriesMax: 2 });
    await call.send(batch(LISTED));
    renameSync(await writeList(join(folder, 'next'), new Map([[CALLABLE, 0]])), list);
    await server.reload();
    await until('the stream has been ended', () => server.openStreams === 0);
    await expect(call.send(batch(LISTED))).rejects.toMatchObject({
      code: 'ERR_LIST_VERSION',
    });
  });
});

describe('a server that is killed', () => {
  /** `tacet serve` of its own process, on `port` or any. */
  async function serve(list: string, port = 0): Promise<{ child: ChildProcess; address: string }> {
    const flags = ['--listen', `127.0.0.1:${port}`, '--http', '127.0.0.1:0', '--workers', '1'];
    flags.push('--log-level', 'warn');
    const child = spawn(process.execPath, [CLI, 'serve', '--list', list, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    afterTest(() => child.kill('SIGKILL'));
    // Piped, a few lines above.
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const address = /^gRPC +(\S+)$/.exec(line)?.[1];
      if (address !== undefined) return { child, address };
    }
    throw new Error('the server did not start');
  }

  it('and comes back costs no answer', async () => {
    const list = await smallList();
    const { child, address } = await serve(list);
    const call = connect(address).dedupe({ reopensMax: 6, batchesInFlightMax: 4 });
    let answered = 0;
    let stopped = false;
    const sending = (async () => {
      while (!stopped) {
        await Promise.all([LISTED, CALLABLE].map((key) => call.send(batch(key))));
        answered += 2;
      }
    })();
    await until('it is under way', () => answered > 100);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const before = answered;
    await serve(list, Number(address.split(':')[1]));
    await until('it goes on', () => answered > before + 100);
    stopped = true;
    await sending;
    const { numbers, blocked, callable, versions } = await call.finish();
    expect([numbers, blocked, callable]).toEqual([answered, answered / 2, answered / 2]);
    expect(versions).toHaveLength(1);
  });

  it('for good is ERR_SERVER, and a cancelled call keeps no timer', async () => {
    const { child, address } = await serve(await smallList());
    const call = connect(address).dedupe({ reopensMax: 1 });
    const waiting = connect(address).dedupe({ reopensMax: 20 });
    await call.send(batch(LISTED));
    await waiting.send(batch(LISTED));
    child.kill('SIGKILL');
    await expect(call.send(batch(LISTED))).rejects.toMatchObject({
      code: 'ERR_SERVER',
    });
    const pending = waiting.send(batch(LISTED));
    waiting.cancel();
    await expect(pending).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});
