import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { frame, type Row } from './frame.ts';
import { CHOSEN, GREEN, NEUTRAL, orangeFrom, redFrom, series, stat, words } from './panels.ts';

const SERVICE = 'grpc_service="tacet.v1.DedupeService"';

/** Threads, queue, latency, memory: where the time and the space go. */
export function engine(): DashboardBuilder {
  return frame('engine', 'Where the time and the memory go: threads, queue, calls, process.', [
    state(),
    work(),
    calls(),
    resources(),
  ]);
}

function state(): Row {
  const panels = [
    stat({
      title: 'Workers missing',
      description: 'Worker threads that should run and do not.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `sum(tacet_workers_wanted{${CHOSEN}}) - sum(tacet_workers{${CHOSEN}})` }],
      steps: [GREEN, redFrom(1)],
      mapping: words({ 0: 'none' }),
      runbooks: ['TacetWorkersCrashing'],
    }),
    stat({
      title: 'Stalls of the main thread, 10 min',
      description: 'How often the main thread did nothing for over a second.',
      unit: 'none',
      span: 4,
      queries: [
        {
          expr:
            `round(sum(increase(tacet_event_loop_lag_seconds_count{${CHOSEN}}[10m])) - ` +
            `sum(increase(tacet_event_loop_lag_seconds_bucket{${CHOSEN}, le="1"}[10m])))`,
        },
      ],
      steps: [GREEN, orangeFrom(1), redFrom(3)],
      mapping: words({ 0: 'none' }),
      runbooks: ['TacetEventLoopStalled'],
    }),
    stat({
      title: 'Running since',
      description: 'Age of the server that started last.',
      unit: 'dtdurations',
      span: 4,
      queries: [{ expr: `time() - max(process_start_time_seconds{${CHOSEN}})` }],
      steps: [NEUTRAL],
    }),
    stat({
      title: 'Version',
      description: 'Version of Tacet, and how many servers run it.',
      unit: 'none',
      span: 4,
      queries: [
        { expr: `count by (version) (tacet_build_info{${CHOSEN}})`, legend: '{{version}}' },
      ],
      steps: [NEUTRAL],
    }),
    stat({
      title: 'Lists are read by',
      description:
        'Mapped files (mmap), or a copy in memory where mmap-io cannot be used (shared).',
      unit: 'none',
      span: 4,
      queries: [{ expr: `count by (kind) (tacet_mapping_info{${CHOSEN}})`, legend: '{{kind}}' }],
      steps: [NEUTRAL],
    }),
    stat({
      title: 'Reachable from',
      description: 'Without access control, whoever reaches the port can read the list out.',
      unit: 'none',
      span: 4,
      queries: [{ expr: `max(tacet_insecure{${CHOSEN}})` }],
      steps: [GREEN, orangeFrom(1)],
      mapping: words({ 0: 'this machine', 1: 'the network' }),
    }),
  ];
  return { title: 'State', panels };
}

function work(): Row {
  const panels = [
    series({
      title: 'Workers busy',
      description: 'Share of its time that each worker thread works on batches.',
      unit: 'percentunit',
      span: 8,
      max: 1,
      queries: [
        {
          expr: `rate(tacet_worker_busy_seconds_total{${CHOSEN}}[$__rate_interval])`,
          legend: '{{instance}} worker {{worker}}',
        },
      ],
    }),
    series({
      title: 'Batches',
      description:
        'In the pool, and of these waiting for one of the slots. Full slots slow clients down.',
      unit: 'short',
      span: 8,
      queries: [
        { expr: `sum(tacet_batches_in_flight{${CHOSEN}})`, legend: 'in flight' },
        { expr: `sum(tacet_batches_waiting{${CHOSEN}})`, legend: 'waiting' },
        { expr: `sum(tacet_batch_slots{${CHOSEN}})`, legend: 'slots' },
      ],
      runbooks: ['TacetQueueLong'],
    }),
    series({
      title: 'Lag of the main thread',
      description: 'How late timers fire: half of them, and 99 of 100, are less late than this.',
      unit: 's',
      span: 8,
      steps: [NEUTRAL, orangeFrom(0.1)],
      queries: [0.5, 0.99].map((quantile) => ({
        expr:
          `histogram_quantile(${quantile}, sum by (instance, le) (rate(` +
          `tacet_event_loop_lag_seconds_bucket{${CHOSEN}}[$__rate_interval])))`,
        legend: `{{instance}} p${quantile * 100}`,
      })),
      runbooks: ['TacetEventLoopStalled'],
    }),
  ];
  return { title: 'Threads and queue', panels };
}

