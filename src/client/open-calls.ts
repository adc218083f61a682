/**
 * The calls of one client that are under way, so that closing the client can end them. Not an
 * AbortSignal: Node 20 warns of a leak once it has more than ten listeners.
 */
export class OpenCalls {
  /** The proxy that they go through, for errors. */
  readonly proxy: string | undefined;
  readonly #endings = new Set<() => void>();
  #closed = false;

  constructor(proxy?: string) {
    this.proxy = proxy;
  }

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

  /** Waits for `delayMs`, or until the client is closed. */
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

  /** Ends all calls; no others may be added after that. */
  close(): void {
    this.#closed = true;
    for (const end of [...this.#endings]) end();
    this.#endings.clear();
  }
}
