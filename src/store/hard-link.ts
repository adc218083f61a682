import { link } from 'node:fs/promises';
import { dirname } from 'node:path';
import { volumeText } from '../disk/volume.ts';
import { hasCode, TacetError } from '../errors.ts';

/**
 * Gives a file of ours another name; false if something has that name. Errors: ERR_IO where the
 * file system has no hard links, which the lock of `place` needs; those of the operating system.
 */
export async function linked(from: string, to: string, place: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (hasCode(error, ...NO_LINKS)) throw await noLinks(to, place, error);
    throw error;
  }
}

/** What file systems without hard links answer; nobody else owns the file that is linked. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL'];

async function noLinks(path: string, place: string, cause: unknown): Promise<TacetError> {
  const folder = dirname(path);
  return new TacetError('ERR_IO', {
    what: `the file system has no hard links, which the lock of ${place} needs`,
    where: folder,
    got: await volumeText(folder),
    fix:
      `Put ${place} on a volume that has them, such as ext4, xfs, btrfs or NFS; FAT, exFAT and ` +
      'some network shares have none',
    cause,
  });
}
