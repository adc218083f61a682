import { setTimeout as pause } from 'node:timers/promises';
import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from 'pino';
import { CallLog } from '../observe/call-log.ts';
import { LicenceMetrics } from '../observe/metrics/licences.ts';
import { Metrics, unscrapedMetrics } from '../observe/metrics.ts';
import { exposedPorts } from '../options/serve/exposed-ports.ts';
import type { ServeOptions } from '../options/serve/table.ts';
import { MessageBuffers } from '../rpc/message-buffers.ts';
import { oneVersion } from '../serving/asked-lists.ts';
import { ListLife } from '../serving/life.ts';
import { ListSync, syncOptionsOf } from '../serving/list-sync.ts';
import type { ReloadOutcome, ServedLists } from '../serving/lists.ts';
import type { Readiness } from '../serving/readiness.ts';
import type { SyncSecrets } from '../sync/options.ts';
import type { MatchPool } from '../threads/pool.ts';
import { collectGarbage } from '../threads/reclaim.ts';
import { type Answering, SERVICE, type ServedCalls, serveCalls } from './calls.ts';
import { createPool } from './create-pool.ts';
import { drainCalls } from './drain-calls.ts';
import { FollowedFiles } from './followed-files.ts';
import { allowHeapGrowth } from './heap-growth.ts';
import { serveHttp } from './http/http.ts';
import { Scrapes } from './http/scrapes.ts';
import { openPort } from './open-port.ts';
import { Reflection } from './reflection.ts';
import { REHEARSED_STREAMS, rehearse } from './rehearsal.ts';
import { ServerState } from './server-state.ts';
import { type ServerTuning, TUNING } from './tuning.ts';

/** If a list goes stale at midnight or a worker dies, health and log follow within this time. */
const LOOK_INTERVAL_MS = 1000;

/** What {@link TacetServer.start} needs besides the options. */
export interface ServerEnvironment {
  readonly version: string;
  readonly log: Logger;
  /** How many lines the log has lost so far; default none. */
  readonly logLinesDropped?: () => number;
  /** For --sync-from, if it is sFTP; default none. */
  readonly syncSecrets?: SyncSecrets;
  /** Values to use instead of those in {@link TUNING}. */
  readonly tuning?: Partial<ServerTuning>;
  /** If it aborts while the start waits for the first list, the start fails with ERR_STOPPING. */
  readonly signal?: AbortSignal;
}

/** The server: gRPC, its pool and lists, metrics and probes. */
export class TacetServer {
  readonly #options: ServeOptions & ServerTuning;
  readonly #log: Logger;
  readonly #buffers = new MessageBuffers();
  readonly #files: FollowedFiles;
  readonly #life: ListLife;
  readonly #metrics: Metrics;
  readonly #health = new HealthImplementation({ '': 'SERVING', [SERVICE]: 'NOT_SERVING' });
  readonly #answering: Answering;
  readonly #calls: ServedCalls;
  readonly #reflection: Reflection;
  #http: Awaited<ReturnType<typeof serveHttp>> | undefined;
  #state: ServerState | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #restartsTold = 0;
  #grpcPort = 0;
  #stopping: Promise<void> | undefined;

