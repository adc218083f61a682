import { Histogram, type Registry } from 'prom-client';
import { status } from '../../wire/grpc-status.ts';
import { registerService } from '../../wire/registers/service.ts';
import { dedupeService } from '../../wire/service.ts';
import { type CallEvents, type CallType, callTypeOf } from '../call-events.ts';
import { counter, gauge } from './scraped.ts';

/**
 * Seconds. Unary calls take 50 us to 1 s, streams 10 ms to half an hour. A metric has only one set
 * of buckets, so this one covers both.
 */
const HANDLING_BUCKETS = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10, 30, 60, 120, 300, 600, 1800,
];

/** What {@link CallMetrics.started} returns. */
interface MeasuredCall extends CallEvents {
  /** When the call began, in ms of the process' clock. */
  readonly startMs: number;
}

/** Status names as go-grpc-middleware writes them, by code. */
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

/** The name of a status, as metrics and logs show it. */
export function codeName(code: number): string {
  return CODE_NAMES[code] ?? 'Unknown';
}

const CALL_LABELS = ['grpc_type', 'grpc_service', 'grpc_method'] as const;
type CallLabel = (typeof CALL_LABELS)[number];

/** The counts of one method. Plain numbers: a call to prom-client costs as much as a look-up. */
interface MethodCounts {
  readonly labels: Readonly<Record<CallLabel, string>>;
  started: number;
  received: number;
  sent: number;
  inFlight: number;
  /** Calls that ended, by status. */
  readonly handled: Map<number, number>;
  readonly handling: Histogram.Internal<CallLabel>;
}

/** Rate, errors and duration of calls, by method; calls under way; their messages. */
export class CallMetrics {
  readonly #handling: Histogram<CallLabel>;
  readonly #methods = new Map<string, MethodCounts>();

  constructor(registry: Registry) {
    const labelNames = [...CALL_LABELS];
    this.#handling = new Histogram({
      name: 'grpc_server_handling_seconds',
      help: 'Seconds from the start of a call to its status.',
      labelNames,
      buckets: HANDLING_BUCKETS,
      registers: [registry],
    });
    const samples = (value: (of: MethodCounts) => number) => () =>
      [...this.#methods.values()].map((of) => [of.labels, value(of)] as const);
    const count = (name: string, help: string, value: (of: MethodCounts) => number): void =>
      counter(registry, { name, help, labelNames }, samples(value));
    count(
      'grpc_server_started_total',
      'Calls started on the server, by method.',
      ({ started }) => started,
    );
    count(
      'grpc_server_msg_received_total',
      'Messages received on the server, by method.',
      ({ received }) => received,
    );
    count(
      'grpc_server_msg_sent_total',
      'Messages sent by the server, by method.',
      ({ sent }) => sent,
    );
    const ended = {
      name: 'grpc_server_handled_total',
      help: 'Calls completed on the server, by status, cancelled and failed ones included.',
      labelNames: [...labelNames, 'grpc_code'],
    };
    counter(registry, ended, () =>
      [...this.#methods.values()].flatMap(({ labels, handled }) =>
        [...handled].map(([code, of]) => [{ ...labels, grpc_code: codeName(code) }, of] as const),
      ),
    );
    const inFlight = {
      name: 'tacet_calls_in_flight',
      help: 'Calls under way, by method.',
      labelNames,
    };
    gauge(
      registry,
      inFlight,
      samples(({ inFlight }) => inFlight),
    );
    this.#beginAtZero();
  }

  /** A series that exists from the start has a rate from its first call on. */
  #beginAtZero(): void {
    for (const method of [...Object.values(dedupeService), ...Object.values(registerService)]) {
      const { labels, handled } = this.#countsOf(method.path, callTypeOf(method));
      for (const code of Object.keys(CODE_NAMES)) handled.set(Number(code), 0);
      this.#handling.zero(labels);
    }
  }

  #countsOf(path: string, type: CallType): MethodCounts {
    const known = this.#methods.get(path);
    if (known !== undefined) return known;
    const [, service = '', method = ''] = path.split('/');
    const labels = { grpc_type: type, grpc_service: service, grpc_method: method };
    const counts = {
      ...{ labels, started: 0, received: 0, sent: 0, inFlight: 0 },
      handled: new Map<number, number>(),
      handling: this.#handling.labels(labels),
    };
    this.#methods.set(path, counts);
    return counts;
  }

  /**
   * A call of an existing method began. Unknown paths must not get here: each adds its own series.
   */
  started(path: string, type: CallType): MeasuredCall {
    const counts = this.#countsOf(path, type);
    const startMs = performance.now();
    counts.started++;
    counts.inFlight++;
    return {
      startMs,
      messageReceived: () => {
        counts.received++;
      },
      messageSent: () => {
        counts.sent++;
      },
      ended: ({ code }) => {
        counts.inFlight--;
        counts.handled.set(code, (counts.handled.get(code) ?? 0) + 1);
        counts.handling.observe((performance.now() - startMs) / 1000);
      },
    };
  }
}
