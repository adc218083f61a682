/**
 * The calls of one client that are under way, to be ended when it is closed. Not an AbortSignal:
 * Node 20 warns of a leak once it has more than ten listeners.
 */
export class OpenCalls {
  readonly #endings = new Set<() => void>();
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  /** `end` is called once, if the client is closed before {@link delete}. */
  add(end: () => void): void {
    this.#endings.add(end);
  }

  delete(end: () => void): void {
    this.#endings.delete(end);
  }

  /** Waits, until then or until the client is closed. */
  pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.delete(end);
        resolve();
      };
      const timer = setTimeout(end, delayMs);
      this.add(end);
    });
  }

  /** Ends them all; from then on there are to be no others. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#endings]) end();
    this.#endings.clear();
  }
}
