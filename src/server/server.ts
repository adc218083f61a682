import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from 'pino';
import { validUntilMs } from '../calendar/brussels.ts';
import { TacetError } from '../errors.ts';
import { MatchPool } from '../pool/pool.ts';
import { dedupeService, packageDefinition } from '../wire/service.ts';
import { batchCheckHandler } from './batch-check.ts';
import { answerBuffer, type CallObserver } from './call-patches.ts';
import { checkHandler } from './check.ts';
import type { ServiceContext } from './context.ts';
import { DedupeStream } from './dedupe-stream.ts';
import { getListsHandler } from './get-lists.ts';
import { type Readiness, serveHttp } from './http.ts';
import { type ReloadOutcome, ServedLists } from './lists.ts';
import { MessageBuffers } from './message-buffers.ts';
import { Metrics } from './metrics.ts';
import { isLoopback } from './option-values.ts';
import type { ServeOptions } from './options.ts';
import { createServer, destroyConnections } from './transport.ts';

const SERVICE = 'tacet.v1.DedupeService';
/** Freshness ends at midnight; health follows within this time. */
const HEALTH_INTERVAL_MS = 1000;
/** What is left to streams between their status and the end of the connections. */
const STATUS_GRACE_MS = 500;

/** What {@link TacetServer.start} is given besides the options. */
export interface ServerEnvironment {
  readonly version: string;
  readonly log: Logger;
}

/** The server: gRPC, its pool and lists, metrics and probes. */
export class TacetServer {
  readonly #options: ServeOptions;
  readonly #log: Logger;
  readonly #buffers = new MessageBuffers();
  readonly #pool: MatchPool;
  readonly #lists: ServedLists;
  readonly #metrics: Metrics;
  readonly #health = new HealthImplementation({ '': 'SERVING', [SERVICE]: 'NOT_SERVING' });
  readonly #context: ServiceContext;
  readonly #grpc: Server;
  #http: Awaited<ReturnType<typeof serveHttp>> | undefined;
  #healthTimer: NodeJS.Timeout | undefined;
  #grpcPort = 0;
  #stopping: Promise<void> | undefined;
  /** Calls of the service that are open. */
  #openCalls = 0;
  #onAnswered: (() => void) | undefined;

