import type { Writable } from 'node:stream';
import { hasCode, ioError, TacetError } from '../errors.ts';
import { type OutputFile, openOutputFile } from './output-file.ts';

/** Opens `path` for writing; `-` or undefined is standard output. Errors: ERR_IO. */
export async function openOutput(path: string | undefined): Promise<OutputFile> {
  return path === undefined || path === '-' ? standardOutput(process.stdout) : openOutputFile(path);
}

/** Standard output cannot be held back: only the exit code says that a run failed. */
export function standardOutput(stream: Writable): OutputFile {
  // The callback of write() reports errors; without a listener they would also crash the process.
  stream.on('error', () => {});
  const nothing = async (): Promise<void> => {};
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        const onClose = () => settle(Object.assign(new Error('closed'), { code: 'EPIPE' }));
        const settle = (cause: Error | null | undefined) => {
          stream.off('close', onClose);
          if (cause) reject(writeError(cause));
          else resolve();
        };
        stream.once('close', onClose);
        stream.write(bytes, settle);
      }),
    sync: nothing,
    publish: nothing,
    discard: nothing,
  };
}

function writeError(cause: Error): TacetError {
  if (!hasCode(cause, 'EPIPE')) return ioError('standard output', 'write', cause);
  return new TacetError('ERR_IO', {
    what: 'closed by its reader before the end',
    where: 'standard output',
    fix: 'What it received is incomplete; nothing was published',
    cause,
  });
}
