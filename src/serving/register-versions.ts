import { REGISTERS } from '../registers/standing.ts';
import type { RegisterView } from '../registers/view.ts';
import type { ListVersionMessage } from '../wire/gen/messages.ts';

/** What an answer says of the registers it was given by; none where there are no registers. */
export function registerVersions(view: RegisterView | undefined): ListVersionMessage[] {
  if (view === undefined) return [];
  return REGISTERS.map((name) => ({
    ...{ name, sha256: '', snapshotDate: '', entries: 0, validUntilUnix: 0, sourceSha256: '' },
    ...{ override: null, revision: view.revision },
  }));
}
