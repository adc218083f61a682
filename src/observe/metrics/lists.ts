import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import { brusselsMidnightMs } from '../../calendar/brussels.ts';
import type { ListFacts } from '../../serving/life.ts';
import type { ReloadOutcome } from '../../serving/lists.ts';
import type { ListState } from '../../serving/serving.ts';
import type { ListVersionMessage } from '../../wire/service.ts';
import { Measured } from './measured.ts';

const DISK_AGE_MAX_MS = 10_000;

/** The lists being served, and what became of their reloads. */
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
    this.#registerVersions();
    this.#registerMapping();
    this.#registerDisk();
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

  #registerVersions(): void {
    const perList = (
      name: string,
      help: string,
      value: (version: ListVersionMessage) => number,
      labelNames: readonly ('list' | 'sha256')[] = ['list'],
    ): void => {
      const lists = this.#lists;
      new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: this.#registers,
        collect() {
          this.reset();
          for (const version of lists.current?.versions ?? []) {
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
      (version) => brusselsMidnightMs(snapshotDay(version)) / 1000,
    );
    // Not 86,400 s later, twice a year.
    perList(
      'tacet_list_snapshot_end_timestamp_seconds',
      'When the snapshot day of the list ended in Brussels, seconds since 1970-01-01 UTC.',
      (version) => brusselsMidnightMs(snapshotDay(version) + 1) / 1000,
    );
    perList(
      'tacet_list_valid_until_timestamp_seconds',
      'From when nothing is answered from the list any more, seconds since 1970-01-01 UTC.',
      (version) => version.valid_until_unix,
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

  /** Where the next version of each list is written to. */
  #registerDisk(): void {
    const disks = new Measured(
      () => measureDisks(this.#lists.current?.lists ?? []),
      DISK_AGE_MAX_MS,
    );
    const gauge = (name: string, help: string, value: (disk: Disk) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ['list'],
        registers: this.#registers,
        async collect() {
          const measured = await disks.value();
          this.reset();
          for (const disk of measured ?? []) this.set({ list: disk.list }, value(disk));
        },
      });
    };
    gauge(
      'tacet_list_disk_free_bytes',
      'Bytes free to Tacet on the file system of the list file. At most 10 s old.',
      ({ freeBytes }) => freeBytes,
    );
    gauge(
      'tacet_list_disk_bytes',
      'Size of the file system of the list file in bytes.',
      ({ bytes }) => bytes,
    );
  }
}

function snapshotDay({ snapshot_date }: ListVersionMessage): number {
  return Date.parse(snapshot_date) / 86_400_000;
}

interface Disk {
  readonly list: string;
  readonly freeBytes: number;
  readonly bytes: number;
}

function measureDisks(lists: readonly ListState[]): Promise<Disk[]> {
  return Promise.all(
    lists.map(async ({ name, file }) => {
      const { bavail, blocks, bsize } = await statfs(dirname(file));
      return { list: name, freeBytes: bavail * bsize, bytes: blocks * bsize };
    }),
  );
}
