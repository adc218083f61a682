import { copyFile } from 'node:fs/promises';
import { brusselsTime } from '../calendar/brussels.ts';
import { ioError, TacetError } from '../errors.ts';
import { verifyListFile } from '../list/verify.ts';
import type { ListStore } from '../store/store.ts';
import type { StoredVersion } from '../store/version.ts';
import { withWriter } from '../store/writer.ts';
import { refusalsText } from './guard/guard.ts';
import { quarantinedList, type RefusalRecord, readRefusal } from './quarantine.ts';

/** Who decides, and why. */
interface Decider {
  readonly by: string;
  readonly reason: string;
}

/**
 * Adds a refused source as a version and lets it serve. Its list file is verified again.
 * Errors: ERR_GUARD if it broke a rule that no person may waive, ERR_LIST_STALE, ERR_STORE if there
 * is no such source, ERR_STORE_LOCKED, ERR_FORMAT_*, ERR_IO.
 *
 * @param options `nowMs`: default the clock
 */
export async function acceptQuarantined(
  store: ListStore,
  name: string,
  { by, reason }: Decider,
  options: { readonly nowMs?: () => number } = {},
): Promise<StoredVersion> {
  const { nowMs = Date.now } = options;
  return await withWriter(
    store,
    'accept',
    async (writer) => {
      const refused = await readRefusal(store, name);
      const version = waivable(refused);
      if (nowMs() >= version.validUntilUnix * 1000) {
        throw new TacetError('ERR_LIST_STALE', {
          what: `it was valid until ${brusselsTime(version.validUntilUnix * 1000)}`,
          where: name,
          fix: 'Fetch a newer one',
        });
      }
      // Copy, don't move: the refused file stays in quarantine with the reasons.
      const temporary = writer.tmpPath('accepted.tacet');
      await copyFile(quarantinedList(store, name), temporary).catch((cause: unknown) => {
        throw ioError(quarantinedList(store, name), 'copy the list file', cause);
      });
      const header = await verifyListFile(temporary);
      if (header.sha256 !== version.sha256) {
        throw new TacetError('ERR_STORE', {
          what: 'the list file in quarantine is not the one that was refused',
          where: name,
          fix: 'Sync again',
        });
      }
      const atUnix = Math.floor(nowMs() / 1000);
      const refusals = refused.refusals.map(({ rule }) => rule);
      const accepted = { by, reason, atUnix, refusals };
      const serving = await store.currentName().catch(() => undefined);
      await writer.addVersion(temporary, { ...version, previous: serving ?? null, accepted });
      await writer.log({
        event: 'accepted',
        quarantined: name,
        version: version.name,
        by,
        reason,
        refusals,
      });
      await writer.switchTo(version.name, { by, reason, accepted: true });
      return await store.version(version.name);
    },
    { nowMs },
  );
}

/** The version a refused source would become. Errors: ERR_GUARD if that is not allowed. */
function waivable({ name, refusals, version }: RefusalRecord) {
  const broken = refusals.filter(({ acceptable }) => !acceptable);
  if (version !== null && broken.length === 0) return version;
  throw new TacetError('ERR_GUARD', {
    what: `it cannot be let through: ${refusalsText(broken)}`,
    where: name,
    fix: 'Have a good file delivered; the version that serves goes on meanwhile',
  });
}