  private constructor(options: ServeOptions, environment: ServerEnvironment, files: FollowedFiles) {
    const { version, log } = environment;
    this.#options = { ...TUNING, ...environment.tuning, ...options };
    this.#log = log;
    this.#files = files;
    // Before the threads start: this throws if no sync can run with the options.
    const syncOptions = syncOptionsOf(options, environment.syncSecrets);
    const sync = syncOptions && new ListSync(syncOptions, log);
    const pool = createPool(this.#options, this.#buffers);
    this.#life = new ListLife(options, {
      pool,
      sync,
      log,
      rehearse: (first) => this.#rehearse(first),
      onReload: (outcome) => {
        this.#metrics.lists.reloaded(outcome);
        void this.#watchLists();
        this.#updateHealth();
      },
    });
    this.#metrics = new Metrics(
      { version, insecure: exposedPorts(options).length > 0 },
      {
        lists: this.#life,
        pool: () => pool.stats,
        ready: () => this.readiness().ready,
        logLinesDropped: environment.logLinesDropped ?? (() => 0),
        certificateExpiresMs: () => files.certificate?.expiresMs,
      },
    );
    const { access } = files;
    this.#answering = {
      options: this.#options,
      pool,
      lists: this.#life.lists,
      buffers: this.#buffers,
      access,
      limits: () => this.#state?.limits,
      registers: () => this.#state,
    };
    const told = {
      metrics: this.#metrics,
      log: new CallLog(log, options.logRepeatsMax),
      licences: access && new LicenceMetrics(this.#metrics.registry, () => access.current),
    };
    this.#calls = serveCalls(this.#answering, told, (path) => this.#reflection.load(path));
    this.#reflection = new Reflection(this.#calls.rpc.grpc);
    this.#health.addToServer(this.#calls.rpc.grpc);
  }

  /**
   * Starts a server. The gRPC port opens only once the lists can answer; the HTTP port opens
   * earlier and says "not ready", so that probes see a start under way. If the start fails,
   * everything already started is stopped. A server that syncs waits for the first list it can
   * answer from. Errors: ERR_STORE, ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE, ERR_OPTION, ERR_TLS;
   * ERR_STOPPING if the signal ends that wait.
   */
  static async start(options: ServeOptions, environment: ServerEnvironment): Promise<TacetServer> {
    allowHeapGrowth();
    const files = await FollowedFiles.open(options, {
      log: environment.log,
      onAccess: () => server.#accessChanged(),
      onCertificate: (outcome) => server.#metrics.certificate.reloaded(outcome),
    });
    const server = new TacetServer(options, environment, files);
    try {
      await server.#open(environment.signal);
    } catch (error) {
      await server.#release();
      throw error;
    }
    return server;
  }

  async #open(signal: AbortSignal | undefined): Promise<void> {
    this.#files.start();
    const { certificate } = this.#files;
    const scrapes = new Scrapes(() => this.#metrics.registry.metrics());
    this.#http = await serveHttp(this.#options.http, this.#options, {
      metrics: () => scrapes.text(),
      metricsContentType: this.#metrics.registry.contentType,
      readiness: () => this.readiness(),
      connectionClosed: () => this.#calls.observed.limited('http-connections'),
      certificate: this.#options.httpTls ? certificate : undefined,
    });
    this.#log.info({ port: this.httpPort }, 'probes and metrics are up');
    this.#state = await ServerState.open(this.#options, {
      ...{ metrics: this.#metrics, log: this.#log },
      clients: () => this.#files.access?.current.clients,
    });
    this.#state?.update();
    await this.#life.open(signal);
    this.#metrics.lists.loaded();
    await this.#watchLists();
    const { listen } = this.#options;
    const { rpc } = this.#calls;
    this.#grpcPort = await openPort('listen', listen, () => rpc.listen(listen, certificate));
    this.#updateHealth();
    this.#lookTimer = setInterval(() => {
      this.#reconsider();
      this.#updateHealth();
      this.#tellRestarts();
    }, LOOK_INTERVAL_MS).unref();
  }

  /** Answers calls that nobody counts; see {@link rehearse}. A server starts without it, too. */
  async #rehearse(first: Parameters<typeof oneVersion>[0]): Promise<void> {
    if (this.#options.rehearsalMs === 0) return;
    const log = new CallLog(this.#log.child({}, { level: 'silent' }), 1);
    const lists = oneVersion(first);
    const options = { ...this.#options, streamsPerConnectionMax: REHEARSED_STREAMS };
    const told = { metrics: unscrapedMetrics(), log };
    const { rpc } = serveCalls({ ...this.#answering, options, lists, access: undefined }, told);
    try {
      await rehearse(rpc, this.#options);
    } catch (error) {
      this.#log.warn({ err: error }, 'the rehearsal failed: the first calls will be slower');
    } finally {
      rpc.destroy();
    }
    // What the start has left behind, instead of while the first clients wait.
    collectGarbage();
  }

  /** The port gRPC listens on. */
  get grpcPort(): number {
    return this.#grpcPort;
  }

  /** The port of /metrics, /livez and /readyz. */
  get httpPort(): number {
    return this.#http?.port ?? 0;
  }

  /** The lists being served, for the start-up output and for tests. */
  get lists(): ServedLists {
    return this.#life.lists;
  }

  /** The worker pool, for tests that kill its threads. */
  get pool(): MatchPool {
    return this.#answering.pool;
  }

  /** How many streams are open, `Dedupe` and others. */
  get openStreams(): number {
    return this.#calls.context.streams.size;
  }

  /** Whether the server can answer, and if not, why. */
  readiness(): Readiness {
    const readiness = this.#life.readiness(this.#stopping !== undefined);
    const warnings = [...(readiness.warnings ?? []), ...this.#files.warnings];
    return warnings.length === 0 ? readiness : { ...readiness, warnings };
  }

  #updateHealth(): void {
    const serving = this.readiness().ready;
    this.#health.setStatus(SERVICE, serving ? 'SERVING' : 'NOT_SERVING');
    this.#health.setStatus('', this.#stopping === undefined ? 'SERVING' : 'NOT_SERVING');
  }

  /** Has those who watch over the list learn how its numbers lie. */
  async #watchLists(): Promise<void> {
    const { handles = [] } = this.#life.current?.set ?? {};
    await this.#state?.watchLists(handles);
  }

  #accessChanged(): void {
    this.#state?.update();
    this.#reconsider();
  }

  /** Ends what callers may no longer do. */
  #reconsider(): void {
    const { access } = this.#files;
    if (access === undefined) return;
    // Streams that ended since then are counted, those of clients that are gone as well.
    this.#metrics.clients.keepOnly(access.current.clients);
    for (const stream of this.#calls.context.streams) stream.reconsider();
    this.#calls.rpc.reconsider();
  }

  #tellRestarts(): void {
    const { workerRestarts } = this.#answering.pool.stats;
    if (workerRestarts === this.#restartsTold) return;
    this.#restartsTold = workerRestarts;
    this.#log.warn({ workerRestarts }, 'a worker thread has died and was replaced');
  }

  /** Reads access file and certificate, and reopens the lists; see {@link ServedLists.reload}. */
  async reload(): Promise<ReloadOutcome> {
    await this.#files.look();
    return this.#life.reload();
  }

  /**
   * Stops the server: health and `/readyz` say so, calls are still taken for `drainDelayMs`, then
   * no new ones. Calls under way may go on for at most `drainTimeoutMs`; then streams end with
   * UNAVAILABLE after their pending answers. Safe to call twice.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  async #drain(): Promise<void> {
    // Lets `#stopping` be set first, which happens when this function returns its promise.
    await Promise.resolve();
    this.#updateHealth();
    const { drainDelayMs } = this.#options;
    if (drainDelayMs > 0) {
      this.#log.info({ drainDelayMs }, 'stopping: not ready any more, calls are still taken');
      await pause(drainDelayMs);
    }
    this.#log.info('stopping: draining calls');
    await drainCalls(this.#calls, this.#options.drainTimeoutMs);
    await this.#release();
    this.#log.info('stopped');
  }

  async #release(): Promise<void> {
    clearInterval(this.#lookTimer);
    this.#files.stop();
    this.#metrics.close();
    const ended = this.#life.stop();
    this.#calls.rpc.destroy();
    await this.#answering.pool.destroy();
    this.#life.lists.close();
    await ended;
    await this.#state?.close();
    await this.#http?.close();
  }
}
