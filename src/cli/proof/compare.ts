import { TacetError } from '../../errors.ts';
import { verifyListFile } from '../../list/verify.ts';
import type { Leaf } from '../../proof/format/leaf.ts';
import { fileTag } from '../../proof/rows/rows.ts';
import { digestOf } from '../../store/files.ts';

/** A file of a job. */
type Role = 'input' | 'callable' | 'blocked' | 'undecided';

/** Verifies that a list file, every byte of it, is one that was asked. Errors: ERR_PROOF. */
export async function compareList(leaf: Leaf, path: string): Promise<void> {
  const { sha256, sourceSha256 } = await verifyListFile(path);
  const lists = 'lists' in leaf ? leaf.lists : [];
  const asked = lists.find((list) => list.sha256 === sha256);
  if (asked === undefined) {
    throw new TacetError('ERR_PROOF', {
      what: 'not a list that was asked',
      where: path,
      got: sha256,
    });
  }
  if (asked.source_sha256 !== null && asked.source_sha256 !== sourceSha256) {
    throw new TacetError('ERR_PROOF', { what: 'the list of another source', where: path });
  }
}

/** Which file of the job a file is, by its tag. Errors: ERR_PROOF if it is none; ERR_IO. */
export async function roleOf(leaf: Leaf, path: string, secret: Uint8Array): Promise<Role> {
  const tag = fileTag(secret, Buffer.from(await digestOf(path), 'hex'));
  if ('outputs' in leaf) {
    const files = { input: leaf.input, ...leaf.outputs };
    for (const role of ['input', 'callable', 'blocked', 'undecided'] as const) {
      if (files[role]?.tag === tag) return role;
    }
  }
  const fix = 'Has it changed, or is the secret that of another job?';
  throw new TacetError('ERR_PROOF', { what: 'none of the files of this job', where: path, fix });
}
