/** Real servers under real traffic, and what can go wrong with them, watched by Prometheus. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { pino } from 'pino';
import { readServeOptions } from '#tacet/options/serve/serve.js';
import { TacetServer } from '#tacet/server/server.js';
import { encodeKeys, encodePhoneNumbers } from '#tacet/wire/request-writer.js';
import { dedupeService } from '#tacet/wire/service.js';
import { dedupe, LISTED, LISTED_DAY, unary, until, writeList } from '../../server/fixture.ts';
import { freePort } from '../../server/free-port.ts';
import { TACET } from '../python/python.ts';
import { SyncedServer } from '../sync/synced-server.ts';
import { GuardedServer } from './guarded.ts';
import { PrometheusProcess } from './prometheus-process.ts';

/** Goes to a worker. */
const KEYS = encodeKeys(new Array(5000).fill(LISTED));
const TEXTS = encodePhoneNumbers(['0475 12 34 57', '+33 1 23 45 67 89', 'call me']);
/** More than one message may hold. */
const TOO_MANY = encodeKeys(new Array(131_073).fill(LISTED));
const WORKERS_KILLED = 3;

/** Between two rounds of traffic of one client. */
const PAUSE_MS = 20;

export class FaultRun {
  readonly #folder: string;
  readonly #cleanups: (() => unknown)[] = [];
  /**
   * HTTP addresses of the servers: in this process, the one to be killed, the one with a store, the
   * one that knows its clients.
   */
  readonly instances: string[] = [];
  prometheus!: PrometheusProcess;
  /** Seconds between which everything happened. */
  startSeconds = 0;
  endSeconds = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Plays it all through; takes a minute or so: syncs come at full minutes. */
  async play(): Promise<void> {
    const own = await this.#startOwn();
    const ports = { grpc: await freePort(), http: await freePort() };
    let other = await this.#startOther(ports);
    const synced = await this.#startSynced();
    const guarded = await this.#startGuarded();
    const http = [own, { httpPort: ports.http }, synced.server, guarded.server].map(
      ({ httpPort }) => httpPort,
    );
    this.instances.push(...http.map((port) => `127.0.0.1:${port}`));
    this.prometheus = await PrometheusProcess.start(this.#folder, this.instances);
    this.#cleanups.push(() => this.prometheus.stop());
    await this.#sees('all servers', 'sum(up{job="tacet"}) == 4');
    this.startSeconds = Date.now() / 1000;
    const stopTraffic = startTraffic([own.grpcPort, ports.grpc, synced.server.grpcPort]);
    const stopCallers = guarded.startTraffic();
    this.#cleanups.push(stopTraffic, stopCallers);
    await this.#sees('traffic', 'min(rate(tacet_numbers_total{verdict="blocked"}[5s])) > 0');
    await this.#sees('the sync', 'tacet_list_sync_total{outcome="switched"} == 1');
    synced.halveSource();
    synced.override();
    await this.#refuseAndSwap(own);
    for (let killed = 0; killed < WORKERS_KILLED; killed++) await killWorker(own, killed + 1);
    other.kill('SIGKILL');
    await once(other, 'exit');
    await this.#sees('that one is down', 'sum(up{job="tacet"}) == 3');
    other = await this.#startOther(ports);
    await this.#sees('that it is back', 'sum(tacet_ready{job="tacet"}) == 4');
    await this.#sees('the restart', 'changes(process_start_time_seconds{job="tacet"}[10s]) > 0');
    await this.#sees('the alert', 'ALERTS{alertname="TacetWorkersCrashing",alertstate="firing"}');
    await this.#sees('the override', 'tacet_list_override_until_timestamp_seconds > time()');
    await this.#sees('the refused file', 'tacet_list_refused == 1', 75_000);
    // What is asked second by second must also be past the second in which it was seen.
    const seenSeconds = Date.now() / 1000;
    await until('it is over', () => Date.now() / 1000 > seenSeconds + 2);
    this.endSeconds = Date.now() / 1000;
    await stopTraffic();
    await stopCallers();
  }

  /** The series of a server, as text. */
  async exposition(instance: string): Promise<string> {
    return (await fetch(`http://${instance}/metrics`)).text();
  }

  async stop(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }

  #sees(what: string, expr: string, timeoutMs = 30_000): Promise<void> {
    const isSeen = async (): Promise<boolean> => (await this.prometheus.query(expr)).length > 0;
    return until(`Prometheus sees ${what}`, isSeen, timeoutMs);
  }

