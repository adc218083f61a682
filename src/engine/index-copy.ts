import { setImmediate as nextTurn } from 'node:timers/promises';
import { preferHugePages } from '../list/mapping.ts';
import { type KernelMemory, memoryPages } from './kernel-memory.ts';

/** Copied in one turn of the event loop: less than half a millisecond. */
const COPIED_BYTES = 1024 * 1024;
/** As far as a memory may ever grow: WebAssembly's addresses have 32 bits. */
const PAGES_MAX = 65_536;

/**
 * One thread's own copy of a kernel's index, in memory that is not shared. There a copy is a plain
 * one: V8 moves bytes of shared memory atomically, word by word. The memory is reused for the next
 * list, so that a swap neither allocates nor frees any.
 */
export class IndexCopy {
  #memory: WebAssembly.Memory | undefined;

  /**
   * Copies an index, with `reservedBytes` after it; yields to the event loop after each MiB. The
   * copy before it is overwritten: nothing may use it any more. Undefined if there is no memory.
   */
  async fill(index: KernelMemory, reservedBytes: number): Promise<KernelMemory | undefined> {
    const memory = this.#roomFor(index.reserved + reservedBytes);
    if (memory === undefined) return undefined;
    preferHugePages(memory.buffer, index.reserved);
    const from = new Uint8Array(index.memory.buffer, 0, index.reserved);
    const to = new Uint8Array(memory.buffer);
    for (let done = 0; done < from.length; done += COPIED_BYTES) {
      to.set(from.subarray(done, done + COPIED_BYTES), done);
      await nextTurn();
    }
    return { ...index, memory };
  }

  #roomFor(bytes: number): WebAssembly.Memory | undefined {
    const pages = memoryPages(bytes);
    try {
      this.#memory ??= new WebAssembly.Memory({ initial: pages, maximum: PAGES_MAX });
      const more = pages - memoryPages(this.#memory.buffer.byteLength);
      if (more > 0) this.#memory.grow(more);
      return this.#memory;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }
}
