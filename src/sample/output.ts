import { type OutputFile, openOutputFile } from '../disk/output-file.ts';
import { ioError } from '../errors.ts';

/** Opens `path` for writing, or standard output if undefined. Errors: ERR_IO. */
export async function openOutput(path: string | undefined): Promise<OutputFile> {
  return path === undefined ? standardOutput() : openOutputFile(path);
}

function standardOutput(): OutputFile {
  // A closed reader is reported twice: to the write below, and as an event that would end the
  // process without a listener.
  const ignore = (): void => {};
  process.stdout.on('error', ignore);
  const stop = async (): Promise<void> => {
    process.stdout.off('error', ignore);
  };
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        process.stdout.write(bytes, (cause) => {
          if (cause) reject(ioError('standard output', 'write', cause));
          else resolve();
        });
      }),
    sync: async () => undefined,
    publish: stop,
    discard: stop,
  };
}