  async #startOwn(): Promise<TacetServer> {
    const list = await writeList(join(this.#folder, 'own.tacet'), new Map([[LISTED, LISTED_DAY]]));
    const server = await startHere(list);
    this.#cleanups.push(() => server.stop());
    return server;
  }

  async #startSynced(): Promise<SyncedServer> {
    const synced = await SyncedServer.start();
    this.#cleanups.push(() => synced.stop());
    return synced;
  }

  async #startGuarded(): Promise<GuardedServer> {
    const guarded = await GuardedServer.start(this.#folder);
    this.#cleanups.push(() => guarded.server.stop());
    return guarded;
  }

  /** As an operator starts it; on ports of its own choice it would come back on others. */
  async #startOther(ports: { grpc: number; http: number }): Promise<ChildProcess> {
    const list = await writeList(join(this.#folder, 'other.tacet'), new Map([[LISTED, 0]]));
    const [node, script] = TACET;
    const addresses = ['--listen', `127.0.0.1:${ports.grpc}`, '--http', `127.0.0.1:${ports.http}`];
    const child = spawn(node, [script, 'serve', '--list', list, ...addresses], { stdio: 'ignore' });
    this.#cleanups.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    });
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error('the server has ended');
      const response = await fetch(`http://127.0.0.1:${ports.http}/readyz`).catch(() => undefined);
      return response?.ok ?? false;
    };
    await until('the other server is ready', isReady, 30_000);
    return child;
  }

  async #refuseAndSwap(server: TacetServer): Promise<void> {
    const path = join(this.#folder, 'own.tacet');
    writeFileSync(`${path}.new`, 'this is not a list file');
    renameSync(`${path}.new`, path);
    if ((await server.reload()) !== 'refused') throw new Error('a bad file was not refused');
    await this.#sees('the refusal', 'tacet_list_last_reload_successful == 0');
    const next = new Map([
      [LISTED, LISTED_DAY],
      [LISTED + 10, LISTED_DAY],
    ]);
    await writeList(`${path}.new`, next);
    renameSync(`${path}.new`, path);
    if ((await server.reload()) !== 'swapped') throw new Error('a good file was not swapped in');
    await this.#sees('the swap', 'tacet_list_entries == 2');
  }
}

/** Starts a server of a list file in this process, on free ports. */
export async function startHere(
  list: string,
  more: Readonly<Record<string, readonly string[]>> = {},
): Promise<TacetServer> {
  const flags = { listen: ['127.0.0.1:0'], http: ['127.0.0.1:0'], workers: ['2'], ...more };
  const options = readServeOptions({
    flags: { list: [list], ...flags },
    environment: {},
    config: undefined,
  });
  const log = pino({ level: 'silent' });
  return TacetServer.start(options, { version: '0.0.0-test', log });
}

/**
 * Calls every method of each server, over and over, until the function returned is called; failures
 * while one is down are expected.
 */
export function startTraffic(ports: readonly number[]): () => Promise<void> {
  let going = true;
  const loops = ports.map(async (port) => {
    const options = { 'grpc.max_send_message_length': -1, 'grpc.max_reconnect_backoff_ms': 500 };
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    const check = { phoneNumber: '0475 12 34 56', optInDate: '', region: '', advertiser: '' };
    while (going) {
      await unary(client, dedupeService.Check, check);
      await unary(client, dedupeService.BatchCheck, TEXTS);
      await unary(client, dedupeService.GetLists, {});
      await dedupe(client, [KEYS, TEXTS, KEYS]);
      await dedupe(client, [TOO_MANY]);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    client.close();
  });
  return async () => {
    going = false;
    await Promise.all(loops);
  };
}

/** Ends a thread and waits for its successor, so that the next one to die is another. */
export async function killWorker(server: TacetServer, restarts: number): Promise<void> {
  await server.pool.threads[0]?.terminate();
  await until('the worker is replaced', () => server.pool.stats.workerRestarts === restarts);
}
