/**
 * Writes to a store for ever: adds versions, lets them serve, archives, restores and prunes, in an
 * order drawn from the seed; a dot when it begins, and one for each round. Made to be killed.
 *
 *     node test/store/kill-child.mjs STORE SEED LISTS.json [PAUSE_MS]
 *
 * LISTS.json: the list files to add, `{ path, record }` each. PAUSE_MS: between rounds, at most.
 */
import { copyFile, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ListStore } from '#tacet/store/store.js';
import { withWriter } from '#tacet/store/writer.js';

const [path = '', seed = '1', listsPath = '', pauseMs = '0'] = process.argv.slice(2);
const lists = JSON.parse(await readFile(listsPath, 'utf8'));
let state = Number(seed);
const below = (limit) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
};

const store = await ListStore.open(path, { create: true });
process.stdout.write('.');
for (;;) {
  await withWriter(store, 'killed', async (writer) => {
    const list = lists[below(lists.length)];
    const packed = writer.tmpPath('packed');
    await copyFile(list.path, packed);
    const previous = (await store.currentName()) ?? null;
    const { name, archived } = await writer.addVersion(packed, { ...list.record, previous });
    if (archived) throw new Error('a version that was added is plain');
    if (below(4) > 0) await writer.switchTo(name);
    if (below(2) === 0) await writer.archiveOld(1 + below(3));
    const old = (await store.history()).find((version) => version.archived);
    if (old !== undefined && below(4) === 0) await writer.restore(old.name);
    if (below(3) === 0) {
      await writer.prune({ ageDaysMax: 40_000, countMax: 2 + below(4), nowMs: Date.now() });
    }
  });
  process.stdout.write('.');
  if (pauseMs !== '0') await wait(below(Number(pauseMs)));
}
