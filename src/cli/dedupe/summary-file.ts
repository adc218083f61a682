import { AtomicFile } from '../../disk/atomic-file.ts';
import { isWrittenInPlace, openInPlace } from '../../disk/output-file.ts';

/**
 * The file of `--summary`. It is created before the run, so that a place that cannot be written is
 * known before anything is read, and written before the outputs get their names, so that no output
 * is published whose evidence did not fit on the disk. What is there and no regular file (a
 * device, a FIFO) is written to as it is, at the end.
 */
export class SummaryFile {
  readonly #path: string;
  readonly #file: AtomicFile | undefined;
  #text = '';

  private constructor(path: string, file: AtomicFile | undefined) {
    this.#path = path;
    this.#file = file;
  }

  /** Creates the temporary file. Errors: ERR_IO. */
  static async create(path: string): Promise<SummaryFile> {
    const inPlace = await isWrittenInPlace(path);
    return new SummaryFile(path, inPlace ? undefined : await AtomicFile.create(path));
  }

  /** Puts the whole text on the disk, not yet under its name. Errors: ERR_IO. */
  async write(text: string): Promise<void> {
    this.#text = text;
    await this.#file?.write(Buffer.from(text));
    await this.#file?.sync();
  }

  /** Gives the file its name. Errors: ERR_IO. */
  async publish(): Promise<void> {
    if (this.#file !== undefined) return this.#file.publish();
    const file = await openInPlace(this.#path);
    try {
      await file.write(Buffer.from(this.#text));
    } finally {
      await file.discard();
    }
  }

  /** Removes the temporary file; nothing after {@link publish}. Never fails. */
  async discard(): Promise<void> {
    await this.#file?.discard();
  }
}
