import { validUntilMs } from '../calendar/brussels.ts';
import { formatIsoDay } from '../calendar/day.ts';
import type { KernelChoice } from '../engine/judge.ts';
import type { ListHeader } from '../list/format.ts';
import { closeListFile, openListFile } from '../list/list.ts';
import type { ListHandle } from '../list/mapping.ts';
import type { ListVersionMessage } from '../wire/service.ts';
import type { ListSetHandle } from './messages.ts';
import { verifyInWorker } from './verifier.ts';

/** How list files are opened. */
export interface ListSetOptions {
  /** Default auto. */
  readonly kernel?: KernelChoice;
  /** Full reads every byte before the first answer, off this thread. Default full. */
  readonly verify?: 'full' | 'header';
  /** Shared reads the file into memory even where it could be mapped. Default auto. */
  readonly mapping?: 'auto' | 'shared';
}

/** The list files that answer together, open from here until {@link ListSet.close}. */
export interface ListSet extends ListSetHandle {
  readonly headers: readonly ListHeader[];
  /** What answers say of the lists they came from. */
  readonly versions: ListVersionMessage[];
  /** Closes the files. No thread may attach after it; mappings already made stay valid. */
  close(): void;
}

let lastSetId = 0;

/**
 * Opens and checks list files, in the order given, as one set.
 * Errors: ERR_IO, ERR_FORMAT_*; whatever was opened is closed again.
 */
export async function openListSet(
  paths: readonly string[],
  options: ListSetOptions = {},
): Promise<ListSet> {
  const { kernel = 'auto', verify = 'full', mapping = 'auto' } = options;
  const handles: ListHandle[] = [];
  const close = (): void => {
    for (const handle of handles.splice(0)) closeListFile(handle);
  };
  try {
    const headers: ListHeader[] = [];
    for (const path of paths) {
      const handle = await openListFile(path, { mapping });
      handles.push(handle);
      if (verify === 'full') await verifyInWorker(handle);
      headers.push(handle.header);
    }
    return {
      id: ++lastSetId,
      handles: [...handles],
      kernel,
      headers,
      versions: headers.map(versionOf),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function versionOf(header: ListHeader): ListVersionMessage {
  return {
    name: header.name,
    sha256: header.sha256,
    snapshot_date: formatIsoDay(header.snapshotDay),
    entries: header.entries,
    valid_until_unix: validUntilMs(header.snapshotDay) / 1000,
    source_sha256: header.sourceSha256,
  };
}
