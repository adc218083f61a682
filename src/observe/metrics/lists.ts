import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import { brusselsMidnightMs, validUntilMs } from '../../calendar/brussels.ts';
import type { ListFacts } from '../../serving/life.ts';
import type { ReloadOutcome } from '../../serving/lists.ts';
import type { ListState } from '../../serving/serving.ts';
import { Measured } from './measured.ts';
import { perList } from './per-list.ts';

const DISK_AGE_MAX_MS = 10_000;

/** The lists being served, and the outcomes of their reloads. */
export class ListMetrics {
  readonly #lists: ListFacts;
  readonly #registers: Registry[];
  readonly #reloads: Counter<'outcome'>;
  readonly #reloadSuccessful: Gauge;
  readonly #reloadSuccessTime: Gauge;

  constructor(registry: Registry, lists: ListFacts) {
    this.#lists = lists;
    const registers = [registry];
    this.#registers = registers;
    this.#reloads = new Counter({
      name: 'tacet_list_reloads_total',
      help: 'Reloads of the list by outcome: swapped, unchanged or refused.',
      labelNames: ['outcome'],
      registers,
    });
    for (const outcome of ['swapped', 'unchanged', 'refused']) this.#reloads.inc({ outcome }, 0);
    this.#reloadSuccessful = new Gauge({
      name: 'tacet_list_last_reload_successful',
      help: '0 while the last reload of the list is one that was refused.',
      registers,
    });
    this.#reloadSuccessful.set(1);
    this.#reloadSuccessTime = new Gauge({
      name: 'tacet_list_last_reload_success_timestamp_seconds',
      help: 'When the list files were last opened and found good, seconds since 1970-01-01 UTC.',
      registers,
    });
    this.#registerVersions(registry);
    this.#registerMapping();
    this.#registerDisk(registry);
  }

  /** The lists were opened for the first time. */
  loaded(): void {
    this.#reloadSuccessTime.setToCurrentTime();
  }

  reloaded(outcome: ReloadOutcome): void {
    this.#reloads.inc({ outcome });
    this.#reloadSuccessful.set(outcome === 'refused' ? 0 : 1);
    if (outcome !== 'refused') this.#reloadSuccessTime.setToCurrentTime();
  }

  #registerVersions(registry: Registry): void {
    const served = (): readonly ListState[] => this.#lists.current?.lists ?? [];
    const gauge = (name: string, help: string, value: (list: ListState) => number): void => {
      perList(registry, { name, help }, () => served().map((list) => [list.name, value(list)]));
    };
    gauge('tacet_list_entries', 'Unique numbers on the list.', ({ entries }) => entries);
    new Gauge({
      name: 'tacet_list_info',
      help: 'The list version served.',
      labelNames: ['list', 'sha256'],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const { name, sha256 } of served()) this.set({ list: name, sha256 }, 1);
      },
    });
    gauge(
      'tacet_list_snapshot_timestamp_seconds',
      'When the snapshot day of the list began in Brussels, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => brusselsMidnightMs(snapshotDay) / 1000,
    );
    // Twice a year this is not 86,400 s later.
    gauge(
      'tacet_list_snapshot_end_timestamp_seconds',
      'When the snapshot day of the list ended in Brussels, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => brusselsMidnightMs(snapshotDay + 1) / 1000,
    );
    gauge(
      'tacet_list_valid_until_timestamp_seconds',
      'From when nothing is answered from the list any more, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => validUntilMs(snapshotDay) / 1000,
    );
  }

  #registerMapping(): void {
    const lists = this.#lists;
    new Gauge({
      name: 'tacet_mapping_info',
      help: 'How list files are read: mmap, or shared memory.',
      labelNames: ['kind'],
      registers: this.#registers,
      collect() {
        this.reset();
        for (const { kind } of lists.current?.set.handles ?? []) this.set({ kind }, 1);
      },
    });
  }

  /** Measures the file system that the next version of each list is written to. */
  #registerDisk(registry: Registry): void {
    const measure = () => measureDisks(this.#lists.current?.lists ?? []);
    const disks = new Measured(measure, DISK_AGE_MAX_MS);
    const free = {
      name: 'tacet_list_disk_free_bytes',
      help: 'Bytes free to Tacet on the file system of the list file. At most 10 s old.',
    };
    perList(registry, free, async () =>
      ((await disks.value()) ?? []).map(({ list, freeBytes }) => [list, freeBytes]),
    );
    const size = {
      name: 'tacet_list_disk_bytes',
      help: 'Size of the file system of the list file in bytes.',
    };
    perList(registry, size, async () =>
      ((await disks.value()) ?? []).map(({ list, bytes }) => [list, bytes]),
    );
  }
}

function measureDisks(lists: readonly ListState[]) {
  return Promise.all(
    lists.map(async ({ name, file }) => {
      const { bavail, blocks, bsize } = await statfs(dirname(file));
      return { list: name, freeBytes: bavail * bsize, bytes: blocks * bsize };
    }),
  );
}
