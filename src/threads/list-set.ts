import type { KernelChoice } from '../engine/judge.ts';
import { ListSet } from '../engine/list-set.ts';
import { TacetError } from '../errors.ts';
import { closeListFile, openListFile } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import { LISTS_MAX } from '../options/limits.ts';
import { verifyInWorker } from './verify/verifier.ts';

/** How to open list files. */
export interface ListSetOptions {
  /** Default auto. */
  readonly kernel?: KernelChoice;
  /**
   * `full` reads every byte before the first answer, on another thread; `header` checks only the
   * header. Default full.
   */
  readonly verify?: 'full' | 'header';
  /** `shared` reads the file into memory even if it could be mapped. Default auto. */
  readonly mapping?: 'auto' | 'shared';
}

/**
 * Opens and checks list files, in the order given, as one set.
 * Errors: ERR_OPTION for too many, ERR_IO, ERR_FORMAT_*; files already opened are closed again.
 */
export async function openListSet(
  paths: readonly string[],
  options: ListSetOptions = {},
): Promise<ListSet> {
  const { kernel = 'auto', verify = 'full', mapping = 'auto' } = options;
  if (paths.length > LISTS_MAX) {
    throw new TacetError('ERR_OPTION', {
      what: 'too many lists',
      expected: `at most ${LISTS_MAX}`,
      got: String(paths.length),
    });
  }
  const handles: ListHandle[] = [];
  try {
    for (const path of paths) {
      const handle = await openListFile(path, { mapping });
      handles.push(handle);
      if (verify === 'full') await verifyInWorker(handle);
    }
    return new ListSet({ handles, kernel });
  } catch (error) {
    for (const handle of handles) closeListFile(handle);
    throw error;
  }
}