function calls(): Row {
  const panels = [
    series({
      title: 'Time of streams',
      description: 'Dedupe, from the first message to the status: mostly the pace of the client.',
      unit: 's',
      span: 8,
      queries: [0.5, 0.99].map((quantile) => ({
        expr:
          `histogram_quantile(${quantile}, sum by (le) (rate(grpc_server_handling_seconds_bucket` +
          `{${CHOSEN}, grpc_method="Dedupe"}[$__rate_interval])))`,
        legend: `p${quantile * 100}`,
      })),
    }),
    series({
      title: 'Calls started',
      description: 'Calls a second by method, those of health checks and reflection included.',
      unit: 'reqps',
      span: 8,
      queries: [
        {
          expr:
            'sum by (grpc_method) ' +
            `(rate(grpc_server_started_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{grpc_method}}',
        },
      ],
    }),
    series({
      title: 'Limits reached',
      description: 'Calls, messages and connections a second that a limit ended, by limit.',
      unit: 'short',
      axis: 'ended/s',
      span: 8,
      queries: [
        {
          expr: `sum by (reason) (rate(tacet_limits_reached_total{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{reason}}',
        },
      ],
      runbooks: ['TacetRejecting'],
    }),
    series({
      title: 'Messages',
      description: 'Messages a second over all calls. Best are 8 to 32 thousand numbers in one.',
      unit: 'short',
      axis: 'messages/s',
      span: 8,
      queries: [
        {
          expr:
            `sum(rate(grpc_server_msg_received_total{${CHOSEN}, ${SERVICE}}` +
            '[$__rate_interval]))',
          legend: 'received',
        },
        {
          expr: `sum(rate(grpc_server_msg_sent_total{${CHOSEN}, ${SERVICE}}[$__rate_interval]))`,
          legend: 'sent',
        },
      ],
    }),
    series({
      title: 'Network',
      description: 'Bytes a second on the gRPC port, frames and headers included.',
      unit: 'Bps',
      span: 8,
      queries: [
        {
          expr: `sum(rate(tacet_received_bytes_total{${CHOSEN}}[$__rate_interval]))`,
          legend: 'received',
        },
        { expr: `sum(rate(tacet_sent_bytes_total{${CHOSEN}}[$__rate_interval]))`, legend: 'sent' },
      ],
    }),
    series({
      title: 'Connections',
      description: 'Open connections of the gRPC port.',
      unit: 'short',
      span: 8,
      queries: [{ expr: `tacet_connections{${CHOSEN}}`, legend: '{{instance}}' }],
    }),
  ];
  return { title: 'Calls', panels };
}

function resources(): Row {
  const panels = [
    series({
      title: 'CPU',
      description: 'Cores in use by all threads of a server.',
      unit: 'short',
      axis: 'cores',
      span: 8,
      queries: [
        {
          expr: `rate(process_cpu_seconds_total{${CHOSEN}}[$__rate_interval])`,
          legend: '{{instance}}',
        },
      ],
    }),
    series({
      title: 'Memory',
      description: 'Proportional share (Pss). file: mapped lists, which the kernel can take back.',
      unit: 'bytes',
      span: 8,
      stacked: true,
      queries: [
        {
          expr: `sum by (instance, kind) (tacet_memory_pss_bytes{${CHOSEN}})`,
          legend: '{{instance}} {{kind}}',
        },
      ],
      runbooks: ['TacetMemoryRising'],
    }),
    series({
      title: 'Heap of the main thread',
      description: 'JavaScript heap in use, and memory outside it that belongs to it.',
      unit: 'bytes',
      span: 8,
      queries: [
        { expr: `nodejs_heap_size_used_bytes{${CHOSEN}}`, legend: '{{instance}} heap' },
        { expr: `nodejs_external_memory_bytes{${CHOSEN}}`, legend: '{{instance}} external' },
      ],
    }),
    series({
      title: 'Garbage collection',
      description: 'Share of its time that the main thread spends on it, by kind.',
      unit: 'percentunit',
      span: 8,
      queries: [
        {
          expr: `sum by (kind) (rate(nodejs_gc_duration_seconds_sum{${CHOSEN}}[$__rate_interval]))`,
          legend: '{{kind}}',
        },
      ],
    }),
    series({
      title: 'Open files',
      description: 'Share of the file descriptors that the process may open.',
      unit: 'percentunit',
      span: 8,
      steps: [NEUTRAL, orangeFrom(0.8)],
      queries: [
        {
          expr: `process_open_fds{${CHOSEN}} / process_max_fds{${CHOSEN}}`,
          legend: '{{instance}}',
        },
      ],
    }),
    series({
      title: 'Workers replaced',
      description: 'Worker threads that died and were replaced, within each ten minutes.',
      unit: 'short',
      span: 8,
      steps: [NEUTRAL, redFrom(3)],
      queries: [
        {
          expr: `increase(tacet_worker_restarts_total{${CHOSEN}}[10m])`,
          legend: '{{instance}}',
        },
      ],
      runbooks: ['TacetWorkersCrashing'],
    }),
  ];
  return { title: 'Process', panels };
}
