import type { ListContent } from '#tacet/list/write.js';
import { writeListFile } from '#tacet/list/write.js';
import type { ListStore } from '#tacet/store/store.js';
import { headerFacts } from '#tacet/store/version.js';
import { withWriter } from '#tacet/store/writer.js';
import { detectedLayout } from './data.ts';

const NO_SHA256 = '0'.repeat(64);

/** What a version holds, and how it differs from the one before, as a sync would record it. */
export type BenchVersion = Pick<ListContent, 'numbers' | 'days' | 'snapshotDay'> & {
  readonly added: number;
  readonly removed: number;
};

/**
 * Adds a version to a store and lets it serve; versions behind the newest `plainMax` are archived.
 * Returns its name.
 */
export function addVersion(
  store: ListStore,
  { added, removed, ...content }: BenchVersion,
  plainMax = Number.POSITIVE_INFINITY,
): Promise<string> {
  return withWriter(store, 'bench', async (writer) => {
    const path = writer.tmpPath('packed.tacet');
    const rest = { name: 'bench', layout: detectedLayout, sourceSha256: NO_SHA256 };
    const header = await writeListFile(path, { ...content, ...rest });
    const atUnix = content.snapshotDay * 86_400;
    const { name } = await writer.addVersion(path, {
      ...headerFacts(header),
      ...{ added, removed, redated: 0 },
      previous: (await store.currentName()) ?? null,
      source: {
        ...{ from: 'file:///bench.txt', fileName: 'bench.txt', fetchedAtUnix: atUnix },
        ...{ bytes: 0, sha256: NO_SHA256, modifiedAtUnix: null },
      },
      packedAtUnix: atUnix,
      accepted: null,
    });
    await writer.switchTo(name);
    await writer.archiveOld(plainMax);
    return name;
  });
}
