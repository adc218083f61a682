import { FollowedAccess } from '../access/followed-access.ts';
import type { ServeOptions } from '../options/serve-table.ts';
import type { ListLog } from '../serving/notices.ts';

/**
 * Follows the access file of a server, if it has one; every change of it is a line of the log. A
 * version that is refused counts as a reload that failed. Errors: those of `readAccess`.
 */
export async function followAccess(
  { access, accessPollMs, accessBytesMax }: ServeOptions,
  log: ListLog,
  onChange: () => void,
): Promise<FollowedAccess | undefined> {
  if (access === undefined) return undefined;
  const followed = await FollowedAccess.open(access, {
    pollMs: accessPollMs,
    bytesMax: accessBytesMax,
    onChange: (_before, _after, changes) => {
      log.info({ audit: 'access-changed', ...changes }, 'the access file has changed');
      onChange();
    },
    onRefused: (error) => {
      const fields = { audit: 'access-refused', err: error };
      log.error(fields, 'the access file is refused, the old one goes on');
    },
  });
  const { clients, parties, digest } = followed.current;
  const counts = { clients: clients.size, parties: parties.size, sha256: digest };
  log.info({ audit: 'access-opened', ...counts }, 'calls need credentials of the access file');
  return followed;
}
