import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Follower } from '#tacet/serving/follower.js';
import { ListPlaces } from '#tacet/serving/places.js';
import { NO_SYNCS } from '#tacet/sync/sync-log.js';
import { LISTED, smallList, temporaryFolder } from '../server/fixture.ts';
import { addVersion, newStore } from './store-fixture.ts';

const nowUnix = Math.floor(Date.now() / 1000);
const OVERRIDE = {
  by: 'An Officer',
  reason: 'a test',
  atUnix: nowUnix - 60,
  untilUnix: nowUnix + 600,
};

/** A store of two versions, and what follows it behind a list file. */
async function followed() {
  const store = await newStore();
  const versions = [
    await addVersion(store, [LISTED]),
    await addVersion(store, [LISTED, LISTED + 1]),
  ];
  const file = await smallList();
  return { store, versions, file, follower: new Follower(new ListPlaces([file, store.path])) };
}

describe('a follower', () => {
  it('reads the pointers, and knows none of a list file', async () => {
    const { follower, versions } = await followed();
    expect(await follower.names()).toEqual([undefined, versions[1]]);
  });

  it('returns the override in force at each place, and why one cannot be honoured', async () => {
    const { follower, store, file } = await followed();
    const none = { override: undefined, refusal: undefined };
    expect(await follower.look()).toMatchObject([
      { place: file, syncs: undefined, ...none },
      { place: store.path, ...none },
    ]);
    writeFileSync(store.file('override.json'), JSON.stringify(OVERRIDE));
    expect(await follower.look()).toMatchObject([none, { override: OVERRIDE }]);
    writeFileSync(store.file('override.json'), 'until tomorrow');
    expect(await follower.look()).toMatchObject([
      none,
      { override: undefined, refusal: { code: 'ERR_STORE' } },
    ]);
  });

  it('counts the syncs logged since its first look, whoever ran them', async () => {
    const { follower, store } = await followed();
    await follower.look();
    const line = { at: '2026-01-02T03:04:05Z', event: 'refused', by: 'sync', quarantined: 'cut' };
    appendFileSync(store.file('log.jsonl'), `${JSON.stringify(line)}\n`);
    const [, seen] = await follower.look();
    expect(seen?.syncs).toMatchObject({ counts: { refused: 1 }, refused: { quarantined: 'cut' } });
    expect(follower.syncs).toEqual([undefined, seen?.syncs]);
  });

  it('goes on where a log cannot be read, and says why', async () => {
    const { follower, store } = await followed();
    rmSync(store.file('log.jsonl'));
    mkdirSync(store.file('log.jsonl'));
    writeFileSync(store.file('override.json'), JSON.stringify(OVERRIDE));
    const [file, seen] = await follower.look();
    expect(file?.trouble).toBeUndefined();
    expect(seen).toMatchObject({ override: OVERRIDE, trouble: { code: 'ERR_IO' } });
  });

  it('finds nothing where a store cannot be opened, and tries again at the next look', async () => {
    const path = join(temporaryFolder(), 'place', 'store');
    writeFileSync(dirname(path), 'in the way');
    const follower = new Follower(new ListPlaces([path], { creates: true }));
    const nothing = { override: undefined, refusal: undefined, syncs: undefined };
    expect(await follower.look()).toEqual([{ place: path, trouble: undefined, ...nothing }]);
    await expect(follower.names()).rejects.toMatchObject({ code: 'ERR_IO' });
    rmSync(dirname(path));
    expect((await follower.look())[0]?.syncs).toEqual(NO_SYNCS);
  });

  it('reads the records of a store again only when what it knows is old', async () => {
    const { follower, store, versions } = await followed();
    expect(follower.facts).toEqual([]);
    await follower.readFacts([undefined, versions[1]]);
    expect(follower.facts).toMatchObject([undefined, { versions: 2 }]);
    await addVersion(store, [LISTED + 2]);
    await follower.readFacts([undefined, versions[1]], 60_000);
    expect(follower.facts).toMatchObject([undefined, { versions: 2 }]);
    await follower.readFacts([undefined, versions[1]]);
    expect(follower.facts).toMatchObject([undefined, { versions: 3 }]);
  });
});
