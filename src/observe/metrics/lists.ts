import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Counter, Gauge, type Registry } from 'prom-client';
import { brusselsMidnightMs, validUntilMs } from '../../calendar/brussels.ts';
import type { ListFacts } from '../../serving/life.ts';
import type { ReloadOutcome } from '../../serving/lists.ts';
import type { ListState } from '../../serving/serving.ts';
import { Measured } from './measured.ts';
import { gauge } from './scraped.ts';

const DISK_AGE_MAX_MS = 10_000;

/** The lists being served, and the outcomes of their reloads. */
export class ListMetrics {
  readonly #lists: ListFacts;
  readonly #reloads: Counter<'outcome'>;
  readonly #reloadSuccessful: Gauge;
  readonly #reloadSuccessTime: Gauge;

  constructor(registry: Registry, lists: ListFacts) {
    this.#lists = lists;
    const registers = [registry];
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

  get #served(): readonly ListState[] {
    return this.#lists.current?.lists ?? [];
  }

  #registerVersions(registry: Registry): void {
    const perList = (name: string, help: string, value: (list: ListState) => number): void => {
      gauge(registry, { name, help, labelNames: ['list'] }, () =>
        this.#served.map((state) => [{ list: state.name }, value(state)]),
      );
    };
    perList('tacet_list_entries', 'Unique numbers on the list.', ({ entries }) => entries);
    const info = {
      name: 'tacet_list_info',
      help: 'The list version served.',
      labelNames: ['list', 'sha256'],
    };
    gauge(registry, info, () =>
      this.#served.map(({ name, sha256 }) => [{ list: name, sha256 }, 1]),
    );
    perList(
      'tacet_list_snapshot_timestamp_seconds',
      'When the snapshot day of the list began in Brussels, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => brusselsMidnightMs(snapshotDay) / 1000,
    );
    // Twice a year this is not 86,400 s later.
    perList(
      'tacet_list_snapshot_end_timestamp_seconds',
      'When the snapshot day of the list ended in Brussels, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => brusselsMidnightMs(snapshotDay + 1) / 1000,
    );
    perList(
      'tacet_list_valid_until_timestamp_seconds',
      'From when nothing is answered from the list any more, seconds since 1970-01-01 UTC.',
      ({ snapshotDay }) => validUntilMs(snapshotDay) / 1000,
    );
    const mapping = {
      name: 'tacet_mapping_info',
      help: 'How list files are read: mmap, or shared memory.',
      labelNames: ['kind'],
    };
    gauge(registry, mapping, () =>
      (this.#lists.current?.set.handles ?? []).map(({ kind }) => [{ kind }, 1]),
    );
  }

  /** Measures the file system that the next version of each list is written to. */
  #registerDisk(registry: Registry): void {
    const disks = new Measured(() => Promise.all(this.#served.map(measureDisk)), DISK_AGE_MAX_MS);
    const perDisk = (name: string, help: string, value: (disk: Disk) => number): void => {
      gauge(registry, { name, help, labelNames: ['list'] }, async () =>
        ((await disks.value()) ?? []).map((disk) => [{ list: disk.list }, value(disk)]),
      );
    };
    perDisk(
      'tacet_list_disk_free_bytes',
      'Bytes free to Tacet on the file system of the list file. At most 10 s old.',
      ({ freeBytes }) => freeBytes,
    );
    perDisk(
      'tacet_list_disk_bytes',
      'Size of the file system of the list file in bytes.',
      ({ bytes }) => bytes,
    );
  }
}

type Disk = Awaited<ReturnType<typeof measureDisk>>;

async function measureDisk({ name, file }: ListState) {
  const { bavail, blocks, bsize } = await statfs(dirname(file));
  return { list: name, freeBytes: bavail * bsize, bytes: blocks * bsize };
}
