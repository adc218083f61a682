import { status } from '@grpc/grpc-js';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { brusselsMidnightMs } from '../calendar/brussels.ts';
import type { PoolStats } from '../pool/pool.ts';
import { VERDICT_NAMES } from '../verdict/verdict.ts';
import type { ListVersionMessage } from '../wire/service.ts';
import type { CallEvents, CallObserver } from './call-patches.ts';
import type { ReloadOutcome, ServedSet } from './lists.ts';

/** Seconds: unary calls take 50 us to 1 s, streams up to half an hour. */
const HANDLING_BUCKETS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 10, 60, 300,
  1800,
];

/** Names of the codes as go-grpc-middleware writes them, by code. */
const CODE_NAMES: Readonly<Record<number, string>> = {
  [status.OK]: 'OK',
  [status.CANCELLED]: 'Canceled',
  [status.UNKNOWN]: 'Unknown',
  [status.INVALID_ARGUMENT]: 'InvalidArgument',
  [status.DEADLINE_EXCEEDED]: 'DeadlineExceeded',
  [status.NOT_FOUND]: 'NotFound',
  [status.ALREADY_EXISTS]: 'AlreadyExists',
  [status.PERMISSION_DENIED]: 'PermissionDenied',
  [status.RESOURCE_EXHAUSTED]: 'ResourceExhausted',
  [status.FAILED_PRECONDITION]: 'FailedPrecondition',
  [status.ABORTED]: 'Aborted',
  [status.OUT_OF_RANGE]: 'OutOfRange',
  [status.UNIMPLEMENTED]: 'Unimplemented',
  [status.INTERNAL]: 'Internal',
  [status.UNAVAILABLE]: 'Unavailable',
  [status.DATA_LOSS]: 'DataLoss',
  [status.UNAUTHENTICATED]: 'Unauthenticated',
};

const GRPC_TYPES: Readonly<Record<string, string>> = {
  unary: 'unary',
  clientStream: 'client_stream',
  serverStream: 'server_stream',
  bidi: 'bidi_stream',
};

const CALL_LABELS = ['grpc_type', 'grpc_service', 'grpc_method'] as const;

/** What the gauges are read from at each scrape. */
export interface MetricSources {
  readonly served: () => ServedSet | undefined;
  readonly pool: () => PoolStats;
}

/** The facts that do not change while the server runs. */
export interface MetricFacts {
  readonly version: string;
  readonly insecure: boolean;
}

/** All metrics of one server, on a registry of their own. */
export class Metrics implements CallObserver {
  readonly registry = new Registry();
  readonly #started: Counter<(typeof CALL_LABELS)[number]>;
  readonly #handled: Counter<(typeof CALL_LABELS)[number] | 'grpc_code'>;
  readonly #received: Counter<(typeof CALL_LABELS)[number]>;
  readonly #sent: Counter<(typeof CALL_LABELS)[number]>;
  readonly #handling: Histogram<(typeof CALL_LABELS)[number]>;
  readonly #reloads: Counter<'outcome'>;
  readonly #refusedConnections: Counter;
  readonly #numbers: Counter.Internal[];

  constructor(facts: MetricFacts, sources: MetricSources) {
    const registers = [this.registry];
    const labelNames = [...CALL_LABELS];
    this.#started = new Counter({
      name: 'grpc_server_started_total',
      help: 'Calls started on the server.',
      labelNames,
      registers,
    });
    this.#handled = new Counter({
      name: 'grpc_server_handled_total',
      help: 'Calls completed on the server, by status, cancelled and failed ones included.',
      labelNames: [...CALL_LABELS, 'grpc_code'],
      registers,
    });
    this.#received = new Counter({
      name: 'grpc_server_msg_received_total',
      help: 'Messages received on the server.',
      labelNames,
      registers,
    });
    this.#sent = new Counter({
      name: 'grpc_server_msg_sent_total',
      help: 'Messages sent by the server.',
      labelNames,
      registers,
    });
    this.#handling = new Histogram({
      name: 'grpc_server_handling_seconds',
      help: 'Seconds from the start of a call to its status.',
      labelNames,
      buckets: HANDLING_BUCKETS,
      registers,
    });
    const numbers = new Counter({
      name: 'tacet_numbers_total',
      help: 'Numbers answered, by verdict.',
      labelNames: ['verdict'],
      registers,
    });
    this.#numbers = VERDICT_NAMES.slice(1).map((verdict) => numbers.labels(verdict));
    // A series that exists from the start has a rate from its first number on.
    for (const counter of this.#numbers) counter.inc(0);
    this.#reloads = new Counter({
      name: 'tacet_list_reloads_total',
      help: 'Reloads of the list by outcome: swapped, unchanged or refused.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['swapped', 'unchanged', 'refused']) this.#reloads.inc({ outcome }, 0);
    this.#refusedConnections = new Counter({
      name: 'tacet_connections_refused_total',
      help: 'Connections closed because there were as many as the limit allows.',
      registers,
    });
    registerListGauges(this.registry, sources.served);
    registerPoolGauges(this.registry, sources.pool);
    registerFacts(this.registry, facts);
    collectDefaultMetrics({ register: this.registry });
  }

  started(path: string, type: string): CallEvents {
    const [, service = '', method = ''] = path.split('/');
    const labels = {
      grpc_type: GRPC_TYPES[type] ?? type,
      grpc_service: service,
      grpc_method: method,
    };
    const startMs = performance.now();
    this.#started.inc(labels);
    return {
      messageReceived: () => this.#received.inc(labels),
      messageSent: () => this.#sent.inc(labels),
      ended: (code) => {
        this.#handled.inc({ ...labels, grpc_code: CODE_NAMES[code] ?? 'Unknown' });
        this.#handling.observe(labels, (performance.now() - startMs) / 1000);
      },
    };
  }

  connectionRefused(): void {
    this.#refusedConnections.inc();
  }

  /** Adds the counts of one answer, index by verdict. */
  countVerdicts(counts: readonly number[]): void {
    for (let verdict = 1; verdict < counts.length; verdict++) {
      const count = counts[verdict] ?? 0;
      if (count > 0) this.#numbers[verdict - 1]?.inc(count);
    }
  }

  countVerdict(verdict: number): void {
    this.#numbers[verdict - 1]?.inc();
  }

  countReload(outcome: ReloadOutcome): void {
    this.#reloads.inc({ outcome });
  }
}