  private constructor(options: ServeOptions, { version, log }: ServerEnvironment) {
    this.#options = options;
    this.#log = log;
    this.#pool = new MatchPool({
      workers: options.workers,
      numbersMax: options.numbersPerMessageMax,
      messageBytesMax: options.messageBytesMax,
      inlineBytesMax: options.inlineBytesMax,
      allocate: (bytes) => answerBuffer(this.#buffers, bytes),
      ...(options.batchesMax > 0 && { batchesMax: options.batchesMax }),
    });
    this.#lists = new ServedLists(this.#pool, {
      paths: options.list,
      kernel: options.kernel,
      verify: options.verify,
      mapping: options.mapping,
      streamPinMaxMs: options.streamPinMaxMs,
    });
    this.#metrics = new Metrics(
      { version, insecure: !isLoopback(options.listen) || !isLoopback(options.http) },
      {
        served: () => this.#lists.current,
        pool: () => this.#pool.stats,
        ready: () => this.readiness().ready,
      },
    );
    this.#context = {
      pool: this.#pool,
      lists: this.#lists,
      region: options.region,
      disclosesDates: options.discloseDates,
      batchCheckNumbersMax: options.batchCheckNumbersMax,
      batchesPerStreamMax: options.batchesPerStreamMax,
      bytesPerStreamMax: options.bytesPerStreamMax,
      streams: new Set(),
      giveBack: (request) => this.#buffers.give(request),
      countVerdicts: (counts) => this.#metrics.countVerdicts(counts),
      countVerdict: (verdict) => this.#metrics.countVerdict(verdict),
      logError: (error) => this.#log.error({ err: error }, 'a call failed'),
    };
    this.#grpc = this.#createGrpc();
  }

  /**
   * Starts a server. The gRPC port opens only once the lists can answer; the HTTP port opens
   * before, not ready, so that probes see a start under way. Whatever was started is stopped again
   * if the start fails. Errors: ERR_IO, ERR_FORMAT_*, ERR_LIST_STALE, ERR_OPTION.
   */
  static async start(options: ServeOptions, environment: ServerEnvironment): Promise<TacetServer> {
    const server = new TacetServer(options, environment);
    try {
      await server.#open();
    } catch (error) {
      await server.#release();
      throw error;
    }
    return server;
  }

  async #open(): Promise<void> {
    this.#http = await serveHttp(this.#options.http, {
      metrics: () => this.#metrics.registry.metrics(),
      metricsContentType: this.#metrics.registry.contentType,
      readiness: () => this.readiness(),
    });
    await this.#lists.load();
    this.#metrics.countLoad();
    this.#logLists('serving');
    this.#grpcPort = await this.#bind();
    this.#updateHealth();
    this.#healthTimer = setInterval(() => this.#updateHealth(), HEALTH_INTERVAL_MS);
    this.#healthTimer.unref();
  }

  #createGrpc(): Server {
    const server = createServer(this.#options, this.#observer(), this.#buffers);
    const context = this.#context;
    server.addService(dedupeService, {
      Check: checkHandler(context),
      BatchCheck: batchCheckHandler(context),
      GetLists: getListsHandler(context),
      Dedupe: (call: ConstructorParameters<typeof DedupeStream>[0]) => {
        new DedupeStream(call, context);
      },
    });
    this.#health.addToServer(server);
    new ReflectionService(packageDefinition).addToServer(server);
    return server;
  }

  /** Tells the metrics of every call, and counts those of the service that are open. */
  #observer(): CallObserver {
    return {
      started: (path, type) => {
        const events = this.#metrics.started(path, type);
        if (!path.startsWith(`/${SERVICE}/`)) return events;
        this.#openCalls++;
        return {
          ...events,
          ended: (code, details) => {
            events.ended(code, details);
            if (--this.#openCalls === 0) this.#onAnswered?.();
          },
        };
      },
      connectionOpened: (socket) => this.#metrics.connectionOpened(socket),
      connectionRefused: () => this.#metrics.connectionRefused(),
      streamStalled: () => this.#metrics.streamStalled(),
    };
  }

  #bind(): Promise<number> {
    const { host, port } = this.#options.listen;
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#grpc.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) return resolve(bound);
        reject(
          new TacetError('ERR_IO', {
            what: 'cannot listen',
            where: `--listen ${address}`,
            fix: 'Choose a free port of an address of this machine',
            cause: error,
          }),
        );
      });
    });
  }

  /** The port gRPC listens on. */
  get grpcPort(): number {
    return this.#grpcPort;
  }

  /** The port of /metrics, /livez and /readyz. */
  get httpPort(): number {
    return this.#http?.port ?? 0;
  }

  /** The lists being served, for what is shown at the start and in tests. */
  get lists(): ServedLists {
    return this.#lists;
  }

  /** The worker pool, for tests that kill its threads. */
  get pool(): MatchPool {
    return this.#pool;
  }

  /** How many `Dedupe` streams are open. */
  get openStreams(): number {
    return this.#context.streams.size;
  }

  /** Whether the server can answer, and if not, why. */
  readiness(): Readiness {
    const reasons: string[] = [];
    if (this.#stopping !== undefined) reasons.push('stopping');
    const served = this.#lists.current;
    if (served === undefined) reasons.push('no list is loaded');
    const nowMs = Date.now();
    for (const { name, snapshotDay } of served?.set.headers ?? []) {
      if (nowMs >= validUntilMs(snapshotDay)) reasons.push(`the list ${name} is stale`);
    }
    return { ready: reasons.length === 0, reasons };
  }

  #updateHealth(): void {
    const serving = this.readiness().ready;
    this.#health.setStatus(SERVICE, serving ? 'SERVING' : 'NOT_SERVING');
    this.#health.setStatus('', this.#stopping === undefined ? 'SERVING' : 'NOT_SERVING');
  }

  /** Opens the list files again; see {@link ServedLists.reload}. */
  async reload(): Promise<ReloadOutcome> {
    const outcome = await this.#lists.reload();
    this.#metrics.countReload(outcome);
    if (outcome === 'refused') {
      this.#log.error({ err: this.#lists.lastRefusal }, 'reload refused, the old list goes on');
    } else {
      this.#logLists(`reload: ${outcome}`);
    }
    this.#updateHealth();
    return outcome;
  }

  #logLists(message: string): void {
    const served = this.#lists.current;
    if (served === undefined) return;
    served.set.versions.forEach((version, index) => {
      const mapping = served.set.handles[index]?.kind;
      this.#log.info({ list: version, mapping }, message);
    });
  }

  /**
   * Stops: no new calls, those under way go on for at most `drainTimeoutMs`, then streams end with
   * UNAVAILABLE behind the answers they are owed. Safe to call twice.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#drain();
    return this.#stopping;
  }

  async #drain(): Promise<void> {
    // `#stopping` is set once this returns its promise, which is before the next tick.
    await Promise.resolve();
    this.#updateHealth();
    this.#log.info('stopping: draining calls');
    const closed = new Promise<void>((resolve) => this.#grpc.tryShutdown(() => resolve()));
    // Whoever only watches the health would stay to the last.
    const answered = new Promise<void>((resolve) => {
      if (this.#openCalls === 0) resolve();
      else this.#onAnswered = resolve;
    });
    if (await endsWithin(Promise.race([closed, answered]), this.#options.drainTimeoutMs)) {
      await endsWithin(closed, STATUS_GRACE_MS);
    } else {
      const error = new TacetError('ERR_STOPPING', {
        what: 'the server is stopping',
        fix: 'Send the rest to another server',
      });
      for (const stream of this.#context.streams) stream.expire(error);
      await endsWithin(closed, STATUS_GRACE_MS);
    }
    await this.#release();
    this.#log.info('stopped');
  }

  async #release(): Promise<void> {
    clearInterval(this.#healthTimer);
    this.#metrics.close();
    this.#grpc.forceShutdown();
    destroyConnections(this.#grpc);
    await this.#pool.destroy();
    this.#lists.close();
    await this.#http?.close();
  }
}

/** Whether `promise` resolves within `timeoutMs`. */
async function endsWithin(promise: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
