import { Followed } from '../disk/followed.ts';
import { readSmallFile } from '../disk/small-file.ts';
import type { TacetError } from '../errors.ts';
import type { Access } from './access.ts';
import { accessIn } from './file/read-access.ts';

/** The access file of a server, followed as it changes. */
export type FollowedAccess = Followed<Access>;

interface FollowAccessOptions {
  readonly pollMs: number;
  readonly bytesMax: number;
  /** Throws for a file that is sound, and not for this server. */
  refuse?(access: Access): void;
  onChange(before: Access, after: Access): void;
  onRefused(error: TacetError): void;
}

/**
 * Reads an access file that is to be followed. Nobody who may call is shut out by a slip in it, and
 * nobody is let in by half a file. Errors: those of `readAccess`, and of `refuse`.
 */
export function followAccess(path: string, options: FollowAccessOptions): Promise<FollowedAccess> {
  const { pollMs, bytesMax, refuse, onChange, onRefused } = options;
  return Followed.open<Access>({
    pollMs,
    read: async () => [await readSmallFile(path, bytesMax)],
    judge: ([bytes = Buffer.alloc(0)]) => {
      const access = accessIn(bytes, path);
      refuse?.(access);
      return access;
    },
    onChange,
    onRefused,
  });
}