function registerListGauges(registry: Registry, served: () => ServedSet | undefined): void {
  const registers = [registry];
  const perList = (
    name: string,
    help: string,
    value: (version: ListVersionMessage) => number,
    labelNames: readonly ('list' | 'sha256')[] = ['list'],
  ): void => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        this.reset();
        for (const version of served()?.set.versions ?? []) {
          const labels: Record<string, string> = { list: version.name };
          if (labelNames.includes('sha256')) labels['sha256'] = version.sha256;
          this.set(labels, value(version));
        }
      },
    });
  };
  perList('tacet_list_entries', 'Unique numbers on the list.', (version) => version.entries);
  perList('tacet_list_info', 'The list version served.', () => 1, ['list', 'sha256']);
  perList(
    'tacet_list_snapshot_timestamp_seconds',
    'When the snapshot day of the list began in Brussels, seconds since 1970-01-01 UTC.',
    (version) => brusselsMidnightMs(Date.parse(version.snapshot_date) / 86_400_000) / 1000,
  );
  perList(
    'tacet_list_valid_until_timestamp_seconds',
    'From when nothing is answered from the list any more, seconds since 1970-01-01 UTC.',
    (version) => version.valid_until_unix,
  );
  new Gauge({
    name: 'tacet_mapping_info',
    help: 'How list files are read: mmap, or shared memory.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      for (const { kind } of served()?.set.handles ?? []) this.set({ kind }, 1);
    },
  });
}

function registerPoolGauges(registry: Registry, pool: () => PoolStats): void {
  const registers = [registry];
  new Gauge({
    name: 'tacet_batches_in_flight',
    help: 'Batches handed to the worker pool and not yet answered.',
    registers,
    collect() {
      this.set(pool().batchesInFlight);
    },
  });
  new Gauge({
    name: 'tacet_batches_waiting',
    help: 'Batches that wait for a slot of the worker pool.',
    registers,
    collect() {
      this.set(pool().batchesWaiting);
    },
  });
  new Gauge({
    name: 'tacet_workers',
    help: 'Worker threads.',
    registers,
    collect() {
      this.set(pool().workers);
    },
  });
  new Counter({
    name: 'tacet_worker_restarts_total',
    help: 'Worker threads that died and were replaced.',
    registers,
    collect() {
      this.reset();
      this.inc(pool().workerRestarts);
    },
  });
  new Counter({
    name: 'tacet_worker_busy_seconds_total',
    help: 'Seconds a worker spent on batches.',
    labelNames: ['worker'],
    registers,
    collect() {
      this.reset();
      pool().workerBusySeconds.forEach((seconds, worker) => {
        this.inc({ worker: String(worker) }, seconds);
      });
    },
  });
}

function registerFacts(registry: Registry, facts: MetricFacts): void {
  const registers = [registry];
  new Gauge({
    name: 'tacet_insecure',
    help: '1 if the server listens beyond this machine without access control.',
    registers,
  }).set(facts.insecure ? 1 : 0);
  new Gauge({
    name: 'tacet_build_info',
    help: 'Version of Tacet and of Node.',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version: facts.version, node: process.versions.node }, 1);
}
