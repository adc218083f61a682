/** The module of the thread that `verifyInWorker` starts. */
import type { ListHeader } from '../../list/format.ts';
import type { ListHandle } from '../../list/mapping.ts';
import { verifyListFile } from '../../list/verify.ts';

export function startThread(): (target: string | ListHandle) => Promise<ListHeader> {
  return verifyListFile;
}
