import { AtomicFile } from '../../disk/atomic-file.ts';
import { isWrittenInPlace, openInPlace } from '../../disk/output-file.ts';

/**
 * A file that is complete only at the end of a run, as those for `--summary` and `--receipt`. It is
 * created before the run, so that an unwritable path fails before anything is read. It is written
 * before the outputs get their names, so that no output is published without its evidence if the
 * disk is full. An existing path that is not a regular file
 * (a device, a FIFO) is written to directly, at the end.
 */
export class LateFile {
  readonly #path: string;
  readonly #file: AtomicFile | undefined;
  #text = '';

  private constructor(path: string, file: AtomicFile | undefined) {
    this.#path = path;
    this.#file = file;
  }

  /** Creates the temporary file. Errors: ERR_IO. */
  static async create(path: string): Promise<LateFile> {
    const inPlace = await isWrittenInPlace(path);
    return new LateFile(path, inPlace ? undefined : await AtomicFile.create(path));
  }

  /** Writes the whole text to disk, not yet under its final name. Errors: ERR_IO. */
  async write(text: string): Promise<void> {
    this.#text = text;
    await this.#file?.write(Buffer.from(text));
    await this.#file?.sync();
  }

  /** Gives the file its final name. Errors: ERR_IO. */
  async publish(): Promise<void> {
    if (this.#file !== undefined) return this.#file.publish();
    const file = await openInPlace(this.#path);
    try {
      await file.write(Buffer.from(this.#text));
    } finally {
      await file.discard();
    }
  }

  /** Removes the temporary file; does nothing after {@link publish}. Never fails. */
  async discard(): Promise<void> {
    await this.#file?.discard();
  }
}
