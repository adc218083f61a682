/** Seconds of work by place, however often the thread at that place was replaced. */
export class WorkerBusy {
  readonly workers: number;
  readonly seconds: number[];
  /** The thread last seen at each place. */
  readonly #threadIds: number[];

  constructor(workers: number) {
    this.workers = workers;
    this.seconds = new Array<number>(workers).fill(0);
    this.#threadIds = new Array<number>(workers).fill(-1);
  }

  add({ threadId, busyMs }: { threadId: number; busyMs: number }): void {
    let place = this.#threadIds.indexOf(threadId);
    if (place < 0) {
      // A thread not seen before takes an empty place, else that of the oldest, which has died:
      // ids grow, and no more than `workers` threads live at once.
      const empty = this.#threadIds.indexOf(-1);
      place = empty >= 0 ? empty : this.#threadIds.indexOf(Math.min(...this.#threadIds));
      this.#threadIds[place] = threadId;
    }
    this.seconds[place] = (this.seconds[place] ?? 0) + busyMs / 1000;
  }
}
